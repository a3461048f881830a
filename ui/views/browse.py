"""Browse lists: items by title or date issued, values of authors or subjects, and the items of one value."""

from dataclasses import dataclass
from string import ascii_uppercase

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from search.backend import Browse, BrowseIndex, Sort, get_backend
from ui import parameters
from ui.access import actor_of, scope_of
from ui.places import Place, Step, trail_to
from ui.records import lines
from ui.views.handles import by_handle

SIZES = ["10", "20", "50", "100"]
LETTERS = [("0–9", "0"), *((letter, letter) for letter in ascii_uppercase)]  # what is shown, where it leads
OLDEST_DECADE = 1900


@dataclass(frozen=True)
class Heading:
    """How a browse list is called: on its tab, and above the items of one of its values."""

    tab: str | Promise
    title: str | Promise


HEADINGS = {
    BrowseIndex.TITLE: Heading(_("Titles"), _("Browse by title")),
    BrowseIndex.AUTHOR: Heading(_("Authors"), _("Browse by author")),
    BrowseIndex.DATE_ISSUED: Heading(_("Dates"), _("Browse by date issued")),
    BrowseIndex.SUBJECT: Heading(_("Subjects"), _("Browse by subject")),
}


@require_safe
def browse(request: HttpRequest) -> HttpResponse:
    """Show a page of a browse list of the whole repository, or of the community or collection in `scope`."""
    return _page(request, scope_of(actor_of(request), parameters.text(request, "scope")))


@require_safe
def browse_place(request: HttpRequest, prefix: str, suffix: str) -> HttpResponse:
    """Show a page of a browse list of the community or collection with this handle (DSpace's address)."""
    try:
        place = scope_of(actor_of(request), f"{prefix}/{suffix}")
    except Http404:
        return by_handle(request, prefix, f"{suffix}/browse")  # a handle may end like that
    return _page(request, place)


def _page(request: HttpRequest, place: Place | None) -> HttpResponse:
    asked = _asked(request, place)
    by_value = asked.index in (BrowseIndex.AUTHOR, BrowseIndex.SUBJECT)
    heading = HEADINGS[asked.index]
    context: dict[str, object] = {
        "asked": asked,
        "heading": heading,
        "tabs": [(index, heading.tab) for index, heading in HEADINGS.items()],
        "letters": LETTERS if asked.index != BrowseIndex.DATE_ISSUED else [],
        "years": _years() if asked.index == BrowseIndex.DATE_ISSUED else [],
        "sizes": SIZES,
        "place": place,
        "trail": _trail(request, place, asked, heading),
        "section": "browse",
    }
    if by_value and not asked.value:
        return render(request, "ui/browse_values.html", context | {"page": get_backend().browse_values(asked)})
    page = get_backend().browse_items(asked)
    return render(request, "ui/browse_items.html", context | {"page": page, "lines": lines(asked.actor, page.items)})


def _asked(request: HttpRequest, place: Place | None) -> Browse:
    index = BrowseIndex(parameters.choice(request, "type", list(BrowseIndex), default=BrowseIndex.TITLE))
    usual = "desc" if index == BrowseIndex.DATE_ISSUED else "asc"
    order = parameters.choice(request, "order", ["ASC", "DESC", "asc", "desc"], default=usual)
    sort = parameters.choice(request, "sort_by", [Sort.TITLE, Sort.DATE_ISSUED], default=Sort.TITLE)
    return Browse(
        actor=actor_of(request),
        index=index,
        scope=place.pk if place else None,
        starts_with=parameters.text(request, "starts_with", limit=100),
        position=parameters.text(request, "position", limit=2000),
        value=parameters.text(request, "value", limit=parameters.MAX_ADDRESS),
        sort=Sort(sort),
        descending=order.lower() == "desc",
        size=int(parameters.choice(request, "rpp", SIZES, default="20")),
    )


def _years() -> list[int]:
    """Return the years to jump to: the last ten, then by decades."""
    this_year = timezone.now().year
    recent = list(range(this_year, this_year - 10, -1))
    return recent + [year for year in range(recent[-1] // 10 * 10, OLDEST_DECADE - 1, -10) if year < recent[-1]]


def _trail(request: HttpRequest, place: Place | None, asked: Browse, heading: Heading) -> list[Step]:
    steps = trail_to(actor_of(request), place) if place else []
    return [*steps, Step(asked.value or str(heading.title))]
