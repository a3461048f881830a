"""How many items a reader finds in each collection and community."""

from collections import Counter
from collections.abc import Mapping
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef

from repository.authorize import Actor, visible_to
from repository.models import Collection, Community, ItemCollection
from repository.querysets import listed_items


def item_counts(actor: Actor) -> dict[UUID, int]:
    """Return the number of listed items that `actor` may read, by id of collection and of community.

    An item counts once in every collection it is in, and once in every community above those. Places without items
    are absent. Three queries, whatever the size of the tree: items are counted by the set of collections they are in,
    and there are few such sets.
    """
    memberships = ItemCollection.objects.filter(item=OuterRef("pk")).order_by("collection_id")
    sets = (
        visible_to(actor, listed_items())
        .annotate(places=ArraySubquery(memberships.values("collection_id")))
        .values_list("places")
        .annotate(number=Count("pk"))
        .order_by()
    )
    community_of = dict(Collection.objects.values_list("id", "community_id"))
    parent_of = dict(Community.objects.values_list("id", "parent_id"))
    counts: Counter[UUID] = Counter()
    for collections, number in sets:
        for place in _with_all_above(collections, community_of, parent_of):
            counts[place] += number
    return dict(counts)


def _with_all_above(
    collections: list[UUID], community_of: Mapping[UUID, UUID], parent_of: Mapping[UUID, UUID | None]
) -> set[UUID]:
    places = set(collections)
    for collection in collections:
        community: UUID | None = community_of.get(collection)
        while community and community not in places:
            places.add(community)
            community = parent_of.get(community)
    return places
