"""Collections: create, move, delete, and the template of new items."""

from datetime import datetime

from django.db import transaction

from identifiers import services as identifiers
from repository import authorize, changes
from repository.authorize import Actor
from repository.constants import ANONYMOUS_GROUP, Action, ObjectType
from repository.metadata import Document
from repository.models import Collection, Community, Item, ItemCollection, ResourcePolicy
from repository.services import communities, editing, items, policies, registries, roles, tombstones
from repository.services.logos import discard_logo

_OPEN_TO_ALL = [
    policies.PolicySpec(action, group_id=ANONYMOUS_GROUP)
    for action in (Action.READ, Action.DEFAULT_ITEM_READ, Action.DEFAULT_BITSTREAM_READ)
]


@transaction.atomic
def create_collection(
    *, acting_user: Actor, community: Community, metadata: Document, now: datetime, handle: str | None = None
) -> Collection:
    """Create a collection whose new items everybody may read until its policies say otherwise.

    `handle` is one it brings along, else one is minted. Raises NotAuthorized, NameMissing, UnknownField, HandleTaken.
    """
    authorize.require(acting_user, Action.ADD, community, now=now)
    communities.require_name(metadata)
    registries.require_fields(metadata)
    collection = Collection.objects.create(community=community, metadata=metadata, last_modified=now)
    ResourcePolicy.objects.bulk_create(policies.rows(collection, _OPEN_TO_ALL))
    if handle:
        identifiers.bind(handle, collection.pk, ObjectType.COLLECTION)
    else:
        identifiers.mint(collection.pk, ObjectType.COLLECTION)
    return collection


@transaction.atomic
def move_collection(*, acting_user: Actor, collection: Collection, community: Community, now: datetime) -> Collection:
    """Put a collection into another community. Raises NotAuthorized."""
    authorize.require(acting_user, Action.REMOVE, collection.community, now=now)
    authorize.require(acting_user, Action.ADD, community, now=now)
    fresh = editing.locked(collection)
    fresh.community = community
    editing.save(fresh, "community", now=now)
    changes.mark_items_of([fresh.pk], now=now)
    return fresh


@transaction.atomic
def set_template(*, acting_user: Actor, collection: Collection, metadata: Document, now: datetime) -> Collection:
    """Let new items of the collection begin with this metadata. Raises NotAuthorized, UnknownField."""
    authorize.require(acting_user, Action.WRITE, collection, now=now)
    registries.require_fields(metadata)
    fresh = editing.locked(collection)
    fresh.template_metadata = metadata
    editing.save(fresh, "template_metadata", now=now)
    return fresh


@transaction.atomic
def delete_collection(*, acting_user: Actor, collection: Collection, now: datetime) -> None:
    """Delete a collection and the items it owns; items that are only mapped to it stay. Raises NotAuthorized."""
    authorize.require(acting_user, Action.REMOVE, collection.community, now=now)
    remove_collection(editing.locked(collection), now=now)


def remove_collection(collection: Collection, *, now: datetime) -> None:
    """Delete a collection that the caller may delete."""
    tombstones.note(collection, now=now)
    for item in Item.objects.filter(owning_collection=collection).iterator(chunk_size=500):
        items.remove_item(item, now=now)
    mapped = ItemCollection.objects.filter(collection=collection)
    changes.mark(mapped.values_list("item_id", flat=True), now=now, priority=changes.BULK)
    mapped.delete()
    discard_logo(collection)
    roles.discard_groups(collection)
    collection.delete()
