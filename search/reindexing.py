"""Whole passes over the index: what `index-discovery` calls.

All of them only mark items and let the runner of changes work the marks off, so that a pass and the daily changes
never disagree, two passes share the work, and a pass that was killed is finished by the next run. Readers keep
finding the old entries until the new ones replace them.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from identifiers.services import lookup
from repository import changes
from repository.constants import ObjectType
from repository.models import Collection, Community, Item, Mark
from repository.querysets import collections_below, items_in, listed_items
from search.backend import get_backend

CONSUMER = "search"
_BATCH = 5000

Progress = Callable[[int], None]


class NoSuchObject(ValueError):
    """No community, collection or item has this handle or UUID."""


def outstanding(now: datetime) -> int:
    """Return how many marks wait to be worked off."""
    return Mark.objects.filter(consumer=CONSUMER, due__lte=now).count()


def failing() -> list[tuple[UUID, str]]:
    """Return (item id, error) of what could not be indexed and will be tried again."""
    failed = Mark.objects.filter(consumer=CONSUMER, attempts__gt=0).order_by("id")
    return list(failed.values_list("object_id", "error"))


def process(progress: Progress) -> int:
    """Work off what is marked and return the number of marks; `progress` hears the size of each batch."""
    with _collecting_rarely():
        return changes.run_all(CONSUMER, now=timezone.now, progress=progress)


@contextmanager
def _collecting_rarely() -> Iterator[None]:
    """Let Python look for cyclic garbage less often: a pass makes millions of objects, none of them in a cycle."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def mark_everything(now: datetime) -> None:
    """Let every item be looked at again."""
    changes.mark_all(CONSUMER, now=now)


def mark_differences(now: datetime) -> int:
    """Mark the items that are in the index and should not be, and the other way round; return how many they are."""
    count = 0
    for ids in differences():
        changes.mark(ids, now=now, priority=changes.BULK, only=CONSUMER)
        count += len(ids)
    return count


def differences() -> Iterator[set[UUID]]:
    """Yield, in batches, the ids of items that are either listed or in the index, but not both."""
    listed = listed_items().order_by("id").values_list("id", flat=True)
    for batch in get_backend().indexed_ids():
        wrong = set(batch) ^ set(listed.filter(id__lte=batch[-1]))
        listed = listed.filter(id__gt=batch[-1])
        if wrong:
            yield wrong
    while missing := set(listed[:_BATCH]):
        yield missing
        listed = listed.filter(id__gt=max(missing))


def mark_object(name: str, now: datetime) -> None:
    """Mark one item, or all items of a collection, or all below a community; `name` is a handle or a UUID.

    Raises NoSuchObject.
    """
    object_id, kind = find_object(name)
    if kind == ObjectType.ITEM:
        changes.mark([object_id], now=now, only=CONSUMER)
    else:
        changes.mark_items_of(_collections(object_id, kind), now=now, only=CONSUMER)


def remove_object(name: str) -> int:
    """Take one item, or all items of a container, out of the index until they are looked at again; return how many.

    Raises NoSuchObject.
    """
    object_id, kind = find_object(name)
    if kind == ObjectType.ITEM:
        return get_backend().remove([object_id])
    return get_backend().remove(items_in(_collections(object_id, kind)).values_list("id", flat=True))


def find_object(name: str) -> tuple[UUID, ObjectType]:
    """Return id and kind of what a handle or UUID names, also of an object that is gone but had a handle.

    Raises NoSuchObject.
    """
    handle = lookup(name)
    if handle and handle.object_type in (ObjectType.ITEM, ObjectType.COLLECTION, ObjectType.COMMUNITY):
        return handle.object_id, ObjectType(handle.object_type)
    try:
        object_id = UUID(name)
    except ValueError:
        raise NoSuchObject(f"{name} is neither the handle nor the UUID of an item, collection or community") from None
    for model in (Item, Collection, Community):
        if model._default_manager.filter(pk=object_id).exists():
            return object_id, model.type
    raise NoSuchObject(f"no item, collection or community has the UUID {name}")


def _collections(object_id: UUID, kind: ObjectType) -> list[UUID]:
    if kind == ObjectType.COLLECTION:
        return [object_id]
    return list(collections_below(object_id).values_list("id", flat=True))
