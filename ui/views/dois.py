"""`/admin/dois`: what stands between the repository and the DOI agency, for administrators of the site."""

from collections.abc import Callable
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from identifiers import services
from identifiers.connectors.port import Refusal
from identifiers.doi import names, registry, selection
from identifiers.doi.states import GONE, WAITING, State
from identifiers.models import DOI
from identifiers.providers.doi import is_on
from repository.models import Item
from ui import parameters
from ui.access import actor_of

ROWS = 50  # on a page

WAITING_STATES = frozenset().union(*WAITING.values())
_RESERVABLE = (State.MINTED,)
_REGISTRABLE = (State.MINTED, State.TO_BE_RESERVED, State.IS_RESERVED, State.UPDATE_RESERVED)
_NEVER_OURS = (Refusal.DOI_ALREADY_EXISTS, Refusal.FOREIGN_DOI)  # taken, or under a prefix of somebody else's

_WISHES: dict[str, Callable[[int], DOI]] = {
    "retry": registry.retry,
    "take-over": registry.take_over,
    "replace": registry.replace,
    "update": registry.ask_update,
    "reserve": lambda row_id: registry.ask(row_id, State.TO_BE_RESERVED),
    "register": lambda row_id: registry.ask(row_id, State.TO_BE_REGISTERED),
}


@never_cache
@require_safe
def dois(request: HttpRequest) -> HttpResponse:
    """List the DOIs in a state, the newest first; those whose last call failed where no state is named.

    `doi` finds one, by any spelling, or by the UUID or handle of its item.
    """
    _administrators_only(request)
    item_id = _uuid(request.GET.get("item", ""))
    wanted = request.GET.get("doi", "").strip()[: names.LONGEST]
    state = parameters.choice(request, "state", [state.name for state in State], default="")
    before = parameters.number(request, "before", default=0, low=0, high=2**62)
    rows = DOI.objects.order_by("-id")
    if item_id:
        rows = rows.filter(object_id=item_id)
    elif wanted:
        rows = rows.filter(pk=_named(wanted))
    else:
        rows = rows.filter(state=State[state]) if state else rows.exclude(last_error="")
    shown = list((rows.filter(pk__lt=before) if before else rows)[: ROWS + 1])
    counts = dict(DOI.objects.values_list("state").annotate(Count("pk")).order_by("state"))
    context = {
        "rows": _lines(shown[:ROWS]),
        "next": shown[ROWS - 1].pk if len(shown) > ROWS else None,
        "state": state,
        "before": before or "",
        "wanted": wanted,
        "failed": DOI.objects.exclude(last_error="").count(),
        "paused": DOI.objects.exclude(paused_until=None).count(),
        "states": [(name.name, counts[name]) for name in State if name in counts],
        "item_id": item_id,
        "without": item_id and not shown and Item.objects.filter(pk=item_id).exists(),
    }
    return render(request, "ui/dois.html", context)


@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Do what a button of the list says to one DOI, or give one to an item that has none, and show the list again."""
    _administrators_only(request)
    pressed = request.POST.get("wish", "")
    if pressed == "retry-all":
        count = registry.retry_all()
        messages.success(request, _("doi-organiser tries %(count)s DOIs again in its next run.") % {"count": count})
    else:
        _do(request, pressed)
    back = {name: request.POST.get(name, "") for name in ("state", "item", "before", "doi_wanted")}
    back["doi"] = back.pop("doi_wanted")
    return HttpResponseRedirect("/admin/dois?" + urlencode({name: text for name, text in back.items() if text}))


def _do(request: HttpRequest, pressed: str) -> None:
    wish = _WISHES.get(pressed)
    if wish is None:
        raise BadRequest(_("There is no such button."))
    try:
        row = wish(_row_id(request))
    except DOI.DoesNotExist:
        raise Http404 from None
    except registry.DOIIsDeleted:
        messages.error(request, _("A deleted DOI comes back with its item only."))
    except registry.NoDOI as error:
        messages.error(request, str(error))
    else:
        names_of = {"doi": row.doi, "state": State(row.state).name}
        if row.state in WAITING_STATES:
            text = _("%(doi)s is %(state)s now; doi-organiser tells the agency in its next run.")
        else:
            text = _("%(doi)s is %(state)s now.")
        messages.success(request, text % names_of)


def _named(text: str) -> int:
    """Return the row that a text names, 0 for none."""
    try:
        return selection.named(text).pk
    except registry.NoDOI:
        return 0


def _administrators_only(request: HttpRequest) -> None:
    """Raise Http404 for everybody else, as for an address that is none; and where there are no DOIs."""
    if not (is_on() and actor_of(request).is_admin):
        raise Http404


def _row_id(request: HttpRequest) -> int:
    """Return the row that a button is about; an item that has no DOI gets one."""
    text = request.POST.get("doi", "")
    if text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    item_id = _uuid(request.POST.get("item", ""))
    if item_id is None or not Item.objects.filter(pk=item_id).exists():
        raise Http404
    return registry.mint(item_id).pk


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Http404 from None


def _lines(rows: list[DOI]) -> list[dict[str, object]]:
    """Return the rows with what the template can't know: the handle, and which buttons mean anything."""
    handles = services.handles_of(row.object_id for row in rows if row.object_id)
    return [
        {
            "row": row,
            "url": names.url_of(row.doi) if row.registered else "",
            "state": State(row.state).name,
            "handle": handles.get(row.object_id) if row.object_id else None,
            "may_retry": bool(row.paused_until or row.last_error),
            "may_replace": not row.may_be_known and any(code in row.last_error for code in _NEVER_OURS),
            "is_taken": not row.may_be_known and Refusal.DOI_ALREADY_EXISTS in row.last_error,
            "may_reserve": row.state in _RESERVABLE,
            "may_register": row.state in _REGISTRABLE,
            "may_update": row.state in (State.IS_REGISTERED, State.IS_RESERVED),
            "is_gone": row.state in GONE,
        }
        for row in rows
    ]
