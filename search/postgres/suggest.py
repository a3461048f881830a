"""Did you mean: the words of a query that the index does not know, replaced by near ones that it does."""

import re
from itertools import product

from django.db import connection
from rapidfuzz import fuzz, process

from search.backend import Query
from search.postgres import conditions
from search.postgres.conditions import Condition
from search.query import parse
from search.words import is_run, words

_SHORTEST = 4
_MAX_WORDS = 3  # of a query that are looked into
_CANDIDATES = 3  # for each of them
_MAX_READ = 2000  # words with one beginning or ending, the most frequent ones
_LIKELY = 70  # of 100, rapidfuzz's ratio
_TYPED = re.compile(r"[^\W\d_]++(?!:)")  # not the name of a field

# A slip of the pen leaves the beginning or the ending of a word alone.
_NEAR = """
SELECT word, entries FROM (
    (SELECT word, entries FROM search_word WHERE word >= %(head)s AND word < %(head)s || U&'\\+10FFFF'
     AND length(word) BETWEEN %(shortest)s AND %(longest)s ORDER BY entries DESC LIMIT %(limit)s)
    UNION
    (SELECT word, entries FROM search_word WHERE reverse(word) >= %(tail)s AND reverse(word) < %(tail)s || U&'\\+10FFFF'
     AND length(word) BETWEEN %(shortest)s AND %(longest)s ORDER BY entries DESC LIMIT %(limit)s)
) near
"""
_FOUND = """
SELECT EXISTS (SELECT FROM search_entry e WHERE e.vector @@ c.query::tsquery AND {where})
FROM unnest(%s::text[]) WITH ORDINALITY AS c(query, number) ORDER BY c.number
"""


def did_you_mean(query: Query) -> str | None:
    """Return the query's text with unknown words replaced, if that finds something the actor may read."""
    readable = conditions.all_of([conditions.readable(query.actor)])
    unknown = _unknown(query, readable)
    near = {typed: _near(word, readable) for typed, word in unknown.items()}
    near = {typed: candidates for typed, candidates in near.items() if candidates}
    texts = [_replaced(query.text, dict(zip(near, chosen, strict=True))) for chosen in product(*near.values())]
    return _first_found(query, texts) if near else None


def _unknown(query: Query, readable: Condition) -> dict[str, str]:
    """Return those words of the text, as typed and folded, that nothing the actor may read has: the first three."""
    typed: dict[str, str] = {}
    for match in _TYPED.findall(query.text):
        found = words(match)
        if len(found) == 1 and len(found[0]) >= _SHORTEST and not is_run(found[0]):
            typed[match] = found[0]
    known = _found([f"'{word}'" for word in typed.values()], readable)
    unknown = [(match, word) for (match, word), is_known in zip(typed.items(), known, strict=True) if not is_known]
    return dict(unknown[:_MAX_WORDS])


def _near(word: str, readable: Condition) -> list[str]:
    """Return the nearest words of what the actor may read, best first."""
    with connection.cursor() as cursor:
        bounds = {"shortest": len(word) - 2, "longest": len(word) + 2, "limit": _MAX_READ}
        cursor.execute(_NEAR, bounds | {"head": word[:2], "tail": word[:-4:-1]})
        entries = dict(cursor.fetchall())
    entries.pop(word, None)  # in something the actor may not read
    scored = process.extract(word, entries.keys(), scorer=fuzz.ratio, score_cutoff=_LIKELY, limit=20)
    scored.sort(key=lambda found: (-round(found[1]), -entries[found[0]], found[0]))
    near = [found for found, _, _ in scored]
    # Each by itself: beside a word that must not match, or an alternative, the text would be found without it.
    known = _found([f"'{candidate}'" for candidate in near], readable)
    return [candidate for candidate, is_known in zip(near, known, strict=True) if is_known][:_CANDIDATES]


def _replaced(text: str, words_for: dict[str, str]) -> str:
    return _TYPED.sub(lambda match: words_for.get(match.group(), match.group()), text)


def _first_found(query: Query, texts: list[str]) -> str | None:
    """Return the first text that finds something under the same scope, filters and rights."""
    where = conditions.all_of(
        [
            conditions.readable(query.actor),
            conditions.inside(query.scope),
            *(conditions.filtered(f) for f in query.filters),
        ]
    )
    found = _found([conditions.tsquery(parse(text)) for text in texts], where)
    return next((text for text, is_found in zip(texts, found, strict=True) if is_found), None)


def _found(tsqueries: list[str], where: Condition) -> list[bool]:
    """Return for each query whether any entry under the condition matches it."""
    with connection.cursor() as cursor:
        cursor.execute(_FOUND.format(where=where.sql), [*where.params, tsqueries])
        return [row[0] for row in cursor.fetchall()]
