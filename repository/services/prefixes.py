"""Another handle prefix for everything: handles, the addresses made of them in the metadata, and who shows them."""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from identifiers import renaming
from identifiers.doi import registry
from repository import authorize, changes
from repository.authorize import Actor

FIELD = "dc.identifier.uri"
BATCH = 2_000  # objects read and written at once
_TABLES = ("repository_item", "repository_collection", "repository_community")
_READ = """
SELECT id, metadata->%(field)s FROM {table}
WHERE id > %(after)s AND metadata->>%(field)s LIKE %(like)s ORDER BY id LIMIT %(batch)s FOR UPDATE
"""
_LOCK = """
SELECT count(*) FROM (
    SELECT FROM {table} WHERE metadata->>%(field)s LIKE %(like)s ORDER BY id FOR UPDATE
) AS locked
"""
_WRITE = """
UPDATE {table} SET version = version + 1, last_modified = %(now)s,
    metadata = jsonb_set(metadata, ARRAY[%(field)s], changed.uris::jsonb)
FROM unnest(%(ids)s::uuid[], %(uris)s::text[]) AS changed (id, uris) WHERE {table}.id = changed.id
"""


@dataclass(frozen=True)
class Changed:
    """How many handles were moved, and in the metadata of how many objects an address was rewritten."""

    handles: int
    objects: int


@transaction.atomic
def change_handle_prefix(*, acting_user: Actor, old: str, new: str, now: datetime) -> Changed:
    """Give every handle `old/…` the prefix `new`, in the metadata too, and have every index look at every item again.

    All items, for a handle shows in those of its collection and communities as well. Raises NotAuthorized and
    renaming.PrefixRefused.

    Locks are taken in the order in which everybody takes them: an object before its handle, as who withdraws or
    deletes it does, and the lock of a runner of marks (mark_all) before DOIs, as the runner does that follows them.
    """
    authorize.require_site_admin(acting_user)
    for table in _TABLES:
        _lock(table, old)
    moved = renaming.change_prefix(old, new)
    rewritten = sum(_rewrite(table, old, new, now) for table in _TABLES)
    if moved or rewritten:
        for consumer in changes.consumers():
            changes.mark_all(consumer, now=now)
    registry.hide_again(new)
    return Changed(moved, rewritten)


def _lock(table: str, old: str) -> None:
    """Lock the objects of a table in whose addresses the prefix stands."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK.format(table=table), {"field": FIELD, "like": _like(old)})


def _rewrite(table: str, old: str, new: str, now: datetime) -> int:
    """Rewrite the addresses of handles in one table; return in how many rows there were any."""
    read: dict[str, Any] = {"field": FIELD, "after": UUID(int=0), "like": _like(old), "batch": BATCH}
    count = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_READ.format(table=table), read)
            rows = [(object_id, json.loads(values)) for object_id, values in cursor.fetchall()]
            if not rows:
                return count
            read["after"] = rows[-1][0]
            changed = _changed(rows, old, new)
            ids, uris = list(changed), [json.dumps(values) for values in changed.values()]
            cursor.execute(_WRITE.format(table=table), {"field": FIELD, "ids": ids, "uris": uris, "now": now})
            count += len(changed)


def _like(prefix: str) -> str:
    return "%" + re.sub(r"([\\%_])", r"\\\1", prefix) + "/%"


def _changed(rows: list[tuple[UUID, list[dict[str, Any]]]], old: str, new: str) -> dict[UUID, list[dict[str, Any]]]:
    """Return the values of those of these objects that have any to rewrite, rewritten."""
    own = renaming.former_handles([object_id for object_id, _ in rows], old, new)
    bases = "|".join(map(re.escape, _bases()))
    made = re.compile(f"(?:{bases})(?={re.escape(old)}/)")
    changed = {}
    for object_id, values in rows:
        rewritten = [
            value | {"value": _moved(value["value"], made, own.get(object_id, ()), old, new)} for value in values
        ]
        if rewritten != values:
            changed[object_id] = rewritten
    return changed


def _moved(address: str, made: re.Pattern[str], own: Collection[str], old: str, new: str) -> str:
    """Return an address with the new prefix.

    Those that begin as ours do now; and those of the object's own handle, whatever our address was when they were made.
    Others that have the old prefix may be of another repository: many began with 123456789.
    """
    if match := made.match(address):
        return f"{match[0]}{new}{address[match.end() + len(old) :]}"
    base, separator, handle = address.rpartition("/handle/")
    if separator and handle in own and base.startswith(("http://", "https://")):
        return f"{base}{separator}{new}{handle.removeprefix(old)}"
    return address


def _bases() -> list[str]:
    """Return what addresses of handles begin with: those we make, and those of the Handle System itself."""
    configured = settings.DSPACE.get("handle.canonical.prefix") or ""
    ours = f"{settings.DSPACE.get('dspace.url')}/handle/"
    return sorted({configured, ours, "http://hdl.handle.net/", "https://hdl.handle.net/", "hdl:"} - {""})
