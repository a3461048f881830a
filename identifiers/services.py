"""Minting, binding and looking up handles; and the service that asks all providers of identifiers.

Minted handles are `{handle.prefix}/{number}`; the numbers come from a database sequence, are never given twice,
and skip those that an import brought along. No handle is given to a second object, nor what one was before a change
of prefix. Who makes many objects reserves handles and writes their rows together with those of the objects.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection
from django.utils.module_loading import import_string
from psycopg2.errors import UniqueViolation

from identifiers.models import Handle
from identifiers.providers.base import Archived, IdentifierRefused, Provider

__all__ = ["IdentifierRefused"]  # callers of `archived` catch it


class HandleTaken(ValueError):
    """The handle already names another object."""


# A handle without letters, and one with, by the index that is for it.
_LETTER = re.compile("[A-Za-z]")
_AS_WRITTEN = "{table}.handle = {handle}"
_FOLDED = """UPPER({table}.handle COLLATE "C") = UPPER({handle} COLLATE "C") AND {table}.handle ~ '[A-Za-z]'"""
# New handles of a prefix, but for former ones.
_NEXT = """
SELECT new.handle FROM (
    SELECT %(prefix)s || '/' || nextval('identifiers_handle_number') AS handle FROM generate_series(1, %(count)s)
) new WHERE NOT EXISTS (SELECT FROM identifiers_formerhandle former WHERE {same})
"""
_MINT = """
INSERT INTO identifiers_handle (handle, object_id, object_type)
SELECT new.handle, %(object_id)s, %(object_type)s FROM ({next}) new ON CONFLICT DO NOTHING RETURNING handle
"""
# The handle itself, else one that differs in case only, else what a former one is today: its object's first.
_HOLDER = """
SELECT * FROM (
    SELECT (here.handle <> %(handle)s)::int AS distance, here.* FROM identifiers_handle here WHERE {same_here}
    UNION ALL
    SELECT 2 + (former.handle <> %(handle)s)::int, today.*
    FROM identifiers_formerhandle former JOIN identifiers_handle today USING (object_id) WHERE {same_former}
) found ORDER BY distance, id LIMIT 1
"""


def prefix() -> str:
    """Return the prefix new handles are minted under (`handle.prefix`, DSpace's default 123456789)."""
    return str(settings.DSPACE.get("handle.prefix", "123456789"))


def mint(object_id: UUID, object_type: int) -> str:
    """Give the object a new handle and return it."""
    new: dict[str, Any] = {"prefix": prefix(), "count": 1, "object_id": object_id, "object_type": object_type}
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_MINT.format(next=_next()), new)
            row = cursor.fetchone()
            if row:
                return str(row[0])


def reserve(count: int) -> list[str]:
    """Return at most so many new handles that nobody else is given, whether they are used or not.

    Former ones are left out. An import may have brought the same one along: `is_taken` tells when the row is written.
    """
    with connection.cursor() as cursor:
        cursor.execute(_next(), {"prefix": prefix(), "count": count})
        return [handle for (handle,) in cursor.fetchall()]


def _next() -> str:
    return _NEXT.format(same=_same("former", prefix(), "new.handle"))


def _same(table: str, example: str, handle: str) -> str:
    """Return the condition that a table's handle is the same as the expression `handle`, by the index for the like."""
    return (_FOLDED if _LETTER.search(example) else _AS_WRITTEN).format(table=table, handle=handle)


def unsaved(handle: str, object_id: UUID, object_type: int) -> Handle:
    """Return the row of a reserved or a given handle, for a caller that writes it together with other rows."""
    return Handle(handle=handle, object_id=object_id, object_type=object_type)


def is_taken(error: IntegrityError) -> bool:
    """Whether writing failed because a handle of these rows names an object already."""
    cause = error.__cause__
    return isinstance(cause, UniqueViolation) and cause.diag.table_name == Handle._meta.db_table


def bind(handle: str, object_id: UUID, object_type: int) -> str:
    """Let `handle` name the object and return it; binding it again to the same object changes nothing.

    Where it names the object in other letters, or did before a change of prefix, the handle of today is returned.
    Raises HandleTaken when it names another object, also one that is gone.
    """
    row = holder(handle)
    if row is None:
        Handle.objects.bulk_create([unsaved(handle, object_id, object_type)], ignore_conflicts=True)
        row = holder(handle)  # whoever came first has it
    if row is None or row.object_id != object_id:
        raise HandleTaken(f"handle {handle} already names another object")
    return row.handle


def holder(handle: str) -> Handle | None:
    """Return the row of the object that `handle` stands for and no other object can have it; None if anybody can.

    Written in any case of ASCII letters, which the Handle System takes for the same (RFC 3651, 3), or as it was before
    a change of prefix, whether that prefix is still ours or not. The object may be gone.
    """
    if "\0" in handle:  # PostgreSQL knows no such character
        return None
    named = {f"same_{table}": _same(table, handle, "%(handle)s") for table in ("here", "former")}
    return next(iter(Handle.objects.raw(_HOLDER.format(**named), {"handle": handle})), None)


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
