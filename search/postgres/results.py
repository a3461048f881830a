"""One statement for a search: the hits once, and from them the page, the total and every facet."""

import json
from typing import Any
from uuid import UUID

from django.db import connection

from common.text import sort_key
from search.backend import (
    MAX_FACET_VALUES,
    MAX_OFFSET,
    MAX_PAGE_SIZE,
    Facet,
    FacetRequest,
    FacetValue,
    Field,
    Query,
    Sort,
)
from search.models import Value
from search.postgres import conditions
from search.postgres.conditions import Condition
from search.query import And
from search.years import year_ranges

# Above all a word in the title, then a name, then a subject. PostgreSQL takes them in the order D, C, B, A.
_RANK = "ts_rank('{0.1, 0.4, 0.6, 1.0}', e.vector, %s::tsquery)"
_ORDER = {Sort.TITLE: "e.title_key", Sort.DATE_ISSUED: "e.issued", Sort.DATE_ACCESSIONED: "e.accessioned"}
_COLUMNS = {
    Field.AUTHOR: ("author_ids", Value.Field.AUTHOR),
    Field.SUBJECT: ("subject_ids", Value.Field.SUBJECT),
}

# Of values that are as frequent, the first in the alphabet: an index made anew shows the same ones.
_VALUES = """(SELECT jsonb_agg(jsonb_build_array(label, n) ORDER BY n DESC, sort_key) FROM (
    SELECT v.label, v.sort_key, c.n FROM (
        SELECT f.id, count(*) AS n FROM (SELECT unnest({column}) AS id FROM hits) f {narrowed}
        GROUP BY f.id ORDER BY n DESC FETCH FIRST %s ROWS WITH TIES
    ) c JOIN search_value v ON v.id = c.id ORDER BY c.n DESC, v.sort_key LIMIT %s OFFSET %s
) shown)"""
_NARROWED = """WHERE f.id IN (SELECT id FROM search_value WHERE field = %s AND sort_key >= %s AND sort_key < %s)"""
_YEARS = """(SELECT jsonb_agg(jsonb_build_array(y.year, y.n)) FROM (
    SELECT year, count(*) AS n FROM hits GROUP BY year) y)"""
_FILES = "(SELECT jsonb_build_array(count(*) FILTER (WHERE has_file), count(*) FILTER (WHERE NOT has_file)) FROM hits)"


def find(query: Query, tree: And) -> tuple[list[UUID], int, tuple[Facet, ...]]:
    """Return the ids of the page in order, the total, and the facets wanted."""
    where = narrowed(query, tree)
    order, direction = _order(query, tree)
    wanted = query.facets
    columns = {c for request in wanted for c in _needed(request)}
    size = min(max(query.size, 1), MAX_PAGE_SIZE)
    offset = (max(query.page, 1) - 1) * size
    facets = [_facet_sql(request) for request in wanted]
    sql = f"""WITH hits AS MATERIALIZED (
        SELECT e.item_id, {order.sql} AS ordering, e.accessioned{"".join(f", e.{c}" for c in sorted(columns))}
        FROM search_entry e WHERE {where.sql}
    ) SELECT (SELECT count(*) FROM hits),
        ARRAY(SELECT item_id FROM hits ORDER BY ordering {direction}, accessioned DESC, item_id LIMIT %s OFFSET %s)
        {"".join(", " + facet.sql for facet in facets)}"""  # noqa: S608 - built of constants; values are parameters
    limits = (size, offset) if offset < MAX_OFFSET else (0, 0)
    params = (*order.params, *where.params, *limits, *(p for facet in facets for p in facet.params))
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        total, ids, *counted = cursor.fetchone()
    found = (json.loads(text) if text else [] for text in counted)  # Django leaves jsonb as text
    return ids, total, tuple(_facet(*pair) for pair in zip(wanted, found, strict=True))


def narrowed(query: Query, tree: And) -> Condition:
    """Return the condition of everything the query asks, and the right to read."""
    return conditions.all_of(
        [
            conditions.readable(query.actor),
            conditions.inside(query.scope),
            conditions.matching(tree),
            *(conditions.filtered(f) for f in query.filters),
        ]
    )


def _order(query: Query, tree: And) -> tuple[Condition, str]:
    """Return what to sort by, and the direction."""
    sort = query.sort or (Sort.RELEVANCE if tree.nodes else Sort.DATE_ACCESSIONED)
    if sort == Sort.RELEVANCE and tree.nodes:
        return Condition(_RANK, (conditions.tsquery(tree),)), "DESC"
    column = _ORDER.get(sort, _ORDER[Sort.DATE_ACCESSIONED])
    return Condition(column), "DESC" if query.descending else "ASC"


def _needed(request: FacetRequest) -> tuple[str, ...]:
    if request.field in _COLUMNS:
        return (_COLUMNS[request.field][0],)
    return {Field.DATE_ISSUED: ("year",), Field.HAS_FILE: ("has_file",)}.get(request.field, ())


def _facet_sql(request: FacetRequest) -> Condition:
    if request.field == Field.DATE_ISSUED:
        return Condition(_YEARS)
    if request.field == Field.HAS_FILE:
        return Condition(_FILES)
    if request.field not in _COLUMNS:
        return Condition("NULL")
    column, field = _COLUMNS[request.field]
    narrowed: tuple[Any, ...] = ()
    if request.prefix:
        start = sort_key(request.prefix)
        narrowed = (field.value, start, start + "\U0010ffff")
    sql = _VALUES.format(column=column, narrowed=_NARROWED if narrowed else "")
    limit, offset = _limit(request) + 1, max(request.offset, 0)
    return Condition(sql, (*narrowed, offset + limit, limit, offset))


def _limit(request: FacetRequest) -> int:
    return min(max(request.limit, 1), MAX_FACET_VALUES)


def _facet(request: FacetRequest, found: Any) -> Facet:
    if request.field == Field.DATE_ISSUED:
        years = {year: n for year, n in found if year is not None}
        return Facet(Field.DATE_ISSUED, year_ranges(years, _limit(request)))
    if request.field == Field.HAS_FILE:
        counted = zip(("true", "false"), found, strict=True)
        return Facet(Field.HAS_FILE, tuple(FacetValue(value, value, n) for value, n in counted if n))
    values = tuple(FacetValue(label, label, n) for label, n in found)
    limit = _limit(request)
    return Facet(request.field, values[:limit], more=len(values) > limit)
