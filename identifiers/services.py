"""Minting, binding and looking up handles; and the service that asks all providers of identifiers.

Minted handles are `{handle.prefix}/{number}`; the numbers come from a database sequence, are never given twice,
and skip those that an import brought along. Who makes many objects reserves handles and writes their rows together
with those of the objects.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection
from django.utils.module_loading import import_string
from psycopg2.errors import UniqueViolation

from identifiers.handle_server.values import folded
from identifiers.models import Handle
from identifiers.providers.base import Archived, IdentifierRefused, Provider

__all__ = ["IdentifierRefused"]  # callers of `archived` catch it


class HandleTaken(ValueError):
    """The handle already names another object."""


_MINT = """
INSERT INTO identifiers_handle (handle, object_id, object_type)
SELECT %s || '/' || nextval('identifiers_handle_number'), %s, %s
ON CONFLICT DO NOTHING RETURNING handle
"""
# A handle without letters, and one with, by the index that is for it; of two from before they were refused its own.
_LETTER = re.compile("[A-Za-z]")
_AS_WRITTEN = "handle = %(handle)s"
_FOLDED = """UPPER(handle COLLATE "C") = %(folded)s AND handle ~ '[A-Za-z]'"""
_HOLDER = "SELECT * FROM identifiers_handle WHERE {named} ORDER BY handle <> %(handle)s, id LIMIT 1"
_RESERVE = "SELECT nextval('identifiers_handle_number') FROM generate_series(1, %s)"


def prefix() -> str:
    """Return the prefix new handles are minted under (`handle.prefix`, DSpace's default 123456789)."""
    return str(settings.DSPACE.get("handle.prefix", "123456789"))


def mint(object_id: UUID, object_type: int) -> str:
    """Give the object a new handle and return it."""
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_MINT, [prefix(), object_id, object_type])
            row = cursor.fetchone()
            if row:
                return str(row[0])


def reserve(count: int) -> list[str]:
    """Return new handles that nobody else is given, whether they are used or not.

    An import may have brought the same one along: `is_taken` tells when the row is written.
    """
    with connection.cursor() as cursor:
        cursor.execute(_RESERVE, [count])
        return [f"{prefix()}/{number}" for (number,) in cursor.fetchall()]


def unsaved(handle: str, object_id: UUID, object_type: int) -> Handle:
    """Return the row of a reserved or a given handle, for a caller that writes it together with other rows."""
    return Handle(handle=handle, object_id=object_id, object_type=object_type)


def is_taken(error: IntegrityError) -> bool:
    """Whether writing failed because a handle of these rows names an object already."""
    cause = error.__cause__
    return isinstance(cause, UniqueViolation) and cause.diag.table_name == Handle._meta.db_table


def bind(handle: str, object_id: UUID, object_type: int) -> str:
    """Let `handle` name the object and return it; binding it again to the same object changes nothing.

    What names the object in other letters already is returned as it is written there. Raises HandleTaken when it names
    another object, also one that is gone.
    """
    row = holder(handle)
    if row is None:
        Handle.objects.bulk_create([unsaved(handle, object_id, object_type)], ignore_conflicts=True)
        row = holder(handle)  # whoever came first has it
    if row is None or row.object_id != object_id:
        raise HandleTaken(f"handle {handle} already names another object")
    return row.handle


def holder(handle: str) -> Handle | None:
    """Return the row that keeps others from having `handle`: itself, or in another case of ASCII letters; or None.

    The Handle System takes such handles for the same (RFC 3651, 3). The object it names may be gone.
    """
    if "\0" in handle:  # PostgreSQL knows no such character
        return None
    query = _HOLDER.format(named=_FOLDED if _LETTER.search(handle) else _AS_WRITTEN)
    return next(iter(Handle.objects.raw(query, {"handle": handle, "folded": folded(handle)})), None)


def lookup(handle: str) -> Handle | None:
    """Return the row of `handle`, or None. The object it names may be gone."""
    if "\0" in handle:  # PostgreSQL knows no such character
        return None
    return Handle.objects.filter(handle=handle).first()


