"""DOIs as a provider: for items, minted at archiving, told to the agency by the organiser."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings

from identifiers.doi import following, names, registry
from identifiers.doi.states import State
from identifiers.providers.base import ITEM, Archived, Provider

PROVIDER = "identifiers.providers.doi.DOIProvider"


def is_on() -> bool:
    """Return whether items get DOIs."""
    return names.by_ezid() or PROVIDER in settings.DSPACE.list("identifier.providers")


def of_item(item_id: UUID) -> str | None:
    """Return the address of an item's DOI when it is registered, for its page."""
    return registry.registered_url(item_id) if is_on() else None


class DOIProvider(Provider):
    """DOIs under `identifier.doi.prefix`. Nothing here speaks to the agency."""

    follows = True

    def supports(self, object_type: int) -> bool:
        """Return whether objects of this type get DOIs: only items do."""
        return object_type == ITEM

    def archived(self, new: Archived) -> None:
        """Give the item a DOI, or back the one it had. Raises IdentifierRefused."""
        registry.archive(new)

    def changed(self, object_ids: Sequence[UUID], now: datetime) -> None:
        """Mark what the agency must be told of these items."""
        following.follow(object_ids, now)

    def mint(self, object_id: UUID, object_type: int) -> str:
        """Return the item's DOI; a new one is known here only."""
        return registry.mint(object_id).doi

    def lookup(self, object_id: UUID) -> str | None:
        """Return the item's DOI, bare."""
        row = registry.of_object(object_id)
        return row.doi if row else None

    def resolve(self, identifier: str) -> UUID | None:
        """Return the item that a DOI of ours, in any spelling, names."""
        row = registry.find(identifier)
        return row.object_id if row else None

    def reserve(self, object_id: UUID) -> None:
        """Have the DOI reserved, minted first if need be. Raises DOIIsDeleted."""
        registry.ask(registry.mint(object_id).pk, State.TO_BE_RESERVED)

    def register(self, object_id: UUID) -> None:
        """Have the DOI registered, minted first if need be. Raises DOIIsDeleted."""
        registry.ask(registry.mint(object_id).pk, State.TO_BE_REGISTERED)

    def update(self, object_id: UUID) -> None:
        """Have the agency told again. Raises NoDOI."""
        row = registry.of_object(object_id)
        if row is None:
            raise registry.NoDOI(f"object {object_id} has no DOI")
        registry.ask_update(row.pk)

    def delete(self, object_id: UUID) -> None:
        """Take the DOI away from the item; the agency hides it. Raises NoDOI."""
        registry.delete(object_id)
