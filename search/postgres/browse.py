"""Browse lists, paged by key: a page deep in the list costs what the first one costs."""

import base64
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from common.text import sort_key, title_sort_key, xml_safe
from search.backend import MAX_PAGE_SIZE, Browse, BrowseIndex, Sort, ValueCount
from search.models import Value
from search.postgres import conditions
from search.postgres.conditions import Condition

_LISTS = {
    BrowseIndex.AUTHOR: ("contributor_ids", Value.Field.AUTHOR),
    BrowseIndex.SUBJECT: ("subject_ids", Value.Field.SUBJECT),
}

# One look-up per value, in the order of the list, until the page is full: the cost does not grow with the list.
_VALUES = """
SELECT v.sort_key, v.id, v.label, c.n FROM search_value v CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM search_entry e WHERE e.{column} @> ARRAY[v.id] AND {where}
) c WHERE v.field = %s AND c.n > 0 AND {after} ORDER BY v.sort_key {way}, v.id {way} LIMIT %s
"""
# In a container few of all values occur: count those of its items.
_VALUES_INSIDE = """
SELECT v.sort_key, v.id, v.label, c.n FROM (
    SELECT f.id, count(*) AS n FROM (SELECT unnest(e.{column}) AS id FROM search_entry e WHERE {where}) f GROUP BY f.id
) c JOIN search_value v ON v.id = c.id WHERE v.field = %s AND {after} ORDER BY v.sort_key {way}, v.id {way} LIMIT %s
"""
_ITEMS = """
SELECT e.{key}, e.item_id FROM search_entry e WHERE {where} AND {after} ORDER BY e.{key} {way}, e.item_id {way} LIMIT %s
"""

_LONGEST_ID = 36


@dataclass(frozen=True)
class Position:
    """A place in a list: between two entries, at the one with this key. Read `backwards` it is the end of a page."""

    key: str
    id: str | None = None
    backwards: bool = False

    def token(self) -> str:
        """Return the position as text for a URL."""
        data = json.dumps([self.key, self.id, self.backwards], separators=(",", ":"))
        return base64.urlsafe_b64encode(data.encode()).decode().rstrip("=")


@dataclass(frozen=True)
class Page:
    """Rows of (key, id, …) in order, and the positions beside them."""

    rows: list[tuple[Any, ...]]
    next: str
    previous: str


def read_position(token: str, kind: type[UUID] | type[int]) -> Position | None:
    """Return the position of a token, None for one that can't be read."""
    try:
        key, number, backwards = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        if not (isinstance(key, str) and isinstance(number, str) and isinstance(backwards, bool)):
            return None
        known = str(kind(number)) == number and len(number) <= _LONGEST_ID
    except (ValueError, TypeError, RecursionError):  # the last one for brackets by the hundred
        return None
    return Position(xml_safe(key), number, backwards) if known else None


def items(browse: Browse) -> Page:
    """Return a page of (key, item id)."""
    key = _key_column(browse)
    start = _start(browse, UUID)
    where = selected(browse)

    def fetch(position: Position | None, limit: int) -> list[tuple[Any, ...]]:
        after, way = _after(position, f"e.{key}", "e.item_id", "uuid", browse.descending)
        sql = _ITEMS.format(key=key, where=where.sql, after=after.sql, way=way)
        return _rows(sql, (*where.params, *after.params, limit))

    return _page(browse, start, fetch)


def count(browse: Browse) -> int:
    """Return how many items the whole list has."""
    where = selected(browse)
    return int(_rows(f"SELECT count(*) FROM search_entry e WHERE {where.sql}", where.params)[0][0])  # noqa: S608


def values(browse: Browse) -> Page:
    """Return a page of (key, value id, label, number of items)."""
    column, field = _LISTS[browse.index]
    start = _start(browse, int)
    where = conditions.all_of([conditions.readable(browse.actor), conditions.inside(browse.scope)])
    template = _VALUES_INSIDE if browse.scope else _VALUES

    def fetch(position: Position | None, limit: int) -> list[tuple[Any, ...]]:
        after, way = _after(position, "v.sort_key", "v.id", "numeric", browse.descending)
        sql = template.format(column=column, where=where.sql, after=after.sql, way=way)
        return _rows(sql, (*where.params, field.value, *after.params, limit))

    return _page(browse, start, fetch)


def value_counts(page: Page) -> tuple[ValueCount, ...]:
    """Return the values of a page of `values`."""
    return tuple(ValueCount(label, number) for _, _, label, number in page.rows)


def selected(browse: Browse) -> Condition:
    """Return the condition of the items of a list."""
    value = None
    if browse.index in _LISTS:
        value = conditions.with_value(*_LISTS[browse.index], browse.value)
    dated = Condition("e.issued <> ''") if _key_column(browse) == "issued" and browse.index not in _LISTS else None
    readable = conditions.readable(browse.actor)
    return conditions.all_of([readable, conditions.inside(browse.scope), value, dated])


def _key_column(browse: Browse) -> str:
    by_date = browse.index == BrowseIndex.DATE_ISSUED
    if browse.index in _LISTS:
        by_date = browse.sort == Sort.DATE_ISSUED
    return "issued" if by_date else "title_key"


def _start(browse: Browse, kind: type[UUID] | type[int]) -> Position | None:
    """Return where the page begins; None at the beginning of the list."""
    position = read_position(browse.position, kind) if browse.position else None
    if position or not browse.starts_with.strip():
        return position
    text = xml_safe(browse.starts_with.strip())
    if kind is UUID and _key_column(browse) == "issued":
        key = text
    else:
        key = title_sort_key(text) if kind is UUID else sort_key(text)
    return Position(key + ("\U0010ffff" if browse.descending else ""))


def _after(position: Position | None, key: str, number: str, kind: str, descending: bool) -> tuple[Condition, str]:
    """Return the condition for what lies behind a position, and the direction to read in."""
    forwards = descending == bool(position and position.backwards)  # ascending in the table, that is
    way, sign = ("ASC", ">") if forwards else ("DESC", "<")
    if position is None:
        return Condition("TRUE"), way
    if position.id is None:
        return Condition(f"{key} {sign}= %s", (position.key,)), way
    return Condition(f"({key}, {number}) {sign} (%s, %s::{kind})", (position.key, position.id)), way


def _page(browse: Browse, start: Position | None, fetch: Any) -> Page:
    """Return the page that begins (or, backwards, ends) at `start`, with tokens for its neighbours."""
    size = min(max(browse.size, 1), MAX_PAGE_SIZE)
    rows = fetch(start, size + 1)
    more, rows = len(rows) > size, rows[:size]
    backwards = bool(start and start.backwards)
    if backwards:
        rows.reverse()
    before = more if backwards else start is not None and _exists_before(rows, start, fetch)
    after = bool(rows) if backwards else more
    return Page(
        rows,
        next=_token(rows[-1], backwards=False) if rows and after else "",
        previous=_token(rows[0], backwards=True) if rows and before else "",
    )


def _exists_before(rows: list[tuple[Any, ...]], start: Position, fetch: Any) -> bool:
    """Whether the list has an entry before this page."""
    return bool(rows) and bool(fetch(Position(rows[0][0], str(rows[0][1]), backwards=True), 1))


def _token(row: tuple[Any, ...], *, backwards: bool) -> str:
    return Position(row[0], str(row[1]), backwards).token()


def _rows(sql: str, params: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())
