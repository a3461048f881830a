"""Selections that several doors need. None of them checks permissions: that is `authorize.visible_to`."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from repository.models import Collection, Community, Item

_ANCESTORS = """
WITH RECURSIVE above(collection_id, id, parent_id, depth) AS (
    SELECT l.id, c.id, c.parent_id, 0 FROM repository_collection l JOIN repository_community c ON c.id = l.community_id
    WHERE l.id = ANY(%s)
    UNION ALL SELECT a.collection_id, c.id, c.parent_id, a.depth + 1
    FROM above a JOIN repository_community c ON c.id = a.parent_id
) SELECT collection_id, id FROM above ORDER BY collection_id, depth
"""

_ABOVE = """
WITH RECURSIVE above AS (
    SELECT c.*, 0 AS depth FROM repository_community c WHERE id = %s
    UNION ALL SELECT c.*, above.depth + 1 FROM repository_community c JOIN above ON c.id = above.parent_id
) SELECT * FROM above ORDER BY depth
"""

_BELOW = """
WITH RECURSIVE below(id) AS (
    SELECT %s::uuid UNION SELECT c.id FROM repository_community c JOIN below ON c.parent_id = below.id
) SELECT id FROM below
"""


def listed_items() -> "QuerySet[Item]":
    """Return the items that lists, search and browse may show: archived (so not withdrawn) and discoverable."""
    return Item.objects.filter(in_archive=True, discoverable=True)


def items_in(collection_ids: Iterable[UUID]) -> "QuerySet[Item]":
    """Return the items owned by or mapped to any of these collections, each once."""
    return Item.objects.filter(id__in=_members(collection_ids))


def _members(collection_ids: Iterable[UUID]) -> "QuerySet[Item, UUID]":
    return Item.objects.filter(memberships__collection_id__in=list(collection_ids)).values_list("id", flat=True)


def ancestors_of(collection_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """Return for each collection the ids of its communities, the nearest first."""
    result: dict[UUID, list[UUID]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_ANCESTORS, [list(collection_ids)])
        for collection_id, community_id in cursor.fetchall():
            result.setdefault(collection_id, []).append(community_id)
    return result


def path_of(community: Community) -> list[Community]:
    """Return the community and those above it, the top one first."""
    if community.parent_id is None:
        return [community]
    above = list(Community.objects.raw(_ABOVE, [community.parent_id]))
    return [*reversed(above), community]


def communities_below(community_id: UUID) -> list[UUID]:
    """Return the ids of a community and of all below it."""
    with connection.cursor() as cursor:
        cursor.execute(_BELOW, [community_id])
        return [row[0] for row in cursor.fetchall()]


def collections_below(community_id: UUID) -> "QuerySet[Collection]":
    """Return the collections anywhere below a community."""
    return Collection.objects.filter(community_id__in=communities_below(community_id))
