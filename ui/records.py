"""An item's metadata as people read it: in lists, on the simple page, in the full record, as a citation."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.core.cache import cache
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from identifiers import services as handles
from repository.authorize import Actor
from repository.metadata import Metadata, Value, document
from repository.models import Item, MetadataField
from search.backend import Highlight
from search.hiding import is_hidden

AUTHOR_FIELDS = ("dc.contributor.author", "dc.creator")
MAX_AUTHORS_IN_LIST = 4
FIELD_ORDER_SECONDS = 60  # how long a change of the registry may take to reorder full records

# What the simple page shows below the abstract, in this order, each field under its heading.
_FACTS: tuple[tuple[str | Promise, tuple[str, ...]], ...] = (
    (_("Other titles"), ("dc.title.alternative",)),
    (_("Contributors"), ("dc.contributor.editor", "dc.contributor.advisor", "dc.contributor.other", "dc.contributor")),
    (_("Date issued"), ("dc.date.issued",)),
    (_("Publisher"), ("dc.publisher",)),
    (_("Citation"), ("dc.identifier.citation",)),
    (_("Series"), ("dc.relation.ispartofseries", "dc.relation.ispartof")),
    (_("Type"), ("dc.type",)),
    (_("Language"), ("dc.language.iso", "dc.language")),
    (_("DOI"), ("dc.identifier.doi",)),
    (_("ISBN"), ("dc.identifier.isbn",)),
    (_("ISSN"), ("dc.identifier.issn",)),
    (_("Description"), ("dc.description",)),
    (_("Sponsor"), ("dc.description.sponsorship",)),
    (_("Rights"), ("dc.rights", "dc.rights.uri")),
    (_("Link"), ("dc.identifier.uri",)),
)


@dataclass(frozen=True)
class Line:
    """An item in a list. `highlights` are marked pieces of text in place of the plain ones (see search.backend)."""

    item: Item
    url: str
    title: Value | None
    authors: list[str]
    more_authors: bool
    date: str
    highlights: Mapping[str, tuple[Highlight, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Fact:
    """A heading and the values under it."""

    label: str | Promise
    values: list[Value]


def item_url(item: Item, handle: str | None) -> str:
    """Return the address of the item's page."""
    return f"/handle/{handle}" if handle else f"/items/{item.pk}"


def lines(items: Iterable[Item]) -> list[Line]:
    """Return the items as list lines, in the same order. One query, for the handles."""
    items = list(items)
    found = handles.handles_of(item.pk for item in items)
    return [_line(item, item_url(item, found.get(item.pk))) for item in items]


def _line(item: Item, url: str) -> Line:
    md = item.md
    people = authors(md)
    return Line(
        item=item,
        url=url,
        title=next(iter(md.get("dc.title")), None),
        authors=people[:MAX_AUTHORS_IN_LIST],
        more_authors=len(people) > MAX_AUTHORS_IN_LIST,
        date=md.first("dc.date.issued") or "",
    )


def authors(md: Metadata) -> list[str]:
    """Return the authors, in order."""
    return md.values(*AUTHOR_FIELDS)


def hidden_from(actor: Actor, name: str) -> bool:
    """Whether `metadata.hide.<field>` keeps the field from this reader."""
    return not actor.is_admin and is_hidden(name)


def shown(actor: Actor, md: Metadata) -> Metadata:
    """Return the metadata without the fields that are hidden from this reader."""
    return Metadata(document((name, value) for name, value in md.items() if not hidden_from(actor, name)))


def facts(md: Metadata) -> list[Fact]:
    """Return what the simple page lists, only headings with values."""
    found = (Fact(label, [_spelt(name, value) for name in names for value in md.get(name)]) for label, names in _FACTS)
    return [fact for fact in found if fact.values]


def _spelt(name: str, value: Value) -> Value:
    """Return a language code as the name of the language in the reader's own; other values as they are."""
    if not name.startswith("dc.language"):
        return value
    try:
        info = get_language_info(value.value.strip().replace("_", "-").lower())
    except KeyError:
        return value
    return Value(capfirst(info["name_translated"]))


def full_record(md: Metadata) -> list[tuple[str, Value]]:
    """Return (field, value) for each value, in the registry's order of fields."""
    order = cache.get_or_set("ui-field-order", _field_order, FIELD_ORDER_SECONDS) or {}
    return sorted(md.items(), key=lambda pair: order.get(pair[0], len(order)))


def _field_order() -> dict[str, int]:
    registered = MetadataField.objects.select_related("schema")
    return {str(entry): number for number, entry in enumerate(registered)}


def citation(md: Metadata) -> str:
    """Return how to cite the work, without its address: the catalogued citation, else one made of the metadata."""
    given = md.first("dc.identifier.citation")
    if given:
        return given
    year = (md.first("dc.date.issued") or "")[:4]
    people = "; ".join(authors(md))
    head = f"{people} ({year})" if people and year else people or year
    parts = (head, md.first("dc.title") or "", md.first("dc.publisher") or "")
    return ". ".join(part.rstrip(". ") for part in parts if part) + "."
