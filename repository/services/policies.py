"""Resource policies: adding, removing, replacing, and what an object inherits."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction

from repository import authorize, changes
from repository.authorize import Actor
from repository.constants import ANONYMOUS_GROUP, Action
from repository.models import Item, ResourcePolicy
from repository.models.base import DSpaceObject
from repository.models.policies import TYPE_INHERITED
from repository.services import editing, tombstones


@dataclass(frozen=True)
class PolicySpec:
    """A policy not yet bound to an object: one eperson or one group, an action, dates both inclusive (UTC days)."""

    action: Action
    group_id: UUID | None = None
    eperson_id: UUID | None = None
    start_date: date | None = None
    end_date: date | None = None
    name: str = ""
    policy_type: str = ""
    description: str = ""

    @property
    def period(self) -> "Period":
        """The days on which the policy counts."""
        return self.start_date, self.end_date


Period = tuple[date | None, date | None]

ANONYMOUS_READ = PolicySpec(Action.READ, group_id=ANONYMOUS_GROUP)


def rows(obj: DSpaceObject, specs: Iterable[PolicySpec]) -> list[ResourcePolicy]:
    """Return unsaved policies of `obj`."""
    return [
        ResourcePolicy(
            **{f"{type(obj).__name__.lower()}_id": obj.pk},
            action=s.action,
            group_id=s.group_id,
            eperson_id=s.eperson_id,
            start_date=s.start_date,
            end_date=s.end_date,
            name=s.name,
            policy_type=s.policy_type,
            description=s.description,
        )
        for s in specs
    ]


def specs_of(obj: DSpaceObject, *actions: Action) -> list[PolicySpec]:
    """Return the policies of an object for these actions (all when none is named)."""
    found = ResourcePolicy.objects.filter(**{type(obj).__name__.lower(): obj.pk}).order_by("id")
    if actions:
        found = found.filter(action__in=actions)
    return [
        PolicySpec(
            Action(p.action), p.group_id, p.eperson_id, p.start_date, p.end_date, p.name, p.policy_type, p.description
        )
        for p in found
    ]


_DEFAULTS = """
SELECT action, group_id, eperson_id, start_date, end_date, name, description FROM repository_resourcepolicy
WHERE collection_id = %s AND action IN (%s, %s)
"""


class Defaults(NamedTuple):
    """The policies that a collection gives to its new items, and to their bundles and bitstreams."""

    of_items: list[PolicySpec]
    of_files: list[PolicySpec]


def defaults(collection_id: UUID) -> Defaults:
    """Return what a collection gives now: READ, as its policies DEFAULT_ITEM_READ and DEFAULT_BITSTREAM_READ say."""
    given: dict[int, list[PolicySpec]] = {Action.DEFAULT_ITEM_READ: [], Action.DEFAULT_BITSTREAM_READ: []}
    with connection.cursor() as cursor:
        cursor.execute(_DEFAULTS, [collection_id, *map(int, given)])
        for action, group_id, eperson_id, start, end, name, description in cursor.fetchall():
            spec = PolicySpec(Action.READ, group_id, eperson_id, start, end, name, TYPE_INHERITED, description)
            given[action].append(spec)
    return Defaults(*given.values())


def inherited(*, heirs: Iterable[DSpaceObject], given: Defaults) -> list[ResourcePolicy]:
    """Return, unsaved, what new items, bundles and bitstreams inherit."""
    return [row for heir in heirs for row in rows(heir, given.of_items if isinstance(heir, Item) else given.of_files)]


def periods_of(policies: Iterable[ResourcePolicy]) -> list[Period]:
    """Return the days on which policies count, for `mark_dates`."""
    return [(policy.start_date, policy.end_date) for policy in policies]


@transaction.atomic
def add_policy(*, acting_user: Actor, obj: DSpaceObject, spec: PolicySpec, now: datetime) -> ResourcePolicy:
    """Give somebody a right. Raises NotAuthorized."""
    authorize.require(acting_user, Action.ADMIN, obj, now=now)
    editing.locked(obj)
    [policy] = rows(obj, [spec])
    policy.save()
    _tell(obj, [spec], now)
    return policy


@transaction.atomic
def remove_policy(*, acting_user: Actor, policy: ResourcePolicy, now: datetime) -> None:
    """Take a right away. Raises NotAuthorized."""
    obj = object_of(policy)
    authorize.require(acting_user, Action.ADMIN, obj, now=now)
    tombstones.note(editing.locked(obj), now=now)
    policy.delete()
    _tell(obj, [], now)


@transaction.atomic
def replace_policies(
    *, acting_user: Actor, obj: DSpaceObject, action: Action, specs: Iterable[PolicySpec], now: datetime
) -> None:
    """Let exactly `specs` be the object's policies for `action`. Raises NotAuthorized."""
    authorize.require(acting_user, Action.ADMIN, obj, now=now)
    tombstones.note(editing.locked(obj), now=now)
    wanted = [replace(s, action=action) for s in specs]
    ResourcePolicy.objects.filter(**{type(obj).__name__.lower(): obj.pk}, action=action).delete()
    ResourcePolicy.objects.bulk_create(rows(obj, wanted))
    _tell(obj, wanted, now)


def object_of(policy: ResourcePolicy) -> DSpaceObject:
    """Return the object that a policy is about."""
    obj = policy.community or policy.collection or policy.item or policy.bundle or policy.bitstream
    assert obj is not None  # policy_one_object
    return obj


def mark_dates(item_id: UUID, periods: Iterable[Period], *, now: datetime) -> None:
    """Mark an item for the moments at which policies of it, or of its files, begin or end to count."""
    for moment in moments(periods, now):
        changes.mark([item_id], now=now, due=moment)


def moments(periods: Iterable[Period], now: datetime) -> list[datetime]:
    """Return the moments still to come at which a policy of these periods begins or ends to count."""
    dates = list(periods)
    found = {_midnight(start) for start, _ in dates if start}
    found |= {_midnight(end + timedelta(days=1)) for _, end in dates if end}
    return sorted(moment for moment in found if moment > now)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _tell(obj: DSpaceObject, specs: Iterable[PolicySpec], now: datetime) -> None:
    editing.tell(obj, now=now)
    for moment in moments([s.period for s in specs], now):
        editing.tell(obj, now=now, due=moment)