def handle_of(object_id: UUID) -> str | None:
    """Return the handle shown for the object, or None."""
    return Handle.objects.filter(object_id=object_id).order_by("id").values_list("handle", flat=True).first()


def handles_of(object_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the handle shown for each object, in one query; objects without one are absent."""
    rows = Handle.objects.filter(object_id__in=list(object_ids)).order_by("-id").values_list("object_id", "handle")
    return dict(rows)  # the lowest id comes last and wins


def note_public(object_id: UUID) -> None:
    """Remember that everybody could see the object."""
    Handle.objects.filter(object_id=object_id, was_public=False).update(was_public=True)


def was_public(object_id: UUID, object_type: int) -> bool | None:
    """Return whether everybody could see the object before it was hidden, or went; None if it never had a handle."""
    found = Handle.objects.filter(object_id=object_id, object_type=object_type)
    rows = list(found.values_list("was_public", flat=True))
    return any(rows) if rows else None


def canonical_url(handle: str) -> str:
    """Return the address a handle is cited by (`handle.canonical.prefix`, else our own `/handle/`)."""
    base = settings.DSPACE.get("handle.canonical.prefix") or f"{settings.DSPACE.get('dspace.url')}/handle/"
    return f"{base}{handle}"


class IdentifierService:
    """All providers, in the order of `identifier.providers`; each call asks those that support the object's type."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.providers: list[Provider] = [import_string(path)() for path in paths]
        self.followers = [provider for provider in self.providers if provider.follows]

    def archived(self, object_id: UUID, object_type: int, values: Callable[[str], list[str]], *, trusted: bool) -> None:
        """Let each provider give an identifier to an object that enters the archive, in its transaction.

        `values(field)` are the object's metadata; `trusted`: an administrator or an import brings it. Raises
        IdentifierRefused.
        """
        for provider in self.followers:
            if provider.supports(object_type):
                provider.archived(Archived(object_id, object_type, values, trusted))

    def mint(self, object_id: UUID, object_type: int) -> list[str]:
        """Return the object's identifiers; where it has none a new one."""
        return [provider.mint(object_id, object_type) for provider in self._for(object_type)]

    def reserve(self, object_id: UUID, object_type: int) -> None:
        """Have the object's identifiers kept for it."""
        for provider in self._for(object_type):
            provider.reserve(object_id)

    def register(self, object_id: UUID, object_type: int) -> None:
        """Have the object's identifiers made known to the world."""
        for provider in self._for(object_type):
            provider.register(object_id)

    def update(self, object_id: UUID, object_type: int) -> None:
        """Have the world told again what is true of the object."""
        for provider in self._for(object_type):
            provider.update(object_id)

    def delete(self, object_id: UUID, object_type: int) -> None:
        """Have the object's identifiers taken back; handles stay for good."""
        for provider in self._for(object_type):
            provider.delete(object_id)

    def lookup(self, object_id: UUID) -> list[str]:
        """Return the identifiers of an object."""
        return [name for provider in self.providers if (name := provider.lookup(object_id))]

    def resolve(self, identifier: str) -> UUID | None:
        """Return the object that an identifier names, by the first provider that knows it."""
        found = (provider.resolve(identifier) for provider in self.providers)
        return next((object_id for object_id in found if object_id), None)

    def _for(self, object_type: int) -> list[Provider]:
        return [provider for provider in self.providers if provider.supports(object_type)]


HANDLES_ONLY = "identifiers.providers.handle.HandleProvider"
_made: tuple[object, IdentifierService] | None = None


def service() -> IdentifierService:
    """Return the service as it is configured."""
    global _made
    if _made is None or _made[0] is not settings.DSPACE:
        paths = settings.DSPACE.list("identifier.providers") or [HANDLES_ONLY]
        _made = settings.DSPACE, IdentifierService(paths)
    return _made[1]


def follow_changes(object_ids: Sequence[UUID], now: datetime) -> None:
    """Let providers look at objects that may have changed: the consumer `doi` of change marks."""
    for provider in service().followers:
        provider.changed(object_ids, now)
