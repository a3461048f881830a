"""Reading a query as a person types it. Every text is a query; none is an error.

`words` must all be found; `"a phrase"` in this order; `-word` or `NOT word` must not be found; `a OR b` either;
`title:word`, `author:"doe, jane"`, `subject:word` in these fields; `year:2010`; `begin*` words that begin so.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from search.words import is_run, terms

MAX_TEXT = 1000  # characters read; the rest is ignored
MAX_TERMS = 32  # an engine's work grows with each


class Part(StrEnum):
    """The parts of a document a term can be looked for in."""

    TITLE = "title"
    AUTHOR = "author"
    SUBJECT = "subject"


@dataclass(frozen=True)
class Term:
    """Folded words that follow each other; with `prefix` the last one is the beginning of a word."""

    words: tuple[str, ...]
    part: Part | None = None
    prefix: bool = False


@dataclass(frozen=True)
class Year:
    """Issued in this year."""

    year: int


@dataclass(frozen=True)
class Not:
    """What must not match."""

    node: "Node"


@dataclass(frozen=True)
class And:
    """All of these; without nodes: everything."""

    nodes: "tuple[Node, ...]"


@dataclass(frozen=True)
class Or:
    """Any of these."""

    nodes: "tuple[Node, ...]"


Node = Term | Year | Not | And | Or

_FIELDS = {
    "title": Part.TITLE,
    "dc.title": Part.TITLE,
    "author": Part.AUTHOR,
    "creator": Part.AUTHOR,
    "dc.contributor.author": Part.AUTHOR,
    "dc.creator": Part.AUTHOR,
    "subject": Part.SUBJECT,
    "keyword": Part.SUBJECT,
    "dc.subject": Part.SUBJECT,
}
_YEAR_FIELDS = {"year", "dateissued", "dateissued.year", "dc.date.issued"}
_TOKEN = re.compile(r'(?P<sign>[-+]?)(?:(?P<field>[A-Za-z.]{1,40}):)?(?:"(?P<phrase>[^"]*)"?|(?P<bare>[^\s"]+))')
_SLOP = re.compile(r"[~^][\d.]*$")  # Lucene's fuzziness and boosts, which people paste; read as plain words


def parse(text: str) -> And:
    """Return the tree of a query text; an empty `And` when there is nothing to look for."""
    groups: list[list[Node]] = []
    joined = negated = False
    count = 0
    for match in _TOKEN.finditer(text[:MAX_TEXT]):
        bare = match["bare"]
        if bare in ("OR", "||") and not match["field"]:
            joined = bool(groups)
            continue
        if bare in ("AND", "NOT", "&&") and not match["field"]:
            negated = negated or bare == "NOT"
            continue
        node = _node(match)
        if node is None or count >= MAX_TERMS:
            continue
        count += sum(1 for _ in leaves(node))
        if match["sign"] == "-" or negated:
            node = Not(node)
        groups[-1].append(node) if joined else groups.append([node])
        joined = negated = False
    return And(tuple(group[0] if len(group) == 1 else Or(tuple(group)) for group in groups))


def contains(text: str, part: Part | None = None) -> And:
    """Return the tree that finds all words of `text` in one part, without any syntax: what filters use."""
    found = [Term(tuple(w), part, prefix) for w, prefix in terms(text[:MAX_TEXT])[:MAX_TERMS]]
    return And(tuple(found))


def leaves(node: Node) -> Iterator[Term]:
    """Yield the terms below `node`, those that must not match left out."""
    if isinstance(node, Term):
        yield node
    elif isinstance(node, And | Or):
        for child in node.nodes:
            yield from leaves(child)


def _node(match: re.Match[str]) -> Node | None:
    """Return the node of one token, or None when nothing in it can be looked for."""
    field, phrase, bare = (match["field"] or "").lower(), match["phrase"], match["bare"]
    value = phrase if bare is None else _SLOP.sub("", bare)
    if field in _YEAR_FIELDS and re.fullmatch(r"\d{1,4}", value.strip()):
        return Year(int(value))
    part = _FIELDS.get(field)
    if field and part is None and field not in _YEAR_FIELDS:  # http://… and the like: no field of ours, plain words
        value = f"{match['field']}:{value}"
    return _consecutive(value, part, prefix=bare is not None and value.endswith("*"))


def _consecutive(value: str, part: Part | None, *, prefix: bool) -> Node | None:
    """Return the term for `value`; its words must follow each other (10.1234/abc, "a phrase", 図書館).

    Where a run of characters meets another word, all must be found but not in sequence: documents hold the last
    character of a run as a word between them.
    """
    pieces = terms(value)
    if not pieces:
        return None
    if len(pieces) > 1 and any(is_run(piece[0]) for piece, _ in pieces):
        return And(tuple(Term(tuple(w), part, p) for w, p in pieces))
    return Term(tuple(w for piece, _ in pieces for w in piece), part, prefix or pieces[-1][1])
