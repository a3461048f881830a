"""Which items an export takes."""

from django.db.models import QuerySet

from importexport import lookup
from repository import querysets
from repository.models import Item


def items_of(kind: str, name: str) -> "QuerySet[Item]":
    """Return the item with this handle or UUID, or the archived items of the COLLECTION or COMMUNITY.

    Mapped items are among those of a collection, as in DSpace; of a community each item comes once.
    Raises NotFound.
    """
    if kind == "ITEM":
        return Item.objects.filter(pk=lookup.find_item(name).pk)
    if kind == "COLLECTION":
        ids = [lookup.find_collection(name).pk]
    else:
        below = querysets.collections_below(lookup.find_community(name).pk)
        ids = list(below.values_list("pk", flat=True))
    return querysets.items_in(ids).filter(in_archive=True).order_by("archived_at", "id")
