"""The store in PostgreSQL: pages by keyset, texts as they were rendered (DESIGN decisions 5 and 6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg2.extensions
from django.db import connection
from django.db.backends.utils import CursorWrapper

from identifiers.services import handles_of
from oai import identity
from oai.models import Clock
from oai.rendering import render
from oai.store import clock
from oai.store.port import Page, Place, Row, Selection, SetEntry
from repository.authorize import ANONYMOUS, visible_to
from repository.models import Collection, Community

_BEGINNING, _END = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)

# The rows are chosen before their texts are fetched: a page costs what its rows cost, however deep in the list it is.
_ROWS = """
SELECT record_id, local_id, datestamp, deleted, sets, {body} AS body
FROM (
    SELECT * FROM oai_membership
    WHERE scope = %(scope)s AND {span} ORDER BY datestamp {order}, record_id {order} LIMIT %(limit)s
) m
"""
_BODY = """
CASE WHEN NOT m.deleted
     THEN (SELECT body FROM oai_rendered t WHERE t.record_id = m.record_id AND t.format = %(prefix)s) END
"""
_PAGE = f"""
{clock.SHUT_OUT_PUBLISHERS}
WITH clock AS MATERIALIZED ({clock.RESPONSE_DATE}), page AS ({{rows}})
SELECT extract(epoch FROM response_date)::bigint, page.* FROM clock LEFT JOIN page ON true
"""  # noqa: S608 (made of texts of this package; values travel as parameters)
_FORWARD = "(datestamp, record_id) > (%(place)s, %(number)s) AND datestamp <= %(latest)s"
_VISIBLE = f"{_FORWARD} AND datestamp <= (SELECT response_date FROM clock)"  # noqa: S608 (as above)
_BACK = "(datestamp, record_id) <= (%(place)s, %(number)s) AND datestamp >= %(earliest)s"
_COUNT = f"SELECT count(*) FROM oai_membership WHERE scope = %(scope)s AND {_FORWARD}"  # noqa: S608 (as above)
_RECORD = f"""
SELECT m.record_id, m.local_id, datestamp, m.deleted, m.sets, {_BODY}
FROM oai_membership m JOIN oai_record r ON r.id = m.record_id
WHERE r.local_id = %(local_id)s AND scope = %(scope)s LIMIT %(limit)s
"""  # noqa: S608 (as above)
# The record is locked against a publisher that is about to write another text, and must still be the one rendered.
_KEEP = """
INSERT INTO oai_rendered (record_id, format, body)
SELECT r.id, %s, made.body FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS made (id, digest, body)
JOIN oai_record r ON r.id = made.id AND r.digest = made.digest AND NOT r.deleted
FOR SHARE OF r ON CONFLICT DO NOTHING
"""


def scope_of(context: str, set_spec: str | None) -> str:
    """Return the name under which a context, or a set of it, lists its records."""
    return context if set_spec is None else f"{context}:{set_spec}"


@dataclass(frozen=True, slots=True)
class DatabaseStore:
    """The records of one context (oai/store/port.py says what each method returns)."""

    context: str

    def earliest_datestamp(self) -> datetime:
        """Return the moment the store came into being: no datestamp is older."""
        row = Clock.objects.first()
        return row.earliest if row else datetime.now(UTC)

    def record(self, local_id: str, prefix: str) -> Row | None:
        """Return a record by its local identifier."""
        with connection.cursor() as cursor:
            values = {"scope": self.context, "prefix": prefix, "local_id": local_id}
            rows = _texts_as_bytes(cursor, _RECORD, values, 1)
        return next(iter(_complete(rows, prefix)), None)

    def page(self, selection: Selection, *, after: Place | None, limit: int, metadata: bool, count: bool) -> Page:
        """Return a page of the list, up to its response date."""
        values = self._values(selection, after)
        with connection.cursor() as cursor:
            found = _texts_as_bytes(cursor, _PAGE.format(rows=_rows(metadata, _VISIBLE, "ASC")), values, limit + 1)
            response_date = datetime.fromtimestamp(found[0][0], UTC)  # a number, for it comes with each row
            rows = sorted((row for _, *row in found if row[0] is not None), key=_order)
            more = len(rows) > limit
            size = _count(cursor, values | {"latest": min(values["latest"], response_date)}) if count and more else None
        shown = _complete(rows[:limit], selection.prefix if metadata else None)
        return Page(response_date, shown, more, size)

    def last(self, selection: Selection, *, place: Place, metadata: bool) -> Row | None:
        """Return the last row of the list at or before a place."""
        with connection.cursor() as cursor:
            rows = _texts_as_bytes(cursor, _rows(metadata, _BACK, "DESC"), self._values(selection, place), 1)
        return next(iter(_complete(rows, selection.prefix if metadata else None)), None)

    def sets(self, *, after: str | None, limit: int) -> tuple[Sequence[SetEntry], int]:
        """Return the communities, then the collections, that visitors may see, each in the order of their ids."""
        entries: list[SetEntry] = []
        size = 0
        for kind, model in (("0com", Community), ("1col", Collection)):
            visible = visible_to(ANONYMOUS, model._default_manager.all())
            size += visible.count()
            if after is not None and after[:4] > kind:
                continue
            if after is not None and after[:4] == kind:
                visible = visible.filter(pk__gt=UUID(after[4:]))
            found = {obj.pk: obj.name for obj in visible.order_by("pk")[: limit - len(entries)]}
            handles = handles_of(found)
            entries += [
                SetEntry(f"{kind}{pk}", identity.set_spec(kind[1:], handles[pk]), name)
                for pk, name in found.items()
                if pk in handles
            ]
        return entries, size

    def _values(self, selection: Selection, place: Place | None) -> dict[str, Any]:
        earliest = selection.earliest or _BEGINNING
        moment, number = place or (earliest, 0)  # numbers begin with 1
        return {
            "scope": scope_of(self.context, selection.set_spec),
            "prefix": selection.prefix,
            "earliest": earliest,
            "place": moment,
            "number": number,
            "latest": selection.latest or _END,
        }


def _order(row: Sequence[Any]) -> Place:
    return row[2], row[0]


def _rows(metadata: bool, span: str, order: str) -> str:
    return _ROWS.format(body=_BODY if metadata else "NULL", span=span, order=order)


def _texts_as_bytes(cursor: CursorWrapper, sql: str, values: dict[str, Any], limit: int) -> list[tuple[Any, ...]]:
    """Return the rows of a statement, texts in UTF-8 as the database sends them."""
    psycopg2.extensions.register_type(psycopg2.extensions.BYTES, cursor.cursor)
    cursor.execute(sql, values | {"limit": limit})
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _count(cursor: CursorWrapper, values: dict[str, Any]) -> int:
    cursor.execute(_COUNT, values)
    row = cursor.fetchone()
    assert row
    return int(row[0])


def _complete(rows: Sequence[Sequence[Any]], prefix: str | None) -> list[Row]:
    """Return the rows of a query; with texts in the format `prefix` if one is given, also where there are none yet."""
    missing = [number for number, _, _, deleted, _, body in rows if prefix and body is None and not deleted]
    made = _made(missing, prefix) if prefix and missing else {}
    gone = set(missing) - set(made)  # deleted a moment ago; a younger datestamp will say so once more
    return [
        Row(number, local_id.decode(), stamp, deleted or number in gone, sets.decode(), made.get(number, body))
        for number, local_id, stamp, deleted, sets, body in rows
    ]


def _made(numbers: Sequence[int], prefix: str) -> dict[int, bytes]:
    """Make the texts of these records, keep them for the next time, and return them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, digest, document FROM oai_record WHERE id = ANY(%s) AND NOT deleted", [list(numbers)]
        )
        found = cursor.fetchall()
        texts = [render(prefix, document) for _, _, document in found]
        cursor.execute(_KEEP, [prefix, [number for number, _, _ in found], [digest for _, digest, _ in found], texts])
    return {number: text.encode() for (number, _, _), text in zip(found, texts, strict=True)}
