"""The groups that administer a community or collection, or submit to one, under DSpace's names."""

from datetime import datetime
from enum import Enum

from django.db import transaction

from repository import authorize
from repository.authorize import Actor
from repository.constants import Action
from repository.models import Collection, Community, Group, ResourcePolicy
from repository.services import editing, policies


class Role(Enum):
    """A role: the ending of its group's name, and the rights that the group has on the container."""

    ADMIN = ("ADMIN", (Action.ADMIN,))
    SUBMIT = ("SUBMIT", (Action.ADD,))

    @property
    def column(self) -> str:
        """The container's column that holds the group."""
        return "admin_group" if self is Role.ADMIN else "submitter_group"


class NoSuchRole(ValueError):
    """Communities have no submitters."""


@transaction.atomic
def create_role(*, acting_user: Actor, container: Community | Collection, role: Role, now: datetime) -> Group:
    """Return the group of this role, made with its rights when missing. Raises NotAuthorized, NoSuchRole."""
    fresh = _locked(acting_user, container, role, now)
    existing: Group | None = getattr(fresh, role.column)
    if existing is not None:
        return existing
    ending, actions = role.value
    name = f"{type(fresh).__name__.upper()}_{fresh.pk}_{ending}"
    group = Group.objects.create(group_name=name, last_modified=now)
    specs = [policies.PolicySpec(action, group_id=group.pk) for action in actions]
    ResourcePolicy.objects.bulk_create(policies.rows(fresh, specs))
    setattr(fresh, role.column, group)
    editing.save(fresh, role.column, now=now)
    return group


@transaction.atomic
def delete_role(*, acting_user: Actor, container: Community | Collection, role: Role, now: datetime) -> None:
    """Delete the group of this role, and with it its rights. Raises NotAuthorized, NoSuchRole."""
    fresh = _locked(acting_user, container, role, now)
    group: Group | None = getattr(fresh, role.column)
    if group is not None:
        setattr(fresh, role.column, None)
        editing.save(fresh, role.column, now=now)
        group.delete()


def discard_groups(container: Community | Collection) -> None:
    """Delete the groups of all roles of a container that is being deleted."""
    columns = (role.column for role in Role)
    groups = [getattr(container, f"{column}_id", None) for column in columns]  # a community has no submitters
    Group.objects.filter(pk__in=[pk for pk in groups if pk], permanent=False).delete()


def _locked(acting_user: Actor, container: Community | Collection, role: Role, now: datetime) -> Community | Collection:
    if role is Role.SUBMIT and isinstance(container, Community):
        raise NoSuchRole("nobody submits to a community; submit to one of its collections")
    authorize.require(acting_user, Action.ADMIN, container, now=now)
    return editing.locked(container)
