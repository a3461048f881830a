"""What matched, marked in the stored metadata. Done here and not by an engine, so that all adapters agree."""

from collections.abc import Mapping, Sequence

from repository.metadata import Metadata
from search.backend import Fragment, Highlight
from search.query import Node, Part, Term, leaves
from search.words import spans

TITLE, AUTHOR, ABSTRACT = "dc.title", "dc.contributor.author", "dc.description.abstract"
SNIPPET, SNIPPETS = 250, 2  # characters, number: DSpace's
_MAX_TEXT = 20_000

Span = tuple[int, int]


def highlights(metadata: Metadata, tree: Node) -> Mapping[str, tuple[Highlight, ...]]:
    """Return the marked fragments of title, authors and abstract that match the terms of a query."""
    found: dict[str, tuple[Highlight, ...]] = {}
    terms = list(leaves(tree))
    for field, part in ((TITLE, Part.TITLE), (AUTHOR, Part.AUTHOR), (ABSTRACT, None)):
        wanted = [term for term in terms if term.part in (None, part)]
        if not wanted:
            continue
        texts = metadata.values(field)[:1] if field == TITLE else metadata.values(field)
        marked = [(text, marks(text, wanted)) for text in (t[:_MAX_TEXT] for t in texts)]
        cut = snippets if field == ABSTRACT else _whole
        pieces = tuple(piece for text, places in marked if places for piece in cut(text, places))
        if pieces:
            found[field] = pieces[:SNIPPETS] if field == ABSTRACT else pieces
    return found


def marks(text: str, terms: Sequence[Term]) -> list[Span]:
    """Return the places of `text` that match any of the terms, in order, none overlapping."""
    places = list(spans(text))
    found = {
        place
        for term in terms
        for first in range(len(places) - len(term.words) + 1)
        if _matches(term, [word for _, _, word in places[first : first + len(term.words)]])
        for place in ((start, end) for start, end, _ in places[first : first + len(term.words)])
    }
    merged: list[Span] = []
    for start, end in sorted(found):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def snippets(text: str, places: Sequence[Span]) -> list[Highlight]:
    """Return up to two stretches of `text` around what is marked, cut between words where there are blanks."""
    found: list[Highlight] = []
    done = 0
    for start, _ in places:
        if start < done or len(found) == SNIPPETS:
            continue
        first = max(done, start - SNIPPET // 3)
        if first > done and (blank := text.find(" ", first, start)) >= 0:
            first = blank + 1
        last = min(first + SNIPPET, len(text))
        if last < len(text) and (blank := text.rfind(" ", start, last)) > start:
            last = blank
        done = last
        found.append(_fragments(text, places, first, last))
    return found


def _whole(text: str, places: Sequence[Span]) -> list[Highlight]:
    return [_fragments(text, places, 0, len(text))]


def _matches(term: Term, words: Sequence[str]) -> bool:
    *head, last = term.words
    if list(words[:-1]) != head:
        return False
    return words[-1].startswith(last) if term.prefix else words[-1] == last


def _fragments(text: str, places: Sequence[Span], first: int, last: int) -> Highlight:
    """Return text[first:last] as fragments, the places marked."""
    result: list[Fragment] = []
    done = first
    for start, end in places:
        start, end = max(start, first), min(end, last)
        if start >= end:
            continue
        if start > done:
            result.append(Fragment(text[done:start]))
        result.append(Fragment(text[start:end], marked=True))
        done = end
    if done < last:
        result.append(Fragment(text[done:last]))
    return tuple(result)
