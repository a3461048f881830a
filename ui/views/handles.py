"""`/handle/{prefix}/{suffix}`: the page of whatever the handle names."""

from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.views.decorators.http import require_safe

from identifiers import resolution
from identifiers import services as handles
from identifiers.models import Handle
from repository.authorize import visible_to
from repository.constants import ObjectType
from repository.models import Collection, Community
from ui.access import actor_of, checked
from ui.views import errors
from ui.views.items import item_page
from ui.views.places import collection_page, community_page


@require_safe
def by_handle(request: HttpRequest, prefix: str, suffix: str) -> HttpResponse:
    """Show what the handle names; 410 when that was deleted, 404 for an unknown handle and for what is hidden."""
    handle = checked(f"{prefix}/{suffix.rstrip('/')}")
    row = handles.lookup(handle)
    if row is None:
        return _elsewhere(handle)
    match row.object_type:
        case ObjectType.ITEM:
            return item_page(request, row.object_id, row.handle)
        case ObjectType.COLLECTION:
            return _collection(request, row)
        case ObjectType.COMMUNITY:
            return _community(request, row)
        case ObjectType.SITE:
            return HttpResponseRedirect("/")
        case _:
            raise Http404


def _collection(request: HttpRequest, row: Handle) -> HttpResponse:
    found = Collection.objects.filter(pk=row.object_id)
    collection = visible_to(actor_of(request), found).select_related("logo").first()
    if collection:
        return collection_page(request, collection, row.handle)
    return _absent(request, exists=found.exists())


def _community(request: HttpRequest, row: Handle) -> HttpResponse:
    found = Community.objects.filter(pk=row.object_id)
    community = visible_to(actor_of(request), found).select_related("logo").first()
    if community:
        return community_page(request, community, row.handle)
    return _absent(request, exists=found.exists())


def _elsewhere(handle: str) -> HttpResponse:
    """Lead from a handle under a former prefix of ours, or in other letters, to the one that is shown."""
    shown = resolution.resolve([handle]).get(handle)
    if shown is None:
        raise Http404
    return HttpResponsePermanentRedirect(f"/handle/{quote(shown)}")


def _absent(request: HttpRequest, *, exists: bool) -> HttpResponse:
    """Answer for a handle whose object the reader does not get: hidden (404) or deleted (410)."""
    if exists:
        raise Http404
    return errors.gone(request)
