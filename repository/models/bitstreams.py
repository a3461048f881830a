"""Bundles and the bitstreams in them. Name, description and source of a bitstream are metadata, as in DSpace 6."""

from django.db import models
from django.db.models import Q

from repository.constants import ObjectType
from repository.models.base import DSpaceObject, metadata_shape
from repository.models.registries import BitstreamFormat


class Bundle(DSpaceObject):
    """A group of files of an item: ORIGINAL, LICENSE, TEXT, THUMBNAIL… Its name is in `bundle_name`."""

    type = ObjectType.BUNDLE

    item = models.ForeignKey("Item", models.CASCADE, related_name="bundles")
    bundle_name = models.CharField(max_length=128)
    primary_bitstream = models.ForeignKey("Bitstream", models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(name="bundle_name_given", condition=~Q(bundle_name="")),
            metadata_shape("bundle"),
        ]

    @property
    def name(self) -> str:
        return self.bundle_name

    def __str__(self) -> str:
        return self.bundle_name


class Bitstream(DSpaceObject):
    """A file: where it is (`store_number`, `internal_id`), what it is, and its checksums in hexadecimal.

    A logo has no bundle. A deleted one keeps row and file until `cleanup`. A registered file's internal id is
    `-R` and its path inside the store, as in DSpace.
    """

    type = ObjectType.BITSTREAM

    bundle = models.ForeignKey(Bundle, models.CASCADE, null=True, related_name="bitstreams")
    position = models.PositiveIntegerField(default=0)
    sequence_id = models.PositiveIntegerField(null=True, help_text="per item; part of the stable URL")
    format = models.ForeignKey(BitstreamFormat, models.PROTECT, related_name="+")
    size = models.BigIntegerField()
    md5 = models.CharField(max_length=32)
    sha256 = models.CharField(max_length=64)
    store_number = models.SmallIntegerField(default=0)
    internal_id = models.CharField(max_length=1024)
    deleted = models.BooleanField(default=False)

    class Meta:
        ordering = ["position", "sequence_id"]
        constraints = [
            models.CheckConstraint(name="bitstream_size", condition=Q(size__gte=0)),
            models.UniqueConstraint(name="bitstream_sequence_once", fields=["bundle", "sequence_id"]),
            models.UniqueConstraint(
                name="bitstream_file_once",
                fields=["store_number", "internal_id"],
                condition=~Q(internal_id__startswith="-R"),
            ),
            metadata_shape("bitstream"),
        ]
        indexes = [
            models.Index(fields=["id"], name="bitstream_deleted", condition=Q(deleted=True)),
        ]

    @property
    def description(self) -> str:
        """The description, or an empty text."""
        return self.md.first("dc.description") or ""

    def __str__(self) -> str:
        return self.name or str(self.id)
