"""Inserting rows at the cost of the statement: what imports do thousands of times.

Django's `bulk_create` compiles its SQL anew each time, which costs more than PostgreSQL needs to run it. Here the
statement of a model is compiled once. Defaults are those of the Python model; ids of the database are not read back.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection, models


def insert(*batches: Sequence[models.Model]) -> None:
    """Insert these batches of objects, each all of one model, in order and in one round trip to the server."""
    with connection.cursor() as cursor:
        statements = [_statement(cursor.cursor, batch) for batch in batches if batch]
        if statements:
            cursor.execute(b";".join(statements).decode())  # through Django, for its exceptions


def _statement(cursor: Any, batch: Sequence[models.Model]) -> bytes:
    head, row, fields = _compiled(type(batch[0]))
    values = [[f.get_db_prep_save(getattr(o, f.attname), connection) for f in fields] for o in batch]
    return head + b",".join(cursor.mogrify(row, each) for each in values)


@cache
def _compiled(model: type[models.Model]) -> "tuple[bytes, str, list[models.Field[object, object]]]":
    fields = [f for f in model._meta.concrete_fields if not isinstance(f, models.AutoField)]
    columns = ", ".join(f'"{f.column}"' for f in fields)
    row = "(" + ", ".join(["%s"] * len(fields)) + ")"
    head = f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES '  # noqa: S608  # names of our own models
    return head.encode(), row, fields


def refresh_statistics() -> None:
    """Tell the planner how large the tables of items are now: what a large import calls at its end.

    Autovacuum would do so within a minute or two; the passes that follow an import would run on plans for empty tables.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "ANALYZE repository_item, repository_itemcollection, repository_bundle, repository_bitstream,"
            " repository_resourcepolicy, repository_mark, identifiers_handle"
        )
