"""From an item's metadata to what the index holds of it. Pure: no database, no engine."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from common.dates import parse_partial
from common.text import title_sort_key
from repository.metadata import Document as Record
from repository.metadata import Metadata

AUTHOR_FIELDS = ("dc.contributor.author", "dc.creator")
CONTRIBUTOR_FIELDS = ("dc.contributor.*", "dc.creator")
SUBJECT_FIELDS = ("dc.subject.*",)
# Nobody looks for these, and every item has them.
_NOT_SEARCHED = frozenset({"dc.date.accessioned", "dc.date.available", "dc.description.provenance"})
_MAX_KEY = 200  # characters of a sort key; what lies beyond never decides an order that anybody sees
_MAX_VALUES = 1000  # of one field in one item's facets

Hidden = Callable[[str], bool]


@dataclass(frozen=True)
class Document:
    """What the index holds of one item.

    `texts` are (weight, texts) for full-text search, A title, B contributors, C subjects, D the rest. `issued` is
    `YYYY-MM-DD` with 00 for what isn't known, or empty. `contributors` hold the authors too. `owner` is the
    owning collection; `readers` are the groups and epeople that may read the item by policies of its own; `scope` its
    collections and all communities above them.
    """

    item_id: UUID
    texts: tuple[tuple[str, tuple[str, ...]], ...]
    title_key: str
    issued: str
    accessioned: datetime
    authors: tuple[str, ...]
    contributors: tuple[str, ...]
    subjects: tuple[str, ...]
    has_file: bool
    owner: UUID | None
    readers: tuple[UUID, ...]
    scope: tuple[UUID, ...]

    @property
    def year(self) -> int | None:
        """The year of issue, or None."""
        return int(self.issued[:4]) if self.issued else None


@dataclass(frozen=True)
class Source:
    """What is read of one item to make its document."""

    item_id: UUID
    metadata: Record
    accessioned: datetime
    has_file: bool
    owner: UUID | None
    readers: Iterable[UUID]
    scope: Iterable[UUID]


def build(source: Source, hidden: Hidden) -> Document:
    """Return the document of an item; fields for which `hidden` is true do not exist for it."""
    record = _shown(source.metadata, hidden)
    metadata = Metadata(record)
    return Document(
        item_id=source.item_id,
        texts=_texts(record),
        title_key=title_key(metadata),
        issued=issued_key(metadata.values("dc.date.issued")),
        accessioned=source.accessioned,
        authors=_distinct(metadata.values(*AUTHOR_FIELDS)),
        contributors=_distinct(metadata.values(*CONTRIBUTOR_FIELDS)),
        subjects=_distinct(metadata.values(*SUBJECT_FIELDS)),
        has_file=source.has_file,
        owner=source.owner,
        readers=tuple(sorted(set(source.readers))),
        scope=tuple(sorted(set(source.scope))),
    )


def visible(metadata: Record, hidden: Hidden) -> Metadata:
    """Return the metadata without hidden fields and provenance."""
    return Metadata(_shown(metadata, hidden))


def _shown(metadata: Record, hidden: Hidden) -> Record:
    return {f: values for f, values in metadata.items() if f != "dc.description.provenance" and not hidden(f)}


def title_key(metadata: Metadata) -> str:
    """Return the key the item's title is filed under; empty without a title."""
    first = next(iter(metadata.get("dc.title")), None)
    return title_sort_key(first.value, first.language)[:_MAX_KEY] if first else ""


def issued_key(dates: Iterable[str]) -> str:
    """Return the first date that can be read, as `YYYY-MM-DD` with 00 for what isn't known; empty without one."""
    for text in dates:
        parsed = parse_partial(text)
        if parsed:
            return "{:04}-{:02}-{:02}".format(*parsed)
    return ""


def _texts(metadata: Record) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the texts by weight; the titles come first so that they always fit."""
    weighted: dict[str, list[str]] = {"A": [], "B": [], "C": [], "D": []}
    for field, values in metadata.items():
        if field not in _NOT_SEARCHED:
            weighted[_weight(field)] += [value["value"] for value in values]
    return tuple((weight, tuple(texts)) for weight, texts in weighted.items() if texts)


@lru_cache(maxsize=1000)
def _weight(field: str) -> str:
    """Return the weight of a field's words: A to C for the parts of a query (`search.query.Part`), else D."""
    if field.startswith("dc.title"):
        return "A"
    if field.startswith("dc.contributor") or field == "dc.creator":
        return "B"
    return "C" if field.startswith("dc.subject") else "D"


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    """Return the values once each, stripped, in order."""
    return tuple(dict.fromkeys(v for v in (value.strip() for value in values) if v))[:_MAX_VALUES]
