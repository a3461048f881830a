"""Where handles lead: what the Handle server and the resolver's addresses tell the world (docs/handle-server.md).

A handle leads to the page of its object under `dspace.url`, a deleted object's to its tombstone. Handles are compared
without the case of ASCII letters; one of before a change of prefix leads to the object's handle of today, if its prefix
is still ours.
"""

import re
from collections.abc import Iterable, Sequence
from typing import TypeVar
from urllib.parse import quote

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.db.models import QuerySet

from identifiers import services
from identifiers.handle_server.values import HandleValue, folded, values_of
from identifiers.models import FOLDED, HAS_LETTERS, FormerHandle, Handle

Row = TypeVar("Row", Handle, FormerHandle)
LETTER = re.compile("[A-Za-z]")


def prefixes() -> list[str]:
    """Return the prefixes that we answer for: `handle.prefix`, then `handle.additional.prefixes`."""
    return list(dict.fromkeys([services.prefix(), *settings.DSPACE.list("handle.additional.prefixes")]))


def address(handle: str) -> str:
    """Return the address of the page of a handle."""
    return f"{settings.DSPACE.get('dspace.url')}/handle/{quote(handle)}"


def resolve(handles: Iterable[str]) -> dict[str, str]:
    """Return, for each of these handles that exists, the handle its page is shown under.

    One statement, and at most four more for those that are not found as they are written.
    """
    asked = [handle for handle in handles if "\0" not in handle]  # PostgreSQL knows no such character
    found = {handle: handle for handle in _existing(asked)}
    missing = [handle for handle in asked if handle not in found]
    if not missing:
        return found
    found |= {handle: row.handle for handle, row in _alike(Handle.objects.all(), missing).items()}
    ours = {folded(prefix) for prefix in prefixes()}
    former = [handle for handle in missing if handle not in found and folded(handle.partition("/")[0]) in ours]
    return found | _of_today(former)


def row_of(handle: str) -> Handle | None:
    """Return the row of the handle that another one leads to, in whatever case and prefix of ours, or None."""
    return services.lookup(handle) or services.lookup(resolve([handle]).get(handle, ""))


def _existing(handles: Sequence[str]) -> list[str]:
    with connection.cursor() as cursor:  # an eighth of the time that making a QuerySet takes
        cursor.execute("SELECT handle FROM identifiers_handle WHERE handle = ANY(%s)", [list(handles)])
        return [handle for (handle,) in cursor.fetchall()]


def _alike(table: "QuerySet[Row]", handles: Sequence[str]) -> dict[str, Row]:
    """Return the rows of handles that differ from these in the case of letters only; of several the oldest."""
    names = {handle: folded(handle) for handle in handles if LETTER.search(handle)}
    if not names:
        return {}
    rows = table.filter(HAS_LETTERS).alias(folded=FOLDED).filter(folded__in=set(names.values())).order_by("-id")
    by_name = {folded(row.handle): row for row in rows}
    return {handle: by_name[name] for handle, name in names.items() if name in by_name}


def _of_today(handles: Sequence[str]) -> dict[str, str]:
    """Return what former handles of ours are now."""
    if not handles:
        return {}
    exact = {row.handle: row for row in FormerHandle.objects.filter(handle__in=handles)}
    rows = _alike(FormerHandle.objects.all(), handles) | exact
    today = services.handles_of(row.object_id for row in rows.values()) if rows else {}
    return {handle: today[row.object_id] for handle, row in rows.items() if row.object_id in today}


def read_values(handles: Sequence[str]) -> dict[str, tuple[HandleValue, ...]]:
    """Return the values of those of these handles that exist, for the Handle server.

    For a thread that keeps its connection: one that the database has closed meanwhile is opened again, once. Raises
    DatabaseError when the database can't be asked.
    """
    try:
        return _values(handles)
    except (InterfaceError, OperationalError):
        connection.close()
        return _values(handles)


def _values(handles: Sequence[str]) -> dict[str, tuple[HandleValue, ...]]:
    url_index = settings.DSPACE.int("handle.server.url-index", 1)
    return {asked: values_of(shown, address(shown), url_index) for asked, shown in resolve(handles).items()}


def of_prefix(prefix: str) -> list[str]:
    """Return all handles of a prefix, in the order they were given; of a former one of ours those that lead on."""
    if "\0" in prefix:
        return []
    rows = Handle.objects.filter(handle__startswith=f"{prefix}/").order_by("id")
    found = list(rows.values_list("handle", flat=True))
    if prefix in prefixes():
        former = FormerHandle.objects.filter(handle__startswith=f"{prefix}/").order_by("id")
        found += former.values_list("handle", flat=True)
    return found
