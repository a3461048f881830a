"""From a query to SQL conditions on `search_entry e`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from common.dates import utc_day
from common.text import title_sort_key
from repository.authorize import Actor
from repository.constants import ANONYMOUS_GROUP
from search.backend import Field, Filter, Op
from search.models import Value
from search.postgres.values import value_key
from search.query import Node, Not, Or, Part, Term, Year, contains

_WEIGHTS = {Part.TITLE: "A", Part.AUTHOR: "B", Part.SUBJECT: "C", None: ""}
_RANGE = re.compile(r"\[\s*(\d{1,4}|\*)\s+TO\s+(\d{1,4}|\*)\s*\]")
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_ARTICLE_LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl")


@dataclass(frozen=True)
class Condition:
    """A piece of SQL and its parameters."""

    sql: str
    params: tuple[Any, ...] = ()


NOTHING = Condition("FALSE")


def all_of(conditions: Iterable[Condition | None]) -> Condition:
    """Return the conjunction of the conditions given; TRUE when there is none."""
    given = [c for c in conditions if c]
    return Condition(" AND ".join(c.sql for c in given) or "TRUE", tuple(p for c in given for p in c.params))


def readable(actor: Actor) -> Condition | None:
    """Return the condition that the actor may read an entry; None for administrators.

    The same rule as `authorize.visible_to`: READ, or ADMIN on the item (both in `readers`), or administrator of the
    owning collection, asked of the policies now so that a new administrator need not wait for the index.
    """
    if actor.is_admin:
        return None
    if actor.eperson_id is None and actor.group_ids == frozenset({ANONYMOUS_GROUP}):
        return Condition("e.is_public")
    tokens = sorted(actor.group_ids | ({actor.eperson_id} if actor.eperson_id else set()))
    sql, params = "(e.is_public OR e.readers && %s::uuid[]", [tokens]
    collections = sorted(actor.administers(utc_day(timezone.now()))[1])
    if collections:
        sql += " OR e.owner_id = ANY(%s::uuid[])"
        params.append(collections)
    return Condition(sql + ")", tuple(params))


def inside(scope: UUID | None) -> Condition | None:
    """Return the condition that an entry is in this collection or anywhere below this community."""
    return Condition("e.scope @> ARRAY[%s]::uuid[]", (scope,)) if scope else None


def matching(tree: Node) -> Condition | None:
    """Return the condition that an entry matches the tree of a query; None when it asks for nothing."""
    text = tsquery(tree)
    return Condition("e.vector @@ %s::tsquery", (text,)) if text else None


def tsquery(node: Node) -> str:
    """Return the tree as the text of a tsquery. Words hold letters and digits only, so quoting them is enough."""
    if isinstance(node, Term):
        weight = _WEIGHTS[node.part]
        last = ("*" if node.prefix else "") + weight
        labels = [weight] * (len(node.words) - 1) + [last]
        joined = " <-> ".join(f"'{w}'" + (f":{x}" if x else "") for w, x in zip(node.words, labels, strict=True))
        return f"({joined})"
    if isinstance(node, Year):
        return f"'{year_lexeme(node.year)}'"
    if isinstance(node, Not):
        return f"!({tsquery(node.node)})"
    return "(" + (" | " if isinstance(node, Or) else " & ").join(map(tsquery, node.nodes)) + ")" if node.nodes else ""


def year_lexeme(year: int) -> str:
    """Return the lexeme that entries issued in a year hold; no word has a `=` in it."""
    return f"year={year}"


def filtered(condition: Filter) -> Condition:
    """Return the condition of one filter; a value that can't be read matches nothing."""
    negated = condition.op in (Op.NOT_EQUALS, Op.NOT_CONTAINS)
    found = _positive(condition.field, condition.op, condition.value)
    return Condition(f"NOT ({found.sql})", found.params) if negated else found


def with_value(column: str, field: Value.Field, value: str) -> Condition:
    """Return the condition that a column of value ids holds this value (without regard to case)."""
    # && and not @>: of a value nobody has the list is empty, and everything contains the empty list.
    sql = f"e.{column} && ARRAY(SELECT v.id FROM search_value v WHERE v.field = %s AND v.key = %s)"  # noqa: S608 - a column's name
    return Condition(sql, (field.value, value_key(value)))


def _positive(field: Field, op: Op, value: str) -> Condition:
    if field == Field.DATE_ISSUED:
        return _issued(value.strip())
    if field == Field.HAS_FILE:
        return Condition("e.has_file" if value.lower() == "true" else "NOT e.has_file")
    if op in (Op.CONTAINS, Op.NOT_CONTAINS):
        return matching(contains(value, Part(field.value))) or NOTHING
    if field == Field.AUTHOR:
        return with_value("author_ids", Value.Field.AUTHOR, value)
    if field == Field.SUBJECT:
        return with_value("subject_ids", Value.Field.SUBJECT, value)
    keys = sorted({title_sort_key(value, language)[:200] for language in _ARTICLE_LANGUAGES})
    return Condition("e.title_key = ANY(%s)", (keys,))


def _issued(value: str) -> Condition:
    years = _RANGE.fullmatch(value)
    if years:
        first, last = years[1], years[2]
        low = None if first == "*" else Condition("e.year >= %s", (int(first),))
        high = None if last == "*" else Condition("e.year <= %s", (int(last),))
        return all_of([Condition("e.year IS NOT NULL"), low, high])
    if not _DATE.fullmatch(value):
        return NOTHING
    return Condition("e.issued >= %s AND e.issued < %s", (value, value + "~"))  # ~ sorts behind - and digits
