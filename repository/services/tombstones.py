"""Tombstones: who may be told that something was here.

The page of a withdrawn or deleted object says that it is gone, and so that it was. Strangers are told of what everybody
could see at some time; of the rest they learn as little as before: the 404 page, as if it had never been. Whoever ends
what everybody sees (withdraws, deletes, takes policies away) calls `note` first. What is public until then needs no
note: none is written when an object is made, nor on the day on which an embargo ends.
"""

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from common.dates import utc_day
from identifiers import services as identifiers
from repository import authorize
from repository.authorize import Actor
from repository.constants import ANONYMOUS_GROUP, Action
from repository.models import Collection, Community, Item, ResourcePolicy
from repository.models.base import DSpaceObject


def note(obj: DSpaceObject, *, now: datetime) -> None:
    """Remember of an object whether everybody could see it until now; only what has a handle has a tombstone.

    A policy whose last day has passed counts too, for nobody came by on that day; that of an item only if the item was
    archived by then.
    """
    if not isinstance(obj, Community | Collection | Item):
        return
    begun = Q(start_date__isnull=True) | Q(start_date__lte=utc_day(now))
    policies = ResourcePolicy.objects.filter(
        begun, action=Action.READ, group=ANONYMOUS_GROUP, **{type(obj).__name__.lower(): obj.pk}
    )
    if isinstance(obj, Item):
        if not obj.in_archive or obj.archived_at is None:
            return
        policies = policies.filter(Q(end_date__isnull=True) | Q(end_date__gte=utc_day(obj.archived_at)))
    if policies.exists():
        identifiers.note_public(obj.pk)


def is_shown(actor: Actor, kind: type[Community | Collection | Item], object_id: UUID, *, now: datetime) -> bool:
    """Return whether an actor who may not read this object gets its tombstone.

    That is so if the object was deleted or withdrawn, and was public. Administrators of the site get that of any
    deleted object; of a withdrawn one also who would read it were it archived.
    """
    was_public = identifiers.was_public(object_id, kind.type)
    found = kind._default_manager.filter(pk=object_id).first()
    if found is None:
        return bool(was_public) or (actor.is_admin and was_public is not None)
    if not isinstance(found, Item) or not found.withdrawn:
        return False
    return bool(was_public) or _has_read_it(actor, found, now)


def _has_read_it(actor: Actor, item: Item, now: datetime) -> bool:
    """Return whether a policy for this person, or a group, opens a withdrawn item.

    One for everybody does not: an embargo that ends meanwhile opens nothing.
    """
    policies = ResourcePolicy.objects.filter(authorize.granted_to(actor, utc_day(now)), action=Action.READ, item=item)
    return policies.exclude(group=ANONYMOUS_GROUP).exists()
