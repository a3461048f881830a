"""Editing the metadata of any object: lock the row, apply a patch, never write a whole document back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db import connection, transaction

from repository import authorize, changes, querysets
from repository.authorize import Actor
from repository.constants import Action
from repository.metadata import Document, Metadata, Value, document
from repository.models import Bitstream, Bundle, Collection, Community, Item
from repository.models.base import DSpaceObject
from repository.services import registries

O = TypeVar("O", bound=DSpaceObject)  # noqa: E741  # "object" in one letter, as T is "type"

_APPEND = """
UPDATE repository_item i SET version = version + 1, last_modified = %(now)s, metadata = jsonb_set(
    metadata, ARRAY[%(field)s],
    coalesce(metadata->%(field)s, '[]'::jsonb) || jsonb_build_array(jsonb_build_object('value', new.value))
)
FROM unnest(%(ids)s::uuid[], %(values)s::text[]) AS new (id, value) WHERE i.id = new.id
"""


class EditConflict(Exception):
    """Somebody else edited the object since the form was made; nothing was written."""


class Gone(LookupError):
    """The object was deleted meanwhile."""


@dataclass(frozen=True)
class Patch:
    """A change of metadata: first `replace` whole fields (an empty list removes one), then `remove`, then `add`."""

    replace: Mapping[str, list[Value]] = field(default_factory=dict)
    remove: Iterable[tuple[str, Value]] = ()
    add: Iterable[tuple[str, Value]] = ()

    def fields(self) -> set[str]:
        """Return the names of the fields that the patch may write."""
        return {name for name, values in self.replace.items() if values} | {name for name, _ in self.add}

    def applied_to(self, metadata: Document) -> Document:
        """Return the document after the patch; the given one is not changed."""
        current = {name: Metadata(metadata).get(name) for name in metadata}
        current.update({name: list(values) for name, values in self.replace.items()})
        for name, value in self.remove:
            if value in current.get(name, []):
                current[name].remove(value)
        for name, value in self.add:
            current.setdefault(name, []).append(value)
        return document((name, value) for name, values in current.items() for value in values)


def locked(obj: O) -> O:
    """Return the object as it is in the database now, locked until the transaction ends. Raises Gone."""
    fresh = type(obj)._default_manager.select_for_update().filter(pk=obj.pk).first()
    if fresh is None:
        raise Gone(f"{type(obj).__name__.lower()} {obj.pk} was deleted")
    return fresh


def save(obj: DSpaceObject, *fields: str, now: datetime) -> None:
    """Write these fields of a locked object, count its version up and stamp it."""
    obj.version += 1
    obj.last_modified = now
    obj.save(update_fields=[*fields, "version", "last_modified"])


@transaction.atomic
def edit_metadata(*, acting_user: Actor, obj: O, patch: Patch, now: datetime, version: int | None = None) -> O:
    """Apply a patch to an object's metadata and return the object as it is then.

    `version` is the one a form was made from: EditConflict when it is no longer that. Raises NotAuthorized,
    registries.UnknownField, Gone.
    """
    authorize.require(acting_user, Action.WRITE, obj, now=now)
    registries.require_fields(patch.fields())
    fresh = locked(obj)
    if version is not None and fresh.version != version:
        raise EditConflict("somebody else has changed this since the form was opened")
    fresh.metadata = patch.applied_to(fresh.metadata)
    save(fresh, "metadata", now=now)
    tell(fresh, now=now)
    return fresh


@transaction.atomic
def add_to_items(*, acting_user: Actor, field: str, values: Mapping[UUID, str], now: datetime) -> None:
    """Append to `field` of each of these items, in few statements, a value; one that is gone is passed over.

    Raises NotAuthorized (administrators of the site only), registries.UnknownField.
    """
    authorize.require_site_admin(acting_user)
    registries.require_fields([field])
    with connection.cursor() as cursor:
        cursor.execute(_APPEND, {"field": field, "now": now, "ids": list(values), "values": list(values.values())})
    changes.mark(values, now=now, priority=changes.BULK)


def tell(obj: DSpaceObject, *, now: datetime, due: datetime | None = None) -> None:
    """Mark the items that a change of this object may show in; `due` later than now is for a date to come."""
    if isinstance(obj, Item):
        changes.mark([obj.pk], now=now, due=due)
    elif isinstance(obj, Bundle):
        changes.mark([obj.item_id], now=now, due=due)
    elif isinstance(obj, Bitstream) and obj.bundle is not None:
        changes.mark([obj.bundle.item_id], now=now, due=due)
    elif isinstance(obj, Collection):
        changes.mark_items_of([obj.pk], now=now, due=due)
    elif isinstance(obj, Community):
        changes.mark_items_of(querysets.collections_below(obj.pk).values_list("pk", flat=True), now=now, due=due)
