"""Another handle prefix for everything: handles, the addresses made of them in the metadata, and who shows them."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from identifiers import renaming
from repository import authorize, changes
from repository.authorize import Actor

FIELD = "dc.identifier.uri"
_TABLES = ("repository_item", "repository_collection", "repository_community", "repository_site")
_REWRITE = """
UPDATE {table} SET version = version + 1, last_modified = %(now)s, metadata = jsonb_set(metadata, ARRAY[%(field)s], (
    SELECT jsonb_agg(
        jsonb_set(one, '{{value}}', to_jsonb(regexp_replace(one->>'value', %(pattern)s, %(by)s))) ORDER BY n
    )
    FROM jsonb_array_elements(metadata->%(field)s) WITH ORDINALITY AS each (one, n)
))
WHERE EXISTS (SELECT FROM jsonb_array_elements(metadata->%(field)s) AS one WHERE one->>'value' ~ %(pattern)s)
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
    """
    authorize.require_site_admin(acting_user)
    moved = renaming.change_prefix(old, new)
    rewritten = sum(_rewrite(table, old, new, now) for table in _TABLES)
    if moved or rewritten:
        for consumer in changes.consumers():
            changes.mark_all(consumer, now=now)
    return Changed(moved, rewritten)


def _rewrite(table: str, old: str, new: str, now: datetime) -> int:
    """Rewrite the addresses of handles in one table; return in how many rows there were any."""
    pattern = f"^({'|'.join(map(re.escape, _bases()))}){re.escape(old)}/"
    values: dict[str, Any] = {"field": FIELD, "pattern": pattern, "by": f"\\1{new}/", "now": now}
    with connection.cursor() as cursor:
        cursor.execute(_REWRITE.format(table=table), values)
        return int(cursor.rowcount)


def _bases() -> list[str]:
    """Return what addresses of handles begin with: those we make, and those of the Handle System itself."""
    configured = settings.DSPACE.get("handle.canonical.prefix") or ""
    ours = f"{settings.DSPACE.get('dspace.url')}/handle/"
    return sorted({configured, ours, "http://hdl.handle.net/", "https://hdl.handle.net/", "hdl:"} - {""})
