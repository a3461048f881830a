"""What identifiers must know of objects, asked through `settings.IDENTIFIED_OBJECTS`: this app imports none above it.

The setting is the dotted path of `describe`; its module has all the functions below.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import Any, cast
from uuid import UUID

from django.conf import settings

from identifiers.providers.base import Archived


@dataclass(frozen=True)
class Described:
    """An object as an agency is told of it.

    `visible`: it is public now, so that its DOI may be found. `document` is DataCite XML without the object's own DOI,
    None when it can't be made for the reasons in `problems`, each a line that says what to do.
    """

    object_id: UUID
    handle: str
    url: str
    visible: bool
    document: str | None
    problems: list[str] = field(default_factory=list)


def describe(object_id: UUID) -> Described | None:
    """Return the object as it is now, None when it is gone."""
    return cast(Described | None, _module().describe(object_id))


def describe_all(object_ids: Sequence[UUID], now: datetime) -> Mapping[UUID, Described]:
    """Return those of the objects that exist; in a constant number of queries."""
    return cast(Mapping[UUID, Described], _module().describe_all(object_ids, now))


def note(addresses: Mapping[UUID, str], now: datetime) -> None:
    """Write the addresses of registered DOIs into the metadata of their objects, unless they stand there."""
    _module().note(addresses, now)


def visible(object_ids: Sequence[UUID], now: datetime) -> Collection[UUID]:
    """Return those of the objects that are public now."""
    return cast("Collection[UUID]", _module().visible(object_ids, now))


def mark_dates(object_ids: Sequence[UUID], now: datetime) -> None:
    """Have `follow_changes` called on the days to come on which any of these objects opens or closes."""
    _module().mark_dates(object_ids, now)


def problems() -> list[str]:
    """Return what in the configuration keeps all objects from being described or written to, each with what to do."""
    return cast("list[str]", _module().problems())


def doubts() -> list[str]:
    """Return what goes wrong with an object made up for the purpose."""
    return cast("list[str]", _module().doubts())


def archived_without_doi(within: str | None) -> Iterator[list[Archived]]:
    """Yield, some at a time, the archived objects that have no DOI.

    Those `within` the community or collection of a handle, or all. Raises LookupError when there is no such container.
    """
    return cast("Iterator[list[Archived]]", _module().archived_without_doi(within))


def _module() -> Any:
    return import_module(settings.IDENTIFIED_OBJECTS.rpartition(".")[0])
