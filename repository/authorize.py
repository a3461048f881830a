"""Who may do what: the one place that answers. `visible_to` and `can` are two forms of the same rules.

The rules, as in DSpace 6 except where it leaks:
- A policy counts for a person, or for a group the person is in (also through other groups), on the days from its
  start to its end, both inclusive, in UTC.
- Administrators of the site may do everything. ADMIN on a community holds for all below it, ADMIN on a collection
  for the items it owns, ADMIN on an item for its bundles and bitstreams.
- An archived item is read by READ on it. A withdrawn item is read by its administrators only.
- An item in progress belongs to its submitter, and to the administrators of its collection.
- A bitstream is read by READ on it *and* on its item: an embargo on an item holds for its files.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from common.dates import utc_day
from repository.constants import ADMINISTRATOR_GROUP, ANONYMOUS_GROUP, Action
from repository.models import Bitstream, Bundle, Collection, Community, EPerson, Item, ResourcePolicy
from repository.models.base import DSpaceObject

M = TypeVar("M", bound=DSpaceObject)


class NotAuthorized(Exception):
    """The actor may not do this. The message names action and object for logs; doors never show it to strangers."""


@dataclass(frozen=True)
class Actor:
    """Somebody who acts: a person with all groups, an anonymous visitor, or the system itself."""

    eperson_id: UUID | None = None
    group_ids: frozenset[UUID] = frozenset({ANONYMOUS_GROUP})
    is_admin: bool = False
    _scopes: dict[date, tuple[frozenset[UUID], frozenset[UUID]]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def administers(self, on: date) -> tuple[frozenset[UUID], frozenset[UUID]]:
        """Return the ids of the communities and of the collections under this actor's ADMIN policies on that day."""
        if self.eperson_id is None:
            return frozenset(), frozenset()  # the database refuses ADMIN for Anonymous
        if on not in self._scopes:
            self._scopes[on] = _administered(self, on)
        return self._scopes[on]


ANONYMOUS = Actor()
SYSTEM = Actor(is_admin=True)

_GROUPS = """
WITH RECURSIVE mine(id) AS (
    SELECT group_id FROM repository_groupmember WHERE eperson_id = %s
    UNION SELECT n.parent_id FROM repository_groupnesting n JOIN mine ON n.child_id = mine.id
) SELECT id FROM mine
"""

_ADMINISTERED = """
WITH RECURSIVE granted AS (
    SELECT community_id, collection_id FROM repository_resourcepolicy
    WHERE action = %(admin)s AND (eperson_id = %(eperson)s OR group_id = ANY(%(groups)s))
      AND (start_date IS NULL OR start_date <= %(on)s) AND (end_date IS NULL OR end_date >= %(on)s)
), below(id) AS (
    SELECT community_id FROM granted WHERE community_id IS NOT NULL
    UNION SELECT c.id FROM repository_community c JOIN below ON c.parent_id = below.id
)
SELECT id, TRUE FROM below
UNION ALL SELECT id, FALSE FROM repository_collection
WHERE community_id IN (SELECT id FROM below) OR id IN (SELECT collection_id FROM granted)
"""


def actor_for(eperson: Any, *, special_groups: Iterable[UUID] = ()) -> Actor:
    """Return the actor for a request's user: an EPerson, or anything that is not one for a visitor.

    `special_groups` are those an authentication method adds for a session (as DSpace's IP or LDAP groups).
    """
    if not isinstance(eperson, EPerson) or not eperson.can_log_in:
        return ANONYMOUS
    with connection.cursor() as cursor:
        cursor.execute(_GROUPS, [eperson.pk])
        groups = {UUID(str(row[0])) for row in cursor.fetchall()}
    groups |= {ANONYMOUS_GROUP, *special_groups}
    return Actor(eperson.pk, frozenset(groups), ADMINISTRATOR_GROUP in groups)


def _administered(actor: Actor, on: date) -> tuple[frozenset[UUID], frozenset[UUID]]:
    with connection.cursor() as cursor:
        cursor.execute(
            _ADMINISTERED,
            {"admin": Action.ADMIN, "eperson": actor.eperson_id, "groups": list(actor.group_ids), "on": on},
        )
        rows = cursor.fetchall()
    return frozenset(i for i, community in rows if community), frozenset(i for i, community in rows if not community)


def visible_to(actor: Actor, queryset: "QuerySet[M]", *, now: datetime | None = None) -> "QuerySet[M]":
    """Return those of `queryset` (communities, collections, items, bundles, bitstreams) that the actor may READ."""
    return permitted(actor, Action.READ, queryset, now=now)


