"""Search: results with facets, and all values of one facet."""

from dataclasses import dataclass, replace

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, QueryDict
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from search.backend import (
    DEFAULT_FACETS,
    MAX_FACET_VALUES,
    Facet,
    FacetRequest,
    Field,
    Filter,
    Op,
    Query,
    Results,
    Sort,
    get_backend,
)
from ui import filters, parameters
from ui.access import actor_of, scope_of
from ui.places import Place, Step, trail_to
from ui.records import hit_lines
from ui.texts import cut

SIZES = ["10", "20", "50", "100"]
LABELS: dict[Field, str | Promise] = {
    Field.TITLE: gettext_lazy("Title"),
    Field.AUTHOR: gettext_lazy("Author"),
    Field.SUBJECT: gettext_lazy("Subject"),
    Field.DATE_ISSUED: gettext_lazy("Date issued"),
    Field.HAS_FILE: gettext_lazy("Files"),
}
# (value in the address, sort, descending, label)
ORDERS: tuple[tuple[str, Sort, bool, str | Promise], ...] = (
    ("score_desc", Sort.RELEVANCE, True, gettext_lazy("Most relevant first")),
    ("dc.date.issued_desc", Sort.DATE_ISSUED, True, gettext_lazy("Newest first")),
    ("dc.date.issued_asc", Sort.DATE_ISSUED, False, gettext_lazy("Oldest first")),
    ("dc.title_asc", Sort.TITLE, False, gettext_lazy("Title, A to Z")),
    ("dc.title_desc", Sort.TITLE, True, gettext_lazy("Title, Z to A")),
    ("dc.date.accessioned_desc", Sort.DATE_ACCESSIONED, True, gettext_lazy("Latest additions first")),
)


@dataclass(frozen=True)
class Choice:
    """A facet value to click; without address when that would be longer than a server takes."""

    label: str
    count: int
    url: str


@dataclass(frozen=True)
class FacetBox:
    """A facet with its heading, and where all its values are listed when there are more."""

    heading: str | Promise
    choices: list[Choice]
    more_url: str = ""


@dataclass(frozen=True)
class Chosen:
    """A filter in force, and the search without it."""

    label: str
    url: str


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Show a page of results."""
    place = scope_of(actor_of(request), parameters.text(request, "scope"))
    asked = replace(_asked(request, place), facets=DEFAULT_FACETS)
    results = get_backend().search(asked)
    suggestion_url = _suggestion_url(request, results)
    everything = not (asked.text or asked.filters)
    context = {
        "asked": asked,
        "results": results,
        "lines": hit_lines(asked.actor, results.hits),
        "facets": [_box(request, facet, asked.filters) for facet in results.facets if facet.values],
        "chosen": _chosen(request, asked.filters),
        "suggestion_url": suggestion_url,
        "everything": everything,
        "found_nothing": not (results.total or results.too_deep or suggestion_url or everything),
        "orders": _orders(asked),
        "sizes": SIZES,
        "last_number": results.first_number + len(results.hits) - 1,
        "kept": _kept(asked),
        "place": place,
        "trail": _trail(request, place),
        "section": "search",
    }
    return render(request, "ui/search.html", context)


@require_safe
def former_address(request: HttpRequest) -> HttpResponse:
    """Lead from the addresses that DSpace's older pages had for search; their parameters have the same names."""
    return HttpResponsePermanentRedirect(f"/search?{request.GET.urlencode()}")


@require_safe
def more_values(request: HttpRequest) -> HttpResponse:
    """Show all values of one facet of a search (`field`), by pages, those that begin with `starts_with`."""
    place = scope_of(actor_of(request), parameters.text(request, "scope"))
    name = parameters.choice(request, "field", [Field.AUTHOR, Field.SUBJECT], default="")
    if not name:
        raise BadRequest(_("There is no such list of values."))
    page = parameters.number(request, "page", default=1, high=100)
    prefix = parameters.text(request, "starts_with", limit=100)
    wanted = FacetRequest(Field(name), MAX_FACET_VALUES, (page - 1) * MAX_FACET_VALUES, prefix)
    asked = replace(_asked(request, place), page=1, size=1, facets=(wanted,))
    results = get_backend().search(asked)
    facet = next((facet for facet in results.facets), Facet(Field(name), ()))
    context = {
        "box": _box(request, facet, asked.filters),
        "more": facet.more,
        "page": page,
        "starts_with": prefix,
        "field": name,
        "kept": _kept(asked),
        "back": filters.address(_search_part(request), asked.filters),
        "place": place,
        "trail": [*_trail(request, place)[:-1], Step(_("Search"), "/search"), Step(str(LABELS[Field(name)]))],
        "section": "search",
    }
    return render(request, "ui/search_values.html", context)


