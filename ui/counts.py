"""How many items a reader finds in each collection and community."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from uuid import UUID

from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from repository.authorize import Actor, visible_to
from repository.models import Collection, Community
from repository.querysets import listed_items

# How long a count may be wrong at most, for what changes without a mark or while it was counted.
KEPT_SECONDS = 60

# Items are counted by the set of collections they are in: there are few such sets, and an item counts once per place.
_SETS = """
SELECT places, count(*) FROM (
    SELECT array_agg(collection_id ORDER BY collection_id) AS places
    FROM repository_itemcollection WHERE item_id IN ({items}) GROUP BY item_id
) AS sets GROUP BY places
"""


def item_counts(actor: Actor) -> dict[UUID, int]:
    """Return the number of listed items that `actor` may read, by id of collection and of community.

    An item counts once in every collection it is in, and once in every community above those. Places without items
    are absent. Kept until something changes: every change of an item or policy inserts a mark.
    """
    key = f"ui-counts-{_version()}-{timezone.now():%Y%m%d}-{_reader(actor)}"
    kept: dict[UUID, int] | None = cache.get(key)
    if kept is None:
        kept = _counted(actor)
        cache.set(key, kept, KEPT_SECONDS)
    return kept


def _counted(actor: Actor) -> dict[UUID, int]:
    community_of = dict(Collection.objects.values_list("id", "community_id"))
    parent_of = dict(Community.objects.values_list("id", "parent_id"))
    counts: Counter[UUID] = Counter()
    for collections, number in _sets(actor):
        for place in _with_all_above(collections, community_of, parent_of):
            counts[place] += number
    return dict(counts)


def _sets(actor: Actor) -> list[tuple[list[UUID], int]]:
    items, parameters = visible_to(actor, listed_items()).order_by().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_SETS.format(items=items), parameters)
        return list(cursor.fetchall())


def _version() -> int:
    """Return a number that grows with every mark that anybody inserts."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM repository_mark_id_seq")
        return int(cursor.fetchone()[0])


def _reader(actor: Actor) -> str:
    """Return a name for what decides what the actor may read."""
    if actor.is_admin:
        return "administrators"
    groups = ",".join(sorted(str(group) for group in actor.group_ids))
    return hashlib.sha256(f"{actor.eperson_id} {groups}".encode()).hexdigest()


def _with_all_above(
    collections: Iterable[UUID], community_of: Mapping[UUID, UUID], parent_of: Mapping[UUID, UUID | None]
) -> set[UUID]:
    places = set(collections)
    for collection in collections:
        community: UUID | None = community_of.get(collection)
        while community and community not in places:
            places.add(community)
            community = parent_of.get(community)
    return places
