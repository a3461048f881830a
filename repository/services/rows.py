"""Inserting rows at the cost of the statement: what imports do thousands of times.

Django's `bulk_create` compiles its SQL anew each time, and PostgreSQL parses and plans it anew each time, which costs
either of them more than to carry it out. Here each connection prepares one statement for a model. Defaults are those
of the Python model; ids of the database are not read back.
"""

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID
from weakref import WeakKeyDictionary

from django.db import connection, models

_AS_IT_IS = {str, int, bool, float, type(None), date, datetime}  # types that Django hands on to the database unchanged

_prepared: "WeakKeyDictionary[Any, set[type[models.Model]]]" = WeakKeyDictionary()  # by connection of psycopg2


class _Statement(NamedTuple):
    """The INSERT of one row of a model: whole, to be prepared, and as a call of the prepared one."""

    insert: str
    prepare: str
    execute: str
    fields: "list[tuple[str, models.Field[object, object]]]"  # by the attribute that holds the value


def insert(*batches: Sequence[models.Model]) -> None:
    """Insert these batches of objects, each all of one model, in order and in one message to the server.

    Without a transaction of the caller they are one by themselves: all of them or none.
    """
    given = [batch for batch in batches if batch]
    with connection.cursor() as cursor:
        is_pooled = connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"]  # by transaction: nothing stays prepared
        if not is_pooled:
            _prepare(cursor, {type(batch[0]) for batch in given})
        calls = [_call(cursor.cursor, obj, is_pooled) for batch in given for obj in batch]
        if calls:
            cursor.execute(b";".join(calls).decode())  # through Django, for its exceptions


def _prepare(cursor: Any, wanted: set[type[models.Model]]) -> None:
    """Prepare the statements of these models that this connection has not prepared yet."""
    there = _prepared.setdefault(connection.connection, set())
    if missing := wanted - there:
        cursor.execute(";".join(_statement(model).prepare for model in missing))
        there |= missing


def _call(cursor: Any, obj: models.Model, is_pooled: bool) -> bytes:
    statement, row = _statement(type(obj)), vars(obj)
    values = [_value(field, row[name]) for name, field in statement.fields]
    text: bytes = cursor.mogrify(statement.insert if is_pooled else statement.execute, values)
    return text


def _value(field: "models.Field[object, object]", value: object) -> object:
    kind = type(value)
    if kind in _AS_IT_IS:
        return value
    return str(value) if kind is UUID else field.get_db_prep_save(value, connection)


@cache
def _statement(model: type[models.Model]) -> _Statement:
    table = model._meta.db_table
    fields = [f for f in model._meta.concrete_fields if not isinstance(f, models.AutoField)]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    into = f'INSERT INTO "{table}" ({columns}) VALUES '  # noqa: S608  # names of our own models
    places = ", ".join(["%s"] * len(fields))
    numbers = ", ".join(f"${number}" for number in range(1, len(fields) + 1))
    name = f'"insert_{table}"'
    return _Statement(
        insert=f"{into}({places})",
        prepare=f"PREPARE {name} AS {into}({numbers})",
        execute=f"EXECUTE {name}({places})",
        fields=[(field.attname, field) for field in fields],
    )


def refresh_statistics() -> None:
    """Tell the planner how large the tables of items are now: what a large import calls at its end.

    Autovacuum would do so within a minute or two; the passes that follow an import would run on plans for empty tables.
    Of items without their metadata: no plan hangs on it, and sorting thousands of documents takes a second.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "ANALYZE repository_item (id, owning_collection_id, submitter_id, in_archive, withdrawn, discoverable,"
            " archived_at, last_modified), repository_itemcollection, repository_bundle, repository_bitstream,"
            " repository_resourcepolicy, repository_mark, identifiers_handle"
        )
