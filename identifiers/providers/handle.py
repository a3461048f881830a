"""Handles as a provider. Minting them is part of making an object, so archiving and changes are none of its affair."""

from uuid import UUID

from identifiers import resolution, services
from identifiers.providers.base import COLLECTION, COMMUNITY, ITEM, SITE, Provider


class HandleProvider(Provider):
    """Handles of communities, collections, items and the site."""

    def supports(self, object_type: int) -> bool:
        """Return whether objects of this type have handles."""
        return object_type in (ITEM, COLLECTION, COMMUNITY, SITE)

    def mint(self, object_id: UUID, object_type: int) -> str:
        """Return the object's handle, a new one if it has none; that of the site is `prefix/0`."""
        found = services.handle_of(object_id)
        if found is None and object_type == SITE:
            return services.bind(f"{services.prefix()}/0", object_id, SITE)
        return found or services.mint(object_id, object_type)

    def lookup(self, object_id: UUID) -> str | None:
        """Return the handle shown for the object."""
        return services.handle_of(object_id)

    def resolve(self, identifier: str) -> UUID | None:
        """Return the object that a handle names, or named before a change of prefix, also one that is gone."""
        row = resolution.row_of(identifier)
        return row.object_id if row else None
