"""The table of facet and browse values: one row per field and spelling, case aside."""

import hashlib
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from django.db import connection
from psycopg2.extras import execute_values

from common.text import sort_key

_MAX_KEY = 200

Named = tuple[int, str]  # a field (as a plain number: an enumeration's members are slow keys) and the label of a value
Key = tuple[int, str]


@lru_cache(maxsize=10_000)
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

    Labels that differ only in case share an id; shown is the label last written. The caller holds the writers' lock.
    """
    keys = {named: (named[0], value_key(named[1])) for named in sorted(values, reverse=True)}
    labels = {key: named[1] for named, key in keys.items()}  # of several, the first of the alphabet: capitals
    known = _find(labels)
    _relabel({known[key][0]: label for key, label in labels.items() if key in known and known[key][1] != label})
    ids = {key: number for key, (number, _) in known.items()}
    ids |= _add({key: label for key, label in labels.items() if key not in known})
    return {named: ids[key] for named, key in keys.items()}


def _find(keys: Iterable[Key]) -> dict[Key, tuple[int, str]]:
    """Return id and label of the rows there are."""
    pairs = list(keys)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT v.field, v.key, v.id, v.label FROM unnest(%s::smallint[], %s::text[]) AS wanted(field, key)"
            " JOIN search_value v ON v.field = wanted.field AND v.key = wanted.key",
            [[field for field, _ in pairs], [key for _, key in pairs]],
        )
        return {(field, key): (number, label) for field, key, number, label in cursor.fetchall()}


def _relabel(labels: dict[int, str]) -> None:
    if labels:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE search_value v SET label = new.label FROM unnest(%s::int[], %s::text[]) AS new(id, label)"
                " WHERE v.id = new.id",
                [list(labels), list(labels.values())],
            )


def _add(labels: dict[Key, str]) -> dict[Key, int]:
    """Add rows and return their ids."""
    if not labels:
        return {}
    with connection.cursor() as cursor:
        rows = execute_values(
            cursor,
            "INSERT INTO search_value (field, key, label, sort_key) VALUES %s RETURNING field, key, id",
            [(*key, label, sort_key(label)[:_MAX_KEY]) for key, label in labels.items()],
            page_size=len(labels),
            fetch=True,
        )
    return {(field, key): number for field, key, number in rows}
