"""Communities: create, move, delete."""

from datetime import datetime

from django.db import transaction

from identifiers import services as identifiers
from repository import authorize, changes, querysets
from repository.authorize import Actor
from repository.constants import Action, ObjectType
from repository.metadata import Document, Metadata
from repository.models import Collection, Community, ResourcePolicy
from repository.services import collections, editing, policies, registries, roles, tombstones
from repository.services.logos import discard_logo


class NameMissing(ValueError):
    """A community or collection has no name (dc.title)."""


class WouldContainItself(ValueError):
    """A community cannot be moved into itself or below itself."""


def require_name(metadata: Document) -> None:
    """Raise NameMissing unless the metadata has a dc.title that is not blank."""
    if not (Metadata(metadata).first("dc.title") or "").strip():
        raise NameMissing("a name (dc.title) is required")


@transaction.atomic
def create_community(
    *, acting_user: Actor, metadata: Document, now: datetime, parent: Community | None = None, handle: str | None = None
) -> Community:
    """Create a community, at the top or below `parent`, readable by everybody.

    `handle` is one it brings along, else one is minted. Raises NotAuthorized, NameMissing, UnknownField, HandleTaken.
    """
    if parent is None:
        authorize.require_site_admin(acting_user)
    else:
        authorize.require(acting_user, Action.ADD, parent, now=now)
    require_name(metadata)
    registries.require_fields(metadata)
    community = Community.objects.create(parent=parent, metadata=metadata, last_modified=now)
    ResourcePolicy.objects.bulk_create(policies.rows(community, [policies.ANONYMOUS_READ]))
    if handle:
        identifiers.bind(handle, community.pk, ObjectType.COMMUNITY)
    else:
        identifiers.mint(community.pk, ObjectType.COMMUNITY)
    return community


@transaction.atomic
def move_community(*, acting_user: Actor, community: Community, parent: Community | None, now: datetime) -> Community:
    """Put a community below another, or at the top (site administrators). Raises NotAuthorized, WouldContainItself."""
    if parent is None or community.parent is None:
        authorize.require_site_admin(acting_user)
    else:
        authorize.require(acting_user, Action.REMOVE, community.parent, now=now)
        authorize.require(acting_user, Action.ADD, parent, now=now)
    if parent is not None and parent.pk in querysets.communities_below(community.pk):
        raise WouldContainItself("a community cannot be moved into itself")
    fresh = editing.locked(community)
    fresh.parent = parent
    editing.save(fresh, "parent", now=now)
    changes.mark_items_of(querysets.collections_below(fresh.pk).values_list("pk", flat=True), now=now)
    return fresh


@transaction.atomic
def delete_community(*, acting_user: Actor, community: Community, now: datetime) -> None:
    """Delete a community with all communities, collections and items in it; their handles stay, with tombstones."""
    if community.parent is None:
        authorize.require_site_admin(acting_user)
    else:
        authorize.require(acting_user, Action.REMOVE, community.parent, now=now)
    fresh = editing.locked(community)
    tombstones.note(fresh, now=now)
    for collection in Collection.objects.filter(community=fresh):
        collections.remove_collection(collection, now=now)
    for child in Community.objects.filter(parent=fresh):
        delete_community(acting_user=authorize.SYSTEM, community=child, now=now)
    discard_logo(fresh)
    roles.discard_groups(fresh)
    fresh.delete()
