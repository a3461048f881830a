"""Who asks: the actor of a request, and the objects it may see."""

from typing import cast
from uuid import UUID

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from identifiers import resolution
from repository import authorize
from repository.authorize import Actor
from repository.constants import ObjectType
from repository.models import Collection, Community, Item
from repository.services import tombstones
from ui.views import errors

SCOPES: dict[int, type[Collection] | type[Community]] = {
    ObjectType.COLLECTION: Collection,
    ObjectType.COMMUNITY: Community,
}


def actor_of(request: HttpRequest) -> Actor:
    """Return who asks; the person's groups are read once per request."""
    if not hasattr(request, "_actor"):
        request._actor = authorize.actor_for(request.user)  # type: ignore[attr-defined]  # our own cache
    return cast(Actor, request._actor)  # type: ignore[attr-defined]


def tombstone_or_404(request: HttpRequest, kind: type[Community | Collection | Item], object_id: UUID) -> HttpResponse:
    """Answer for an object that the reader does not get: it is gone (410), or as if it had never been (Http404)."""
    if tombstones.is_shown(actor_of(request), kind, object_id, now=timezone.now()):
        return errors.gone(request)
    raise Http404


def checked(text: str) -> str:
    """Return a path part that can stand in a database query; Http404 for one that no object can have."""
    if "\0" in text or len(text) > 1024:
        raise Http404
    return text


def scope_of(actor: Actor, text: str) -> Collection | Community | None:
    """Return the community or collection that `text` (a handle, or a UUID) names; None for an empty text.

    Raises Http404 when there is none that the actor may see, BadRequest when it is neither.
    """
    if not text:
        return None
    if "/" in text:
        row = resolution.row_of(checked(text))
        if row is None or row.object_type not in SCOPES:
            raise Http404
        return _scope(actor, row.object_id, SCOPES[row.object_type])
    try:
        object_id = UUID(text)
    except ValueError:
        raise BadRequest(_("There is no community or collection with such an address.")) from None
    return _scope(actor, object_id, Collection, Community)


def _scope(actor: Actor, object_id: UUID, *models: type[Collection] | type[Community]) -> Collection | Community:
    for model in models:
        found = authorize.visible_to(actor, model.objects.filter(pk=object_id)).first()
        if isinstance(found, Collection | Community):
            return found
    raise Http404
