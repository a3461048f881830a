"""Items and the collections they are in."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from repository.constants import ObjectType
from repository.models.base import DSpaceObject, metadata_shape
from repository.models.containers import Collection
from repository.models.people import EPerson


class Item(DSpaceObject):
    """An item: in progress (neither flag), archived, or withdrawn. `discoverable=False` keeps it out of lists."""

    type = ObjectType.ITEM

    owning_collection = models.ForeignKey(Collection, models.PROTECT, null=True, related_name="owned_items")
    submitter = models.ForeignKey(EPerson, models.SET_NULL, null=True, related_name="+")
    in_archive = models.BooleanField(default=False)
    withdrawn = models.BooleanField(default=False)
    discoverable = models.BooleanField(default=True)
    files_numbered = models.PositiveIntegerField(default=0, help_text="the highest sequence id given to a file so far")
    archived_at = models.DateTimeField(null=True, help_text="when it was first archived; orders recent submissions")

    class Meta:
        constraints = [
            models.CheckConstraint(name="item_one_state", condition=~Q(in_archive=True, withdrawn=True)),
            models.CheckConstraint(
                name="item_archived_somewhere",
                condition=Q(in_archive=False, withdrawn=False)
                | Q(owning_collection__isnull=False, archived_at__isnull=False),
            ),
            metadata_shape("item"),
        ]
        indexes = [
            GinIndex(fields=["metadata"], name="item_metadata"),
            models.Index("archived_at", "id", name="item_recent", condition=Q(in_archive=True, discoverable=True)),
        ]

    def __str__(self) -> str:
        return self.name or str(self.id)


class ItemCollection(models.Model):
    """The item is in the collection: its owning one or one it is mapped to (DSpace's collection2item).

    A deferred constraint holds that the owning collection of an item always has a row here.
    """

    item = models.ForeignKey(Item, models.CASCADE, related_name="memberships", db_index=False)  # the constraint's index
    collection = models.ForeignKey(Collection, models.PROTECT, related_name="memberships")

    class Meta:
        constraints = [models.UniqueConstraint(name="item_collection_once", fields=["item", "collection"])]
