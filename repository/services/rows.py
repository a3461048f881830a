"""Inserting rows at the cost of the statement: what imports do thousands of times.

Django's `bulk_create` compiles its SQL anew each time, which costs more than PostgreSQL needs to run it. Here the
statement of a model is compiled once. Defaults are those of the Python model; ids of the database are not read back.
"""

from collections.abc import Sequence
from functools import cache

from django.db import connection, models


def insert(objects: Sequence[models.Model]) -> None:
    """Insert these objects, all of one model, in one statement."""
    if not objects:
        return
    head, row, fields = _statement(type(objects[0]))
    values = [f.get_db_prep_save(getattr(o, f.attname), connection) for o in objects for f in fields]
    with connection.cursor() as cursor:
        cursor.execute(head + ", ".join([row] * len(objects)), values)


@cache
def _statement(model: type[models.Model]) -> "tuple[str, str, list[models.Field[object, object]]]":
    fields = [f for f in model._meta.concrete_fields if not isinstance(f, models.AutoField)]
    columns = ", ".join(f'"{f.column}"' for f in fields)
    head = f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES '  # noqa: S608  # names of our models
    return head, f"({', '.join(['%s'] * len(fields))})", fields
