"""Writing the index: documents in, leftovers out. One writer at a time, in the caller's transaction."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg2.extras import execute_values

from repository.constants import ANONYMOUS_GROUP
from search.documents import Document
from search.models import Entry, Value
from search.postgres.conditions import year_lexeme
from search.postgres.values import Named, ids_of
from search.words import is_run, vector

_COLUMNS = (
    "item_id", "vector", "owner_id", "is_public", "readers", "scope", "author_ids", "contributor_ids", "subject_ids",
    "title_key", "issued", "year", "accessioned", "has_file",
)  # fmt: skip
_TYPES = (
    "(%s, %s::tsvector, %s, %s, %s::uuid[], %s::uuid[], %s::int[], %s::int[], %s::int[], %s, %s, %s::smallint, %s, %s)"
)
_REPLACE = ", ".join(f"{column} = EXCLUDED.{column}" for column in _COLUMNS[1:])
_UPSERT = f"""INSERT INTO search_entry ({", ".join(_COLUMNS)}) VALUES %s
ON CONFLICT (item_id) DO UPDATE SET {_REPLACE}"""  # noqa: S608 - names from this file

_AUTHOR, _SUBJECT = int(Value.Field.AUTHOR), int(Value.Field.SUBJECT)
_SHORTEST, _LONGEST = 4, 30  # characters of words that are suggested

# GIN keeps new entries in a list and sorts them in when the list is this long: a longer one is a third faster. Searches
# read the list meanwhile; `maintain` and autovacuum empty it.
_SLOW_TIDYING = "SET LOCAL gin_pending_list_limit = '32MB'"

_DROP_VALUES = """
DELETE FROM search_value v WHERE NOT EXISTS (
    SELECT FROM (
        SELECT unnest(contributor_ids) AS id FROM search_entry UNION ALL SELECT unnest(author_ids) FROM search_entry
        UNION ALL SELECT unnest(subject_ids) FROM search_entry
    ) used WHERE used.id = v.id)
"""
_COUNT_WORDS = f"""
WITH counted AS MATERIALIZED (
    SELECT word, ndoc FROM ts_stat('SELECT vector FROM search_entry')
    WHERE length(word) BETWEEN {_SHORTEST} AND {_LONGEST} AND word !~ '[0-9=]'
), gone AS (DELETE FROM search_word w WHERE NOT EXISTS (SELECT FROM counted c WHERE c.word = w.word))
INSERT INTO search_word (word, entries) SELECT word, ndoc FROM counted
ON CONFLICT (word) DO UPDATE SET entries = EXCLUDED.entries WHERE search_word.entries <> EXCLUDED.entries
"""  # noqa: S608 - numbers from this file
_BATCH = 5000
_ROWS = 100  # in one statement


def update(documents: Sequence[Document]) -> None:
    """Add or replace the entries of these documents."""
    if not documents:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        _lock(cursor)
        cursor.execute(_SLOW_TIDYING)
        ids = ids_of(_values(documents))
        _add_words(cursor, _write(cursor, documents, ids))


def _write(cursor: CursorWrapper, documents: Sequence[Document], ids: dict[Named, int]) -> set[str]:
    """Write the entries and return their words. While PostgreSQL takes some rows in, the next are made here."""
    words = set[str]()
    with ThreadPoolExecutor(1) as sender:  # it alone uses the cursor meanwhile
        sent = []
        for start in range(0, len(documents), _ROWS):
            rows = []
            for document in documents[start : start + _ROWS]:
                text, found = vector(document.texts)
                rows.append(_row(document, text, ids))
                words |= found
            sent.append(sender.submit(execute_values, cursor, _UPSERT, rows, template=_TYPES, page_size=_ROWS))
        for written in sent:
            written.result()  # or its error
    return words


def remove(item_ids: Iterable[UUID]) -> int:
    """Drop the entries of these items; their values and words stay until `maintain`."""
    ids = list(item_ids)
    if not ids:
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        _lock(cursor)
        return Entry.objects.filter(item_id__in=ids).delete()[0]


def indexed_ids() -> Iterator[list[UUID]]:
    """Yield the ids of all entries in batches, in order."""
    entries = Entry.objects.order_by("item_id").values_list("item_id", flat=True)
    batch = list(entries[:_BATCH])
    while batch:
        yield batch
        batch = list(entries.filter(item_id__gt=batch[-1])[:_BATCH])


def maintain() -> None:
    """Drop values and words that no entry holds, count the words, refresh the planner's statistics."""
    with transaction.atomic(), connection.cursor() as cursor:
        _lock(cursor)
        cursor.execute(_DROP_VALUES)
        cursor.execute(_COUNT_WORDS)
        cursor.execute("SELECT gin_clean_pending_list(%s::regclass)", ["search_vector"])
        cursor.execute("ANALYZE search_entry, search_value, search_word")


def _lock(cursor: Any) -> None:
    """Let one writer in at a time: rows of values and words are shared, and two batches would wait for each other."""
    cursor.execute("SELECT pg_advisory_xact_lock(hashtext('search'), hashtext('postgres'))")


def _values(documents: Iterable[Document]) -> set[Named]:
    """Return all (field, value) of these documents."""
    found: set[Named] = set()
    for document in documents:
        found.update([(_AUTHOR, name) for name in document.contributors])  # which hold the authors
        found.update([(_SUBJECT, subject) for subject in document.subjects])
    return found


def _row(document: Document, words: str, ids: dict[Named, int]) -> tuple[Any, ...]:
    """Return the columns of an entry, in the order of _COLUMNS."""

    def numbers(field: int, labels: Iterable[str]) -> str:
        return _array({str(ids[field, label]) for label in labels})

    return (
        document.item_id,
        words if document.year is None else f"{words} '{year_lexeme(document.year)}'",
        document.owner,
        ANONYMOUS_GROUP in document.readers,
        _array(reader.hex for reader in document.readers),
        _array(container.hex for container in document.scope),
        numbers(_AUTHOR, document.authors),
        numbers(_AUTHOR, document.contributors),
        numbers(_SUBJECT, document.subjects),
        document.title_key,
        document.issued,
        document.year,
        document.accessioned,
        document.has_file,
    )


def _array(elements: Iterable[str]) -> str:
    """Return numbers or UUIDs in the form PostgreSQL reads an array in: half the work of adapting each."""
    return "{" + ",".join(elements) + "}"


def _add_words(cursor: Any, words: Iterable[str]) -> None:
    """Make the words of these entries known to suggestions, those that a suggestion may be made of."""
    cursor.execute(
        "INSERT INTO search_word (word, entries) SELECT word, 1 FROM unnest(%s::text[]) AS word ON CONFLICT DO NOTHING",
        [[word for word in words if _SHORTEST <= len(word) <= _LONGEST and word.isalpha() and not is_run(word)]],
    )
