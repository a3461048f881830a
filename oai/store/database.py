"""The store in PostgreSQL: pages by keyset, texts as they were rendered (DESIGN decisions 5 and 6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from identifiers.services import handles_of
from oai import identity
from oai.models import Clock
from oai.rendering import render
from oai.store import clock
from oai.store.port import Page, Place, Row, Selection, SetEntry
from repository.authorize import ANONYMOUS, visible_to
from repository.models import Collection, Community

_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)

# In the list of a set that a record has left, its header names that set; in all other cases, those it is (or was) in.
_SETS = """
CASE WHEN %(set)s IS NULL OR NOT m.deleted OR r.deleted AND %(set)s = ANY(string_to_array(r.sets, ' '))
     THEN r.sets ELSE %(set)s END
"""
# The page is chosen before anything is joined: its cost is that of its rows, however deep in the list it is.
_LIST = f"""
SELECT m.record_id, r.local_id, m.datestamp, m.deleted, {_SETS}, {{body}}
FROM (
    SELECT record_id, datestamp, deleted FROM oai_membership
    WHERE scope = %(scope)s AND {{span}} ORDER BY datestamp {{order}}, record_id {{order}} LIMIT %(limit)s
) m
JOIN oai_record r ON r.id = m.record_id {{join}}
ORDER BY m.datestamp, m.record_id
"""  # noqa: S608 (texts of this module; values travel as parameters)
# A record without a text comes with what it takes to make one: see `_complete`.
_TEXTLESS = "t.body IS NULL AND NOT m.deleted"
_BODY = f"t.body, CASE WHEN {_TEXTLESS} THEN r.digest END, CASE WHEN {_TEXTLESS} THEN r.document END"
_JOIN = "LEFT JOIN oai_rendered t ON t.record_id = m.record_id AND t.format = %(prefix)s AND NOT m.deleted"
_FORWARD = "(datestamp, record_id) > (%(place)s, %(number)s) AND datestamp <= %(latest)s"
_BACK = "(datestamp, record_id) <= (%(place)s, %(number)s) AND datestamp >= %(earliest)s"
_COUNT = f"SELECT count(*) FROM oai_membership WHERE scope = %(scope)s AND {_FORWARD}"  # noqa: S608 (as above)
_RECORD = f"""
SELECT r.id, r.local_id, m.datestamp, m.deleted, r.sets, {_BODY}
FROM oai_record r JOIN oai_membership m ON m.record_id = r.id AND m.scope = %s
LEFT JOIN oai_rendered t ON t.record_id = r.id AND t.format = %s AND NOT m.deleted
WHERE r.local_id = %s
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
            cursor.execute(_RECORD, [self.context, prefix, local_id])
            rows = cursor.fetchall()
        return next(iter(_complete(rows, prefix)), None)

    def page(self, selection: Selection, *, after: Place | None, limit: int, metadata: bool, count: bool) -> Page:
        """Return a page of the list; the clock holds publishers off while it is read."""
        with transaction.atomic(), connection.cursor() as cursor:
            now = clock.response_date(cursor)
            values = self._values(selection, after, now)
            cursor.execute(_list(metadata, _FORWARD, "ASC"), values | {"limit": limit + 1})
            rows = cursor.fetchall()
            more = len(rows) > limit
            size = _count(cursor, values) if count and more else None
        return Page(now, _complete(rows[:limit], selection.prefix), more, size)

    def last(self, selection: Selection, *, place: Place, metadata: bool) -> Row | None:
        """Return the last row of the list at or before a place."""
        values = self._values(selection, place, place[0])
        with connection.cursor() as cursor:
            cursor.execute(_list(metadata, _BACK, "DESC"), values | {"limit": 1})
            rows = cursor.fetchall()
        return next(iter(_complete(rows, selection.prefix)), None)

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

    def _values(self, selection: Selection, place: Place | None, now: datetime) -> dict[str, Any]:
        earliest = selection.earliest or _BEGINNING
        moment, number = place or (earliest, 0)  # numbers begin with 1
        return {
            "scope": scope_of(self.context, selection.set_spec),
            "set": selection.set_spec,
            "prefix": selection.prefix,
            "earliest": earliest,
            "place": moment,
            "number": number,
            "latest": min(now, selection.latest) if selection.latest else now,
        }


def _list(metadata: bool, span: str, order: str) -> str:
    body, join = (_BODY, _JOIN) if metadata else ("NULL, NULL, NULL", "")
    return _LIST.format(body=body, join=join, span=span, order=order)


def _count(cursor: CursorWrapper, values: dict[str, Any]) -> int:
    cursor.execute(_COUNT, values)
    row = cursor.fetchone()
    assert row
    return int(row[0])


def _complete(rows: Sequence[tuple[Any, ...]], prefix: str) -> list[Row]:
    """Return the rows of a query with texts for records that had none yet: they are made now, and kept."""
    missing = [(number, digest, document) for number, *_, digest, document in rows if document]
    if not missing:
        return [Row._make(row[:6]) for row in rows]
    made = {number: render(prefix, document) for number, _, document in missing}
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [prefix, list(made), [digest for _, digest, _ in missing], list(made.values())])
    return [Row._make((*row[:5], made.get(row[0], row[5]))) for row in rows]