def permitted(actor: Actor, action: Action, queryset: "QuerySet[M]", *, now: datetime | None = None) -> "QuerySet[M]":
    """Return those of `queryset` with which the actor may do `action`."""
    if actor.is_admin:
        return queryset
    on = utc_day(now or timezone.now())
    rule = _RULES[queryset.model]
    return queryset.filter(rule(actor, action, on))


def can(actor: Actor, action: Action, obj: DSpaceObject, *, now: datetime | None = None) -> bool:
    """Whether the actor may do `action` with this object; False too when the object is gone."""
    if actor.is_admin:
        return True
    if type(obj) not in _RULES:
        return False  # the site, groups, epeople: administrators only
    return permitted(actor, action, type(obj)._default_manager.filter(pk=obj.pk), now=now).exists()


def require(actor: Actor, action: Action, obj: DSpaceObject, *, now: datetime | None = None) -> None:
    """Raise NotAuthorized unless the actor may do `action` with this object."""
    if not can(actor, action, obj, now=now):
        raise NotAuthorized(f"{action.name} on {type(obj).__name__.lower()} {obj.pk} is not allowed")


def require_site_admin(actor: Actor) -> None:
    """Raise NotAuthorized unless the actor administers the site: people, groups, registries, top communities."""
    if not actor.is_admin:
        raise NotAuthorized("only administrators of the site may do this")


def anonymous_readers(on: date) -> Q:
    """Return the condition on policies that Anonymous may use them that day."""
    return granted_to(ANONYMOUS, on)


def granted_to(actor: Actor, on: date) -> Q:
    """Return the condition on policies that the actor may use them that day."""
    return _subject(actor) & in_force(on)


def in_force(day: date) -> Q:
    """Return the condition on policies that they count on that day (in UTC)."""
    started = Q(start_date__isnull=True) | Q(start_date__lte=day)
    return started & (Q(end_date__isnull=True) | Q(end_date__gte=day))


def _subject(actor: Actor) -> Q:
    subject = Q(group_id__in=actor.group_ids)
    return subject | Q(eperson_id=actor.eperson_id) if actor.eperson_id else subject


def _policy(actor: Actor, action: Action, column: str, on: date, *, outer: str = "pk") -> Exists:
    granted = ResourcePolicy.objects.filter(granted_to(actor, on), action=action, **{column: OuterRef(outer)})
    return Exists(granted)


def _community_rule(actor: Actor, action: Action, on: date) -> Q:
    return Q(_policy(actor, action, "community", on)) | Q(pk__in=actor.administers(on)[0])


def _collection_rule(actor: Actor, action: Action, on: date) -> Q:
    return Q(_policy(actor, action, "collection", on)) | Q(pk__in=actor.administers(on)[1])


def _manages_item(actor: Actor, on: date, path: str) -> Q:
    """Return the condition that the actor administers the item at `path`, or is the submitter of one in progress."""
    if actor.eperson_id is None:
        return Q(pk__in=[])
    in_progress = {f"{path}in_archive": False, f"{path}withdrawn": False, f"{path}submitter_id": actor.eperson_id}
    return (
        Q(**in_progress)
        | Q(**{f"{path}owning_collection_id__in": actor.administers(on)[1]})
        | Q(_policy(actor, Action.ADMIN, "item", on, outer=f"{path}pk"))
    )


def _item_rule(actor: Actor, action: Action, on: date) -> Q:
    granted = Q(_policy(actor, action, "item", on))
    if action == Action.READ:
        granted &= Q(in_archive=True)
    return granted | _manages_item(actor, on, "")


def _bundle_rule(actor: Actor, action: Action, on: date) -> Q:
    granted = Q(_policy(actor, action, "bundle", on))
    if action == Action.READ:
        granted &= Q(item__in_archive=True) & Q(_policy(actor, Action.READ, "item", on, outer="item_id"))
    return granted | _manages_item(actor, on, "item__")


def _bitstream_rule(actor: Actor, action: Action, on: date) -> Q:
    granted = Q(_policy(actor, action, "bitstream", on))
    if action == Action.READ:
        item_read = Q(_policy(actor, Action.READ, "item", on, outer="bundle__item_id"))
        granted &= Q(bundle__isnull=True) | (Q(bundle__item__in_archive=True) & item_read)
    return Q(deleted=False) & (granted | _manages_item(actor, on, "bundle__item__"))


_RULES = {
    Community: _community_rule,
    Collection: _collection_rule,
    Item: _item_rule,
    Bundle: _bundle_rule,
    Bitstream: _bitstream_rule,
}
