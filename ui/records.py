"""An item's metadata as people read it: in lists, on the simple page, in the full record, as a citation."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from django.core.cache import cache
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from common.text import fold
from identifiers import services as handles
from repository.authorize import Actor
from repository.hiding import is_hidden
from repository.metadata import Metadata, Value, document
from repository.models import Item, MetadataField
from search.backend import Fragment, Highlight, Hit
from search.documents import AUTHOR_FIELDS
from ui.texts import cut

MAX_AUTHORS_IN_LIST = 4
MAX_AUTHORS_CITED = 10
MAX_AUTHORS_ON_PAGE = 20  # the full record has them all
MAX_VALUES_ON_PAGE = 20  # of one heading; the rest unfolds, or many subjects would fill a phone
FIELD_ORDER_SECONDS = 60  # how long a change of the registry may take to reorder full records

_DATES = ("dc.date.issued",)
# What the simple page shows below the abstract, in this order, each field under its heading.
_FACTS: tuple[tuple[str | Promise, tuple[str, ...]], ...] = (
    (_("Other titles"), ("dc.title.alternative",)),
    (_("Contributors"), ("dc.contributor.editor", "dc.contributor.advisor", "dc.contributor.other", "dc.contributor")),
    (_("Date issued"), _DATES),
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
    """An item in a list. Texts are in fragments, of which search marks those that matched (see search.backend)."""

    item: Item
    url: str
    title: Highlight
    title_value: Value | None
    authors: list[Highlight]
    more_authors: bool
    date: str
    snippets: tuple[Highlight, ...] = ()


@dataclass(frozen=True)
class Fact:
    """A heading and the values under it: those that are seen at once, and those that unfold."""

    label: str | Promise
    values: list[Value]
    is_date: bool = False

    @property
    def first(self) -> list[Value]:
        """The values to show at once."""
        return self.values[:MAX_VALUES_ON_PAGE]

    @property
    def rest(self) -> list[Value]:
        """The values to fold away."""
        return self.values[MAX_VALUES_ON_PAGE:]


def item_url(item: Item, handle: str | None) -> str:
    """Return the address of the item's page."""
    return f"/handle/{quote(handle)}" if handle else f"/items/{item.pk}"


def lines(actor: Actor, items: Iterable[Item]) -> list[Line]:
    """Return the items as list lines, in the same order. One query, for the handles."""
    return hit_lines(actor, [Hit(item) for item in items])


def hit_lines(actor: Actor, hits: Sequence[Hit]) -> list[Line]:
    """Return what a search found as list lines, in the same order. One query, for the handles."""
    found = handles.handles_of(hit.item.pk for hit in hits)
    return [_line(hit, shown(actor, hit.item.md), item_url(hit.item, found.get(hit.item.pk))) for hit in hits]


def _line(hit: Hit, md: Metadata, url: str) -> Line:
    title = next(iter(md.get("dc.title")), None)
    marked_titles = hit.highlights.get("dc.title", ())
    marked = {"".join(piece.text for piece in name): name for name in hit.highlights.get("dc.contributor.author", ())}
    people = authors(md)
    # The first authors, and those further down that were searched for.
    named = people[:MAX_AUTHORS_IN_LIST] + [name for name in people[MAX_AUTHORS_IN_LIST:] if name in marked]
    return Line(
        item=hit.item,
        url=url,
        title=_cut(marked_titles[0]) if marked_titles else (Fragment(cut(title.value)),) if title else (),
        title_value=title,
        authors=[_cut(marked.get(name, (Fragment(name),))) for name in named],
        more_authors=len(people) > len(named),
        date=md.first("dc.date.issued") or "",
        snippets=hit.highlights.get("dc.description.abstract", ()),
    )


def _cut(name: Highlight) -> Highlight:
    """Return a name as it is, or cut and without its marks when it is too long for a list."""
    whole = "".join(piece.text for piece in name)
    return name if cut(whole) == whole else (Fragment(cut(whole)),)


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
    found = (
        Fact(label, [_spelt(name, value) for name in names for value in md.get(name)], names == _DATES)
        for label, names in _FACTS
    )
    return [fact for fact in found if fact.values]


def subjects(md: Metadata) -> Fact:
    """Return the subjects of every vocabulary."""
    names = [name for name in md.fields() if name.startswith("dc.subject")]
    return Fact(_("Subjects"), [value for name in names for value in md.get(name)])


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
    """Return how to cite the work, without its address.

    That is the catalogued citation, when it is a whole one: it names the title. Else it is made of the metadata, and
    a catalogued one stands in the place of the publisher: it says where the work appeared.
    """
    given, title = md.first("dc.identifier.citation") or "", md.first("dc.title") or ""
    if given and fold(title) in fold(given):
        return cut(given)
    year = (md.first("dc.date.issued") or "")[:4]
    title, names = cut(title), [cut(name) for name in authors(md)]
    people = "; ".join(names[:MAX_AUTHORS_CITED]) + (" et al." if len(names) > MAX_AUTHORS_CITED else "")
    first, rest = (people, title) if people else (title.rstrip(". "), "")
    head = f"{first} ({year})" if first and year else first or year
    parts = (head, rest, cut(given or md.first("dc.publisher") or ""))
    return ". ".join(part.rstrip(". ") for part in parts if part) + "."
