"""What one folder of an archive asks for, checked but not yet carried out."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from repository.metadata import Value


class BadItem(ValueError):
    """The folder can't become an item; the message is the reason, for the person who made the archive."""


class Permission(NamedTuple):
    """The one policy a file gets instead of those it would inherit: `READ` or `WRITE`, for one group."""

    action: str
    group: str


@dataclass(frozen=True, slots=True)
class FilePlan:
    """One line of `contents`: a file to copy from the folder, or (store given) one that is in a bitstore already."""

    name: str
    path: str
    bundle: str
    description: str | None = None
    primary: bool = False
    permission: Permission | None = None
    store: int | None = None


@dataclass(frozen=True, slots=True)
class ItemPlan:
    """One item: `values` are (field, value) pairs in file order, `collections` handles or UUIDs, the owner first."""

    folder: Path
    values: list[tuple[str, Value]]
    files: list[FilePlan] = field(default_factory=list)
    handle: str | None = None
    collections: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The folder's name, by which the map file knows the item."""
        return self.folder.name
