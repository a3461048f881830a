"""Groups of people and groups. Only administrators of the site write them."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from repository import authorize, changes
from repository.authorize import Actor
from repository.constants import ADMINISTRATOR_GROUP, ANONYMOUS_GROUP
from repository.models import EPerson, Group, GroupMember, GroupNesting, Item
from repository.services import editing


class GroupRefused(ValueError):
    """The change would break a rule: a name taken, a permanent group, a cycle."""


@transaction.atomic
def create_group(*, acting_user: Actor, name: str, now: datetime) -> Group:
    """Create an empty group. Raises NotAuthorized, GroupRefused when the name is blank or taken."""
    authorize.require_site_admin(acting_user)
    _require_name(name)
    return Group.objects.create(group_name=name.strip(), last_modified=now)


@transaction.atomic
def rename_group(*, acting_user: Actor, group: Group, name: str, now: datetime) -> Group:
    """Rename a group. Raises NotAuthorized, GroupRefused."""
    authorize.require_site_admin(acting_user)
    fresh = _changeable(group)
    _require_name(name, but=fresh)
    fresh.group_name = name.strip()
    editing.save(fresh, "group_name", now=now)
    return fresh


@transaction.atomic
def delete_group(*, acting_user: Actor, group: Group, now: datetime) -> None:
    """Delete a group and the policies that name it. Raises NotAuthorized, GroupRefused."""
    authorize.require_site_admin(acting_user)
    fresh = _changeable(group)
    _tell_of_policies(fresh, now)
    fresh.delete()


@transaction.atomic
def add_member(*, acting_user: Actor, group: Group, eperson: EPerson) -> None:
    """Put a person into a group; being there already is fine. Raises NotAuthorized, GroupRefused for Anonymous."""
    authorize.require_site_admin(acting_user)
    if group.pk == ANONYMOUS_GROUP:
        raise GroupRefused("everybody is in Anonymous already")
    GroupMember.objects.get_or_create(group=group, eperson=eperson)


@transaction.atomic
def remove_member(*, acting_user: Actor, group: Group, eperson: EPerson) -> None:
    """Take a person out of a group. Raises NotAuthorized, GroupRefused for the last administrator."""
    authorize.require_site_admin(acting_user)
    if group.pk == ADMINISTRATOR_GROUP and is_only_administrator(eperson):
        raise GroupRefused("this is the only administrator")
    GroupMember.objects.filter(group=group, eperson=eperson).delete()


@transaction.atomic
def add_subgroup(*, acting_user: Actor, group: Group, child: Group) -> None:
    """Make everybody in `child` a member of `group`. Raises NotAuthorized, GroupRefused for a cycle or Anonymous."""
    authorize.require_site_admin(acting_user)
    try:
        with transaction.atomic():
            GroupNesting.objects.get_or_create(parent=group, child=child)
    except IntegrityError as error:
        raise GroupRefused(f"{child} cannot be a member of {group}: {error.args[0].splitlines()[0]}") from error


@transaction.atomic
def remove_subgroup(*, acting_user: Actor, group: Group, child: Group) -> None:
    """Undo `add_subgroup`. Raises NotAuthorized."""
    authorize.require_site_admin(acting_user)
    GroupNesting.objects.filter(parent=group, child=child).delete()


def is_only_administrator(eperson: EPerson) -> bool:
    """Whether nobody would be left in the group Administrator without this person."""
    administrators = GroupMember.objects.filter(group=ADMINISTRATOR_GROUP)
    return list(administrators.values_list("eperson_id", flat=True)) == [eperson.pk]


def _require_name(name: str, but: Group | None = None) -> None:
    if not name.strip():
        raise GroupRefused("a group needs a name")
    others = Group.objects.exclude(pk=but.pk) if but else Group.objects.all()
    if others.filter(group_name=name.strip()).exists():
        raise GroupRefused(f"there is a group called {name.strip()!r} already")


def _changeable(group: Group) -> Group:
    fresh = editing.locked(group)
    if fresh.permanent:
        raise GroupRefused(f"{fresh} is permanent")
    return fresh


def _tell_of_policies(group: Group, now: datetime) -> None:
    """Mark the items that somebody could read only through this group."""
    own = Q(policies__group=group)
    parts = Q(bundles__policies__group=group) | Q(bundles__bitstreams__policies__group=group)
    touched = Item.objects.filter(own | parts).values_list("pk", flat=True).distinct()
    changes.mark(touched, now=now, priority=changes.BULK)
