"""Items after they exist: withdraw, reinstate, make private, move, map, expunge. `install` brings them in."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from common.dates import utc_stamp
from repository import authorize, changes
from repository.authorize import Actor
from repository.constants import Action
from repository.metadata import Value
from repository.models import Bitstream, Collection, EPerson, Item, ItemCollection, ResourcePolicy
from repository.services import editing, tombstones

PROVENANCE = "dc.description.provenance"


class WrongState(ValueError):
    """The item is not in the state that this step starts from."""


@transaction.atomic
def withdraw(*, acting_user: Actor, item: Item, now: datetime) -> Item:
    """Take an archived item out of the archive; its page becomes a tombstone. Raises NotAuthorized, WrongState."""
    authorize.require(acting_user, Action.ADMIN, item, now=now)
    fresh = editing.locked(item)
    if not fresh.in_archive:
        raise WrongState("only an archived item can be withdrawn")
    tombstones.note(fresh, now=now)
    fresh.in_archive, fresh.withdrawn = False, True
    return _changed(fresh, "in_archive", "withdrawn", now=now, note=_note("Item withdrawn by", acting_user, now))


@transaction.atomic
def reinstate(*, acting_user: Actor, item: Item, now: datetime) -> Item:
    """Put a withdrawn item back into the archive. Raises NotAuthorized, WrongState."""
    authorize.require(acting_user, Action.ADMIN, item, now=now)
    fresh = editing.locked(item)
    if not fresh.withdrawn:
        raise WrongState("only a withdrawn item can be reinstated")
    fresh.in_archive, fresh.withdrawn = True, False
    return _changed(fresh, "in_archive", "withdrawn", now=now, note=_note("Item reinstated by", acting_user, now))


@transaction.atomic
def set_discoverable(*, acting_user: Actor, item: Item, discoverable: bool, now: datetime) -> Item:
    """Make an item private (out of search, browse and harvest, reachable by its address) or listed again."""
    authorize.require(acting_user, Action.ADMIN, item, now=now)
    fresh = editing.locked(item)
    fresh.discoverable = discoverable
    return _changed(fresh, "discoverable", now=now)


@transaction.atomic
def move_item(*, acting_user: Actor, item: Item, collection: Collection, now: datetime) -> Item:
    """Let another collection own the item; it leaves the one before. Its policies stay as they are.

    Raises NotAuthorized.
    """
    authorize.require(acting_user, Action.ADMIN, item, now=now)
    authorize.require(acting_user, Action.ADD, collection, now=now)
    fresh = editing.locked(item)
    ItemCollection.objects.get_or_create(item=fresh, collection=collection)
    if fresh.owning_collection_id not in (None, collection.pk):
        ItemCollection.objects.filter(item=fresh, collection_id=fresh.owning_collection_id).delete()
    fresh.owning_collection = collection
    return _changed(fresh, "owning_collection", now=now)


@transaction.atomic
def map_item(*, acting_user: Actor, item: Item, collection: Collection, now: datetime) -> Item:
    """Show the item in one more collection. Raises NotAuthorized."""
    authorize.require(acting_user, Action.READ, item, now=now)
    authorize.require(acting_user, Action.ADD, collection, now=now)
    fresh = editing.locked(item)
    ItemCollection.objects.get_or_create(item=fresh, collection=collection)
    return _changed(fresh, now=now)


@transaction.atomic
def unmap_item(*, acting_user: Actor, item: Item, collection: Collection, now: datetime) -> Item:
    """Take the item out of a collection it is mapped to. Raises NotAuthorized, WrongState for its owning one."""
    authorize.require(acting_user, Action.REMOVE, collection, now=now)
    fresh = editing.locked(item)
    if fresh.owning_collection_id == collection.pk:
        raise WrongState("an item cannot leave the collection that owns it; move it instead")
    ItemCollection.objects.filter(item=fresh, collection=collection).delete()
    return _changed(fresh, now=now)


@transaction.atomic
def expunge(*, acting_user: Actor, item: Item, now: datetime) -> None:
    """Delete an item for good. Its handle stays, with a tombstone if it was public; its files go with `cleanup`."""
    authorize.require(acting_user, Action.DELETE, item, now=now)
    remove_item(editing.locked(item), now=now)


def remove_item(item: Item, *, now: datetime) -> None:
    """Delete an item that the caller may delete."""
    tombstones.note(item, now=now)
    discard_files(Bitstream.objects.filter(bundle__item=item).values_list("pk", flat=True))
    item_id = item.pk
    item.delete()
    changes.mark([item_id], now=now)


def discard_files(bitstream_ids: Iterable[UUID]) -> None:
    """Detach bitstreams from their bundles, leaving row and file to `cleanup`."""
    ids = list(bitstream_ids)
    ResourcePolicy.objects.filter(bitstream__in=ids).delete()
    Bitstream.objects.filter(pk__in=ids).update(bundle=None, sequence_id=None, deleted=True)


def add_provenance(item: Item, note: str) -> None:
    """Append a note to the item's provenance; the caller saves."""
    item.metadata = editing.Patch(add=[(PROVENANCE, Value(note, "en"))]).applied_to(item.metadata)


def who(actor: Actor) -> str:
    """Return name and e-mail of the actor for a provenance note."""
    person = EPerson.objects.filter(pk=actor.eperson_id).first() if actor.eperson_id else None
    return f"{person.full_name} ({person.email})" if person else "the system"


def _note(what: str, actor: Actor, now: datetime) -> str:
    return f"{what} {who(actor)} on {utc_stamp(now)}"


def _changed(item: Item, *fields: str, now: datetime, note: str = "") -> Item:
    if note:
        add_provenance(item, note)
        fields = (*fields, "metadata")
    editing.save(item, *fields, now=now)
    changes.mark([item.pk], now=now)
    return item
