"""Moving all handles of one prefix to another: what `update-handle-prefix` does in the tables of handles."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from uuid import UUID

from django.db import connection

from identifiers.models import Handle

PREFIX = re.compile(r"[^\s/\\\0]+")
NAMED = 3  # handles that an error names

_TAKEN = """
WITH moved AS (
    SELECT id, object_id, %(new)s || substr(handle, length(%(old)s) + 1) AS handle FROM identifiers_handle
    WHERE starts_with(handle, %(old)s || '/')
)
SELECT there.handle FROM moved JOIN identifiers_handle there ON there.handle = moved.handle
UNION
SELECT there.handle FROM moved JOIN identifiers_handle there
ON UPPER(there.handle COLLATE "C") = UPPER(moved.handle COLLATE "C")
WHERE there.handle ~ '[A-Za-z]' AND there.id <> moved.id
UNION
SELECT former.handle FROM moved JOIN identifiers_formerhandle former ON former.object_id <> moved.object_id
AND UPPER(former.handle COLLATE "C") = UPPER(moved.handle COLLATE "C")
ORDER BY handle
"""
_REMEMBER = """
INSERT INTO identifiers_formerhandle (handle, object_id)
SELECT handle, object_id FROM identifiers_handle WHERE starts_with(handle, %(old)s || '/')
ON CONFLICT (handle) DO UPDATE SET object_id = excluded.object_id
"""
_MOVE = """
UPDATE identifiers_handle SET handle = %(new)s || substr(handle, length(%(old)s) + 1)
WHERE starts_with(handle, %(old)s || '/')
"""
# What is a handle again is no former one.
_FORGET = "DELETE FROM identifiers_formerhandle f USING identifiers_handle h WHERE h.handle = f.handle"


class PrefixRefused(ValueError):
    """The handles can't be moved to that prefix; nothing was changed."""


def count(prefix: str) -> int:
    """Return how many handles a prefix has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM identifiers_handle WHERE starts_with(handle, %s || '/')", [prefix])
        return int(cursor.fetchone()[0])


def require_possible(old: str, new: str) -> None:
    """Raise PrefixRefused when handles of `old` can't become handles of `new`, whichever there are."""
    if not PREFIX.fullmatch(new) or not PREFIX.fullmatch(old) or new == old:
        raise PrefixRefused(f"handles of {old} can't be given the prefix {new!r}")


def change_prefix(old: str, new: str) -> int:
    """Give every handle `old/…` the prefix `new`, remember what it was, and return how many there were.

    In the caller's transaction, until the end of which nobody gets a new handle. Raises PrefixRefused.
    """
    require_possible(old, new)
    names = {"old": old, "new": new}
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE identifiers_handle IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(_TAKEN, names)
        taken = [handle for (handle,) in cursor.fetchall()]
        if taken:
            shown = ", ".join(taken[:NAMED]) + (", …" if len(taken) > NAMED else "")
            raise PrefixRefused(f"{len(taken):,} of the new handles exist already, or did before: {shown}")
        cursor.execute(_REMEMBER, names)
        cursor.execute(_MOVE, names)
        moved = int(cursor.rowcount)
        cursor.execute(_FORGET)
        return moved


def former_handles(object_ids: Sequence[UUID], old: str, new: str) -> dict[UUID, set[str]]:
    """Return what the handles of these objects under `new` were under `old`."""
    found: dict[UUID, set[str]] = {}
    rows = Handle.objects.filter(object_id__in=list(object_ids), handle__startswith=f"{new}/")
    for object_id, handle in rows.values_list("object_id", "handle"):
        found.setdefault(object_id, set()).add(old + handle.removeprefix(new))
    return found


def lines_naming(prefix: str, paths: Iterable[Path]) -> Iterator[str]:
    """Yield the lines of these files that name the prefix, each with its file and number; a file may be missing."""
    name = re.compile(rf"(?<![\w.]){re.escape(prefix)}(?![\w]|\.\w)")
    for path in filter(Path.is_file, paths):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        yield from (f"{path}:{n}: {line.strip()}" for n, line in enumerate(lines, 1) if name.search(line))
