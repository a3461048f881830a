"""`/handle/{prefix}/{suffix}`: the page of whatever the handle names."""

from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.views.decorators.http import require_safe

from identifiers import resolution
from repository.constants import ObjectType
from ui.access import checked
from ui.views.items import item_page
from ui.views.places import collection_page, community_page


@require_safe
def by_handle(request: HttpRequest, prefix: str, suffix: str) -> HttpResponse:
    """Show what the handle names, its tombstone (410), or the 404 page; a handle of before leads to that of today."""
    handle = checked(f"{prefix}/{suffix.rstrip('/')}")
    row = resolution.row_of(handle)
    if row is None:
        raise Http404
    if row.object_type == ObjectType.SITE:
        return HttpResponseRedirect("/")
    pages = {ObjectType.ITEM: item_page, ObjectType.COLLECTION: collection_page, ObjectType.COMMUNITY: community_page}
    page = pages[ObjectType(row.object_type)](request, row.object_id, row.handle)
    # Only now: a redirect to what is hidden would tell that it exists.
    return page if row.handle == handle else HttpResponsePermanentRedirect(_with_query(request, row.handle))


def _with_query(request: HttpRequest, handle: str) -> str:
    query = request.META.get("QUERY_STRING", "")
    return f"/handle/{quote(handle)}?{query}" if query else f"/handle/{quote(handle)}"
