"""The table of facet and browse values: one row per field and spelling, case aside."""

import hashlib
import unicodedata
from collections.abc import Iterable

from django.db import connection
from psycopg2.extras import execute_values

from common.text import sort_key
from search.models import Value

_MAX_KEY = 200

Named = tuple[Value.Field, str]


def value_key(text: str) -> str:
    """Return what makes two spellings one value: compatibility forms, blanks and case. Accents keep names apart.

    Long texts end in a digest, for an index holds no long keys.
    """
    key = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    if len(key) <= _MAX_KEY:
        return key
    return key[:_MAX_KEY] + hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def ids_of(values: Iterable[Named]) -> dict[Named, int]:
    """Return the id of each (field, label), adding the rows that are missing; in at most three statements.

    Labels that differ in case only get the same id. The caller holds the writers' lock.
    """
    keys = {named: (int(named[0]), value_key(named[1])) for named in values}
    labels = {key: named[1] for named, key in reversed(keys.items())}
    found = _find(labels)
    missing = [key for key in labels if key not in found]
    if missing:
        with connection.cursor() as cursor:
            rows = execute_values(
                cursor,
                "INSERT INTO search_value (field, key, label, sort_key) VALUES %s RETURNING field, key, id",
                [(*key, labels[key], sort_key(labels[key])[:_MAX_KEY]) for key in missing],
                page_size=len(missing),
                fetch=True,
            )
        found |= {(field, key): number for field, key, number in rows}
    return {named: found[key] for named, key in keys.items()}


def _find(keys: Iterable[tuple[int, str]]) -> dict[tuple[int, str], int]:
    pairs = list(keys)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT v.field, v.key, v.id FROM unnest(%s::smallint[], %s::text[]) AS wanted(field, key)"
            " JOIN search_value v ON v.field = wanted.field AND v.key = wanted.key",
            [[field for field, _ in pairs], [key for _, key in pairs]],
        )
        return {(field, key): number for field, key, number in cursor.fetchall()}
