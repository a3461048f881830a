"""The home page."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from repository.authorize import visible_to
from repository.models import Community
from repository.querysets import listed_items
from ui.access import actor_of
from ui.counts import item_counts
from ui.places import nodes
from ui.records import lines

RECENT = 5


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the top communities and what came in last (`recent.submissions.count`; 5 where that is 0 or less)."""
    actor = actor_of(request)
    wanted = settings.DSPACE.int("recent.submissions.count", RECENT)
    number = min(wanted, 20) if wanted > 0 else RECENT
    recent = visible_to(actor, listed_items()).order_by("-archived_at", "-pk")[:number]
    communities = visible_to(actor, Community.objects.filter(parent=None))
    context = {"communities": nodes(communities, item_counts(actor)), "recent": lines(actor, recent)}
    return render(request, "ui/home.html", context)