def _asked(request: HttpRequest, place: Place | None) -> Query:
    text = parameters.text(request, "query")
    sort, descending = _order(request)
    if sort == Sort.RELEVANCE and not text:  # no item is more relevant than another
        sort = None
    return Query(
        actor=actor_of(request),
        text=text,
        scope=place.pk if place else None,
        filters=filters.from_request(request),
        sort=sort,
        descending=descending,
        page=parameters.number(request, "page", default=1),
        size=int(parameters.choice(request, "rpp", SIZES, default="10")),
    )


def _order(request: HttpRequest) -> tuple[Sort | None, bool]:
    """Read `sort_by` and `order` as DSpace writes them (`sort_by=dc.title&order=ASC`), or in one (`dc.title_asc`)."""
    wanted = request.GET.get("sort_by", "")
    direction = parameters.choice(request, "order", ["ASC", "DESC", "asc", "desc"], default="desc").lower()
    for name, sort, descending, _label in ORDERS:
        if wanted == name or (wanted == sort and (direction == "desc") == descending):
            return sort, descending
    return None, True


def _orders(asked: Query) -> list[tuple[str, str | Promise, bool]]:
    """Return (value, label, whether in force) of each order that makes sense.

    The usual one has no value in the address: with another text another one is.
    """
    usual = Sort.RELEVANCE if asked.text else Sort.DATE_ACCESSIONED
    in_force = (asked.sort or usual, asked.descending)
    return [
        ("" if sort == usual else name, label, (sort, descending) == in_force)
        for name, sort, descending, label in ORDERS
        if asked.text or sort != Sort.RELEVANCE
    ]


def _box(request: HttpRequest, facet: Facet, chosen: tuple[Filter, ...]) -> FacetBox:
    base = _search_part(request)
    choices = []
    for value in facet.values:
        one = Filter(facet.field, Op.EQUALS, value.value)
        if one not in chosen:
            label = _value_label(facet.field, value.label)
            url = filters.address(base, (*chosen, one))
            choices.append(Choice(cut(label), value.count, url if len(url) <= parameters.MAX_ADDRESS else ""))
    more = filters.address(base, chosen, "/search-filter") + f"&field={facet.field}" if facet.more else ""
    return FacetBox(LABELS[facet.field], choices, more)


def _chosen(request: HttpRequest, chosen: tuple[Filter, ...]) -> list[Chosen]:
    base = _search_part(request)
    signs = {Op.EQUALS: ":", Op.CONTAINS: " ∋", Op.NOT_EQUALS: " ≠", Op.NOT_CONTAINS: " ∌"}
    return [
        Chosen(
            f"{LABELS[one.field]}{signs[one.op]} {cut(_value_label(one.field, one.value))}",
            filters.address(base, tuple(other for other in chosen if other != one)),
        )
        for one in chosen
    ]


def _value_label(field: Field, label: str) -> str:
    if field == Field.HAS_FILE:
        return _("With files") if label == "true" else _("Without files")
    if field == Field.DATE_ISSUED and label.startswith("["):
        return label.strip("[]").replace(" TO ", "–")
    return label


def _kept(asked: Query) -> list[tuple[str, str]]:
    """Return the filters as hidden fields of the form, so that a new search text keeps them."""
    fields = []
    for number, one in enumerate(asked.filters, start=1):
        fields += [(f"filtertype_{number}", str(one.field)), (f"filter_relational_operator_{number}", str(one.op))]
        fields.append((f"filter_{number}", one.value))
    return fields


def _search_part(request: HttpRequest) -> QueryDict:
    query = request.GET.copy()
    for name in ("field", "starts_with"):
        query.pop(name, None)
    return query


def _suggestion_url(request: HttpRequest, results: Results) -> str:
    if not results.did_you_mean:
        return ""
    query = request.GET.copy()
    query["query"] = results.did_you_mean
    return filters.address(query, filters.from_request(request))


def _trail(request: HttpRequest, place: Place | None) -> list[Step]:
    steps = trail_to(actor_of(request), place) if place else []
    return [*steps, Step(_("Search"))]
