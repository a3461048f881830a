"""Finding what archives and command lines name: people, collections, items, groups.

A handle is found in any case of ASCII letters, and by what it was before a change of prefix: archives and map files
outlive that.
"""

from typing import TypeVar
from uuid import UUID

from identifiers import services as identifiers
from repository.models import Collection, Community, EPerson, Group, Item
from repository.models.base import DSpaceObject
from repository.services import registries

O = TypeVar("O", bound=DSpaceObject)  # noqa: E741  # "object" in one letter


class NotFound(LookupError):
    """Nothing of the kind has this name."""


def find_eperson(name: str) -> EPerson:
    """Return the person with this e-mail or UUID. Raises NotFound."""
    key = {"email": name.strip().lower()} if "@" in name else {"pk": _uuid(name)}
    person = EPerson.objects.filter(**key).first()
    if person is None:
        raise NotFound(f"there is no eperson {name}")
    return person


def find_collection(name: str) -> Collection:
    """Return the collection with this handle or UUID. Raises NotFound."""
    return _find(Collection, name)


def find_community(name: str) -> Community:
    """Return the community with this handle or UUID. Raises NotFound."""
    return _find(Community, name)


def find_item(name: str) -> Item:
    """Return the item with this handle or UUID. Raises NotFound."""
    return _find(Item, name)


def find_group(name: str) -> UUID:
    """Return the id of the group called this. Raises NotFound."""
    group_id = Group.objects.filter(group_name=name).values_list("pk", flat=True).first()
    if group_id is None:
        raise NotFound(f"there is no group {name!r}")
    return group_id


def guess_format(suffix: str) -> int:
    """Return the id of the format of files whose names end so (`.pdf`)."""
    return registries.guess_format(f"file{suffix}").pk


def _find(model: type[O], name: str) -> O:
    row = identifiers.holder(name) if "/" in name else None
    object_id = row.object_id if row else _uuid(name)
    found = model._default_manager.filter(pk=object_id).first() if object_id else None
    if found is None:
        raise NotFound(f"there is no {model.__name__.lower()} {name}")
    return found


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
