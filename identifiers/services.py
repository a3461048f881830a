"""Minting, binding and looking up handles.

Minted handles are `{handle.prefix}/{number}`; the numbers come from a database sequence, are never given twice,
and skip those that an import brought along. Who makes many objects reserves handles and writes their rows together
with those of the objects.
"""

from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection
from psycopg2.errors import UniqueViolation

from identifiers.models import Handle


class HandleTaken(ValueError):
    """The handle already names another object."""


_MINT = """
INSERT INTO identifiers_handle (handle, object_id, object_type)
SELECT %s || '/' || nextval('identifiers_handle_number'), %s, %s
ON CONFLICT (handle) DO NOTHING RETURNING handle
"""
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

    Raises HandleTaken when it names another object, also one that is gone.
    """
    row, created = Handle.objects.get_or_create(
        handle=handle, defaults={"object_id": object_id, "object_type": object_type}
    )
    if not created and row.object_id != object_id:
        raise HandleTaken(f"handle {handle} already names another object")
    return handle


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


def canonical_url(handle: str) -> str:
    """Return the address a handle is cited by (`handle.canonical.prefix`, else our own `/handle/`)."""
    base = settings.DSPACE.get("handle.canonical.prefix") or f"{settings.DSPACE.get('dspace.url')}/handle/"
    return f"{base}{handle}"
