"""Pages of communities and collections."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from identifiers import services as handles
from repository.authorize import Actor, visible_to
from repository.models import Collection, Community, ItemCollection
from repository.querysets import collections_below, listed_items
from ui.access import actor_of, tombstone_or_404
from ui.counts import item_counts
from ui.files import download_url
from ui.places import Place, Step, nodes, place_url, trail_to, tree
from ui.records import lines

RECENT = 5


@require_safe
def community_list(request: HttpRequest) -> HttpResponse:
    """Show the tree of all communities and collections."""
    context = {"roots": tree(actor_of(request)), "section": "communities"}
    return render(request, "ui/community_list.html", context)


@require_safe
def community_by_id(request: HttpRequest, object_id: UUID) -> HttpResponse:
    """Show a community by its UUID."""
    return community_page(request, object_id, handles.handle_of(object_id))


@require_safe
def collection_by_id(request: HttpRequest, object_id: UUID) -> HttpResponse:
    """Show a collection by its UUID."""
    return collection_page(request, object_id, handles.handle_of(object_id))


def community_page(request: HttpRequest, community_id: UUID, handle: str | None) -> HttpResponse:
    """Show a community: its texts, what is in it, its latest items; or its tombstone, or the 404 page."""
    actor = actor_of(request)
    community = visible_to(actor, Community.objects.filter(pk=community_id)).select_related("logo").first()
    if community is None:
        return tombstone_or_404(request, Community, community_id)
    counts = item_counts(actor)
    below = list(collections_below(community.pk).values_list("pk", flat=True))
    context = _context(actor, community, handle, below) | {
        "count": counts.get(community.pk, 0),
        "communities": nodes(visible_to(actor, community.subcommunities.all()), counts),
        "collections": nodes(visible_to(actor, community.collections.all()), counts),
    }
    return render(request, "ui/community.html", context)


def collection_page(request: HttpRequest, collection_id: UUID, handle: str | None) -> HttpResponse:
    """Show a collection: its texts and its latest items; or its tombstone, or the 404 page."""
    actor = actor_of(request)
    collection = visible_to(actor, Collection.objects.filter(pk=collection_id)).select_related("logo").first()
    if collection is None:
        return tombstone_or_404(request, Collection, collection_id)
    context = _context(actor, collection, handle, [collection.pk])
    context["count"] = item_counts(actor).get(collection.pk, 0)
    return render(request, "ui/collection.html", context)


def _context(actor: Actor, place: Place, handle: str | None, collection_ids: list[UUID]) -> dict[str, object]:
    """Return what both kinds of pages show. The texts stand in the fields DSpace keeps them in (repository.models)."""
    members = ItemCollection.objects.filter(collection__in=collection_ids).values("item")
    recent = visible_to(actor, listed_items().filter(pk__in=members)).order_by("-archived_at", "-pk")[:RECENT]
    logo = place.logo if place.logo_id and place.logo and not place.logo.deleted else None
    return {
        "place": place,
        "scope": handle or str(place.pk),
        "handle": handle,
        "url": place_url(place, handle),
        "handle_url": handles.canonical_url(handle) if handle else "",
        "logo_url": download_url(logo) if logo else "",
        "short": place.md.first("dc.description.abstract") or "",
        "intro": place.md.first("dc.description") or "",
        "news": place.md.first("dc.description.tableofcontents") or "",
        "copyright": place.md.first("dc.rights") or "",
        "recent": lines(actor, recent),
        "trail": [*trail_to(actor, place)[:-1], Step(place.name)],
        "section": "communities",
    }
