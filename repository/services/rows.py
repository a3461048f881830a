"""Inserting rows at the cost of the statement: what imports do thousands of times.

Django's `bulk_create` compiles its SQL anew each time, which costs more than PostgreSQL needs to run it. Here the
statement of a model is compiled once. Defaults are those of the Python model; ids of the database are not read back.
"""

from collections.abc import Sequence
from functools import cache

from django.db import connection, models
from psycopg2.extras import execute_values


def insert(objects: Sequence[models.Model]) -> None:
    """Insert these objects, all of one model, in one statement."""
    if not objects:
        return
    statement, fields = _statement(type(objects[0]))
    values = [[f.get_db_prep_save(getattr(o, f.attname), connection) for f in fields] for o in objects]
    with connection.cursor() as cursor:
        execute_values(cursor.cursor, statement, values, page_size=len(values))


@cache
def _statement(model: type[models.Model]) -> "tuple[str, list[models.Field[object, object]]]":
    fields = [f for f in model._meta.concrete_fields if not isinstance(f, models.AutoField)]
    columns = ", ".join(f'"{f.column}"' for f in fields)
    return f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES %s', fields  # noqa: S608  # names of our models
