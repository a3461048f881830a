"""What a provider of identifiers is: the base class of handles, DOIs and EZID."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

ITEM, COLLECTION, COMMUNITY, SITE = 2, 3, 4, 5  # DSpace's type numbers


class IdentifierRefused(ValueError):
    """An identifier that an object brings along can't be its own; the message says why."""


@dataclass(frozen=True)
class Archived:
    """An object that enters the archive. `values(field)` are its metadata; `trusted`: an administrator or an import."""

    object_id: UUID
    object_type: int
    values: Callable[[str], list[str]]
    trusted: bool


class Provider:
    """Gives one kind of identifier. What a provider has no use for it leaves as it is here.

    None of these methods uses the network before the caller's transaction has committed.
    """

    follows = False  # it hears of archived and of changed objects

    def supports(self, object_type: int) -> bool:
        """Return whether objects of this type get an identifier."""
        raise NotImplementedError

    def archived(self, new: Archived) -> None:
        """Give an identifier to an object that enters the archive, in its transaction. Raises IdentifierRefused."""

    def changed(self, object_ids: Sequence[UUID], now: datetime) -> None:
        """Look at objects that may have changed, or be gone; in the transaction of the runner of marks."""

    def mint(self, object_id: UUID, object_type: int) -> str:
        """Return the object's identifier, a new one if it has none."""
        raise NotImplementedError

    def lookup(self, object_id: UUID) -> str | None:
        """Return the object's identifier, None if it has none."""
        raise NotImplementedError

    def resolve(self, identifier: str) -> UUID | None:
        """Return the object that an identifier names, None for one that is not of this provider."""
        raise NotImplementedError

    def reserve(self, object_id: UUID) -> None:
        """Ask for the object's identifier to be kept for it."""

    def register(self, object_id: UUID) -> None:
        """Ask for the object's identifier to be made known to the world."""

    def update(self, object_id: UUID) -> None:
        """Ask for the world to be told what is true of the object now, whether it has changed or not."""

    def delete(self, object_id: UUID) -> None:
        """Ask for the identifier to be taken back: it names no object any more."""
