"""The search port: what every adapter answers, and what the doors (pages, REST, feeds) may ask.

A door builds a `Query` or a `Browse` with the actor who asks, and gets objects that it may show: an adapter counts and
returns only what the actor may read, and checks the items of a page once more with `authorize.visible_to`.
Only listed items are known here (archived, not withdrawn, discoverable), for administrators too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from repository.authorize import Actor
    from repository.models import Item
    from search.documents import Document

MAX_PAGE_SIZE = 100
# Deeper pages cost every engine more with each page, and nobody reads them; harvesters have OAI-PMH.
MAX_OFFSET = 10_000
MAX_FACET_VALUES = 100


class Field(StrEnum):
    """What can be filtered and faceted; the values are DSpace's names, as they stand in its URLs."""

    TITLE = "title"
    AUTHOR = "author"
    SUBJECT = "subject"
    DATE_ISSUED = "dateIssued"
    HAS_FILE = "has_content_in_original_bundle"


class Op(StrEnum):
    """How a filter compares. Case never matters; `contains` compares words, accents folded."""

    EQUALS = "equals"
    CONTAINS = "contains"
    NOT_EQUALS = "notequals"
    NOT_CONTAINS = "notcontains"


class Sort(StrEnum):
    """What results are sorted by; the values are DSpace's names."""

    RELEVANCE = "score"
    TITLE = "dc.title"
    DATE_ISSUED = "dc.date.issued"
    DATE_ACCESSIONED = "dc.date.accessioned"


class BrowseIndex(StrEnum):
    """The browse lists: items by title or date issued, values of authors (all contributors) or subjects."""

    TITLE = "title"
    DATE_ISSUED = "dateissued"
    AUTHOR = "author"
    SUBJECT = "subject"


@dataclass(frozen=True)
class Filter:
    """One condition. `value` of DATE_ISSUED: `2010`, `2010-05` or `[2000 TO 2009]`; of HAS_FILE: `true` or `false`."""

    field: Field
    op: Op
    value: str


@dataclass(frozen=True)
class FacetRequest:
    """A facet wanted with its most frequent values: `limit` of them (at most 100) from `offset`.

    `prefix` keeps the values that begin with it, case and accents folded. DATE_ISSUED comes as ranges of years that
    suit the results, newest first, and takes no offset; HAS_FILE as `true` and `false`.
    """

    field: Field
    limit: int = 10
    offset: int = 0
    prefix: str = ""


DEFAULT_FACETS = tuple(FacetRequest(f) for f in (Field.AUTHOR, Field.SUBJECT, Field.DATE_ISSUED, Field.HAS_FILE))


@dataclass(frozen=True)
class Query:
    """A search: `text` as a person typed it (search/query.py reads it; no text is an error; empty means everything).

    `scope` is the UUID of a collection or a community (with all below it). `page` counts from 1. Without `sort`: by
    relevance when there is text, else the latest accession first. RELEVANCE is always best first.
    """

    actor: Actor
    text: str = ""
    scope: UUID | None = None
    filters: tuple[Filter, ...] = ()
    sort: Sort | None = None
    descending: bool = True
    page: int = 1
    size: int = 10
    facets: tuple[FacetRequest, ...] = ()


@dataclass(frozen=True)
class Fragment:
    """A piece of text, `marked` when it matched. Plain text: whoever shows it escapes it."""

    text: str
    marked: bool = False


Highlight = tuple[Fragment, ...]


@dataclass(frozen=True)
class Hit:
    """An item found. `highlights` has, of dc.title, dc.contributor.author and dc.description.abstract, only the fields
    with a match: the whole title; the names that match; up to two snippets of at most 250 characters of the abstract.
    """

    item: Item
    highlights: Mapping[str, tuple[Highlight, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class FacetValue:
    """A value and the number of results that have it. `Filter(field, Op.EQUALS, value)` leads to them."""

    value: str
    label: str
    count: int


@dataclass(frozen=True)
class Facet:
    """The values of one facet; `more` says whether a further page of values exists."""

    field: Field
    values: tuple[FacetValue, ...]
    more: bool = False


@dataclass(frozen=True)
class Results:
    """One page of results. `total` and the facets count all that the actor may read, not the page.

    `too_deep` says that the page lies beyond MAX_OFFSET and was not made: ask the person to narrow the search.
    `did_you_mean` is another query text that finds something, where this one finds nothing.
    """

    hits: tuple[Hit, ...]
    total: int
    facets: tuple[Facet, ...] = ()
    did_you_mean: str | None = None
    page: int = 1
    size: int = 10
    too_deep: bool = False

    @property
    def pages(self) -> int:
        """How many pages can be reached (those within MAX_OFFSET)."""
        return -(-min(self.total, MAX_OFFSET) // self.size)

    @property
    def first_number(self) -> int:
        """The number of the first hit of the page, counted from 1; 0 when there is none."""
        return (self.page - 1) * self.size + 1 if self.hits else 0


@dataclass(frozen=True)
class Browse:
    """A page of a browse list, of everything or of what is in `scope` (a collection or community).

    `starts_with` jumps: the page begins at the first entry that is filed at or after it (for dates, descending: at or
    before it; `2010`, `2010-05`). `position` is the `next` or `previous` token of another page and wins over
    `starts_with`; one that can't be read begins the list. `value`, for AUTHOR and SUBJECT in `browse_items`, names the
    value whose items are listed, sorted by `sort` (TITLE or DATE_ISSUED). TITLE and DATE_ISSUED ignore both.
    """

    actor: Actor
    index: BrowseIndex
    scope: UUID | None = None
    starts_with: str = ""
    position: str = ""
    value: str = ""
    sort: Sort = Sort.TITLE
    descending: bool = False
    size: int = 20


@dataclass(frozen=True)
class ItemPage:
    """Items in order. `total` counts the whole list; `next` and `previous` are tokens, empty at the ends."""

    items: tuple[Item, ...]
    total: int
    next: str = ""
    previous: str = ""


@dataclass(frozen=True)
class ValueCount:
    """A value of a browse list and how many items the actor may read have it."""

    value: str
    count: int


@dataclass(frozen=True)
class ValuePage:
    """Values in order (case, accents folded). Without a total: to count what an actor may see reads the whole list."""

    values: tuple[ValueCount, ...]
    next: str = ""
    previous: str = ""


class SearchBackend(Protocol):
    """What an adapter does. Reading never raises for what a person typed."""

    def search(self, query: Query) -> Results:
        """Return one page of results with the facets wanted."""

    def browse_items(self, browse: Browse) -> ItemPage:
        """Return a page of items: of TITLE or DATE_ISSUED (those with a date), or of one AUTHOR or SUBJECT value."""

    def browse_values(self, browse: Browse) -> ValuePage:
        """Return a page of the values of AUTHOR or SUBJECT, each with its number of items; none for other indexes."""

    def update(self, documents: Sequence[Document]) -> None:
        """Add these documents, or replace those with the same item ids."""

    def remove(self, item_ids: Iterable[UUID]) -> int:
        """Drop these items and return how many were known; unknown ones are ignored."""

    def indexed_ids(self) -> Iterator[list[UUID]]:
        """Yield the ids of all items known, in batches: what a clean-up compares with the repository."""

    def maintain(self) -> None:
        """Drop what no document uses any more and refresh what suggestions and plans are made from."""


@cache
def get_backend() -> SearchBackend:
    """Return the adapter that the settings name (`SEARCH_BACKEND`)."""
    backend: SearchBackend = import_string(settings.SEARCH_BACKEND)()
    return backend
