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
    """Return, for each of these handles that exists, the handle its page is shown under. At most five queries."""
    asked = [handle for handle in handles if "\0" not in handle]  # PostgreSQL knows no such character
    found = _rows(Handle.objects.all(), asked)
    result = {handle: row.handle for handle, row in found.items()}
    ours = {folded(prefix) for prefix in prefixes()}
    unknown = [handle for handle in asked if handle not in found and folded(handle.partition("/")[0]) in ours]
    former = _rows(FormerHandle.objects.all(), unknown) if unknown else {}
    today = services.handles_of(row.object_id for row in former.values()) if former else {}
    return result | {handle: today[row.object_id] for handle, row in former.items() if row.object_id in today}


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
    """Return all handles of a prefix, in the order they were given."""
    if "\0" in prefix:
        return []
    rows = Handle.objects.filter(handle__startswith=f"{prefix}/").order_by("id")
    return list(rows.values_list("handle", flat=True))


def _rows(table: "QuerySet[Row]", asked: Sequence[str]) -> dict[str, Row]:
    """Return the row of each handle that has one: the same handle, else one that differs in case only."""
    exact = {row.handle: row for row in table.filter(handle__in=asked)}
    others = {handle: folded(handle) for handle in asked if handle not in exact and LETTER.search(handle)}
    if not others:
        return exact
    alike = table.filter(HAS_LETTERS).alias(folded=FOLDED).filter(folded__in=set(others.values())).order_by("-id")
    by_folded = {folded(row.handle): row for row in alike}  # the oldest comes last and wins
    return exact | {handle: by_folded[name] for handle, name in others.items() if name in by_folded}
