"""Files of items: add, describe, reorder, delete, and the cleaning up of what is left in the stores."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.files.storage import Storage
from django.db import transaction

from repository import authorize, bitstore, changes
from repository.authorize import Actor
from repository.constants import Action
from repository.models import Bitstream, Bundle, Item, ResourcePolicy
from repository.models.base import DSpaceObject
from repository.services import editing, install, items, policies

SPARED = timedelta(hours=24)  # a younger file may belong to a transaction that has not committed yet


class NotInBundle(ValueError):
    """The bitstreams named are not those of the bundle."""


@transaction.atomic
def add_bitstream(*, acting_user: Actor, item: Item, new: install.NewFile, now: datetime) -> Bitstream:
    """Add a stored file to an item, in the bundle it names. Raises NotAuthorized.

    In an archived item it gets the READ policies that the owning collection gives, unless it brings its own.
    """
    authorize.require(acting_user, Action.ADD, item, now=now)
    fresh = editing.locked(item)
    bundle, created = Bundle.objects.get_or_create(item=fresh, bundle_name=new.bundle, defaults={"last_modified": now})
    fresh.files_numbered += 1  # and never down again: the number is part of a file's stable address
    bitstream = install.bitstream_of(new, bundle, fresh.files_numbered, now)
    bitstream.save(force_insert=True)
    heirs: list[DSpaceObject] = [bundle] if created else []
    if new.policies is None:
        heirs.append(bitstream)
    given = policies.rows(bitstream, new.policies or ())
    if fresh.owning_collection and (fresh.in_archive or fresh.withdrawn):  # one in progress inherits when archived
        given += policies.inherited(heirs=heirs, given=policies.defaults(fresh.owning_collection.pk))
    ResourcePolicy.objects.bulk_create(given)
    if new.primary:
        bundle.primary_bitstream = bitstream
        bundle.save(update_fields=["primary_bitstream"])
    editing.save(fresh, "files_numbered", now=now)
    changes.mark([fresh.pk], now=now)
    policies.mark_dates(fresh.pk, policies.periods_of(given), now=now)
    return bitstream


@transaction.atomic
def set_primary(*, acting_user: Actor, bundle: Bundle, bitstream: Bitstream | None, now: datetime) -> None:
    """Name the file of a bundle that stands for it, or none. Raises NotAuthorized, NotInBundle."""
    authorize.require(acting_user, Action.WRITE, bundle.item, now=now)
    if bitstream is not None and bitstream.bundle_id != bundle.pk:
        raise NotInBundle("the file is not in this bundle")
    fresh = editing.locked(bundle)
    fresh.primary_bitstream = bitstream
    editing.save(fresh, "primary_bitstream", now=now)
    editing.tell(fresh, now=now)


@transaction.atomic
def reorder(*, acting_user: Actor, bundle: Bundle, order: Sequence[UUID], now: datetime) -> None:
    """Put the files of a bundle in this order. Raises NotAuthorized, NotInBundle."""
    authorize.require(acting_user, Action.WRITE, bundle.item, now=now)
    fresh = editing.locked(bundle)
    found = {b.pk: b for b in Bitstream.objects.filter(bundle=fresh)}
    if sorted(found) != sorted(order):
        raise NotInBundle("the order must name each file of the bundle once")
    for position, pk in enumerate(order, start=1):
        found[pk].position = position
    Bitstream.objects.bulk_update(found.values(), ["position"])
    editing.save(fresh, now=now)
    editing.tell(fresh, now=now)


@transaction.atomic
def delete_bitstream(*, acting_user: Actor, bitstream: Bitstream, now: datetime) -> None:
    """Take a file out of its item; `cleanup` removes it from its store. Raises NotAuthorized."""
    authorize.require(acting_user, Action.DELETE, bitstream, now=now)
    fresh = editing.locked(bitstream)
    editing.tell(fresh, now=now)
    items.discard_files([fresh.pk])


def cleanup(*, acting_user: Actor, now: datetime, leave: bool = False) -> Iterator[str]:
    """Remove deleted bitstreams, and files of the stores that no row names; yield a line for each.

    Rows go first and in a transaction of their own: a crash leaves a file for the next run. With `leave`, files
    stay. Files younger than 24 hours are spared. Registered files are never removed. Raises NotAuthorized.
    """
    authorize.require_site_admin(acting_user)
    yield from _remove_deleted(leave)
    if not leave:
        for number in store_numbers():
            yield from _remove_orphans(number, now)


def store_numbers() -> list[int]:
    """Return the numbers of the configured stores."""
    names = [a.removeprefix("assetstore") for a in settings.STORAGES if a.startswith("assetstore")]
    return sorted(int(n) for n in names if n.isdigit())


def _remove_deleted(leave: bool) -> Iterator[str]:
    while batch := list(Bitstream.objects.filter(deleted=True)[:500]):
        Bitstream.objects.filter(pk__in=[b.pk for b in batch], deleted=True).delete()
        for row in batch:
            yield f"deleted bitstream {row.pk}"
            if not leave and not row.internal_id.startswith(bitstore.REGISTERED):
                bitstore.storage_of(row.store_number).delete(bitstore.name_in_store(row.internal_id))


def _remove_orphans(number: int, now: datetime) -> Iterator[str]:
    storage = bitstore.storage_of(number)
    for folder in _folders(storage):
        names = storage.listdir(folder)[1]
        held = Bitstream.objects.filter(store_number=number, internal_id__in=names)
        known = set(held.values_list("internal_id", flat=True))
        for name in sorted(set(names) - known):
            if now - storage.get_modified_time(f"{folder}/{name}") > SPARED:
                storage.delete(f"{folder}/{name}")
                yield f"deleted orphan {folder}/{name} of assetstore {number}"


def _folders(storage: Storage) -> Iterator[str]:
    """Yield the folders three levels down that are ours: two digits each. Registered files lie elsewhere."""
    if not storage.exists(""):
        return
    for first in _two_digits(storage, ""):
        for second in _two_digits(storage, first):
            yield from _two_digits(storage, second)


def _two_digits(storage: Storage, folder: str) -> list[str]:
    names = [n for n in storage.listdir(folder)[0] if len(n) == 2 and n.isdigit()]
    return [f"{folder}/{n}" if folder else n for n in sorted(names)]
