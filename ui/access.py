"""Who asks: the actor of a request, and the objects it may see."""

from typing import TypeVar, cast
from uuid import UUID

from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from identifiers import services as handles
from repository import authorize
from repository.authorize import Actor
from repository.constants import ObjectType
from repository.models import Collection, Community
from repository.models.base import DSpaceObject

M = TypeVar("M", bound=DSpaceObject)

SCOPES: dict[int, type[Collection] | type[Community]] = {
    ObjectType.COLLECTION: Collection,
    ObjectType.COMMUNITY: Community,
}


def actor_of(request: HttpRequest) -> Actor:
    """Return who asks; the person's groups are read once per request."""
    if not hasattr(request, "_actor"):
        request._actor = authorize.actor_for(request.user)  # type: ignore[attr-defined]  # our own cache
    return cast(Actor, request._actor)  # type: ignore[attr-defined]


def visible_or_404(actor: Actor, queryset: "QuerySet[M]") -> M:
    """Return the only object of `queryset`; Http404 says the same of a hidden one as of one that never was."""
    found = authorize.visible_to(actor, queryset).first()
    if found is None:
        raise Http404
    return found


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
        row = handles.lookup(checked(text))
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
