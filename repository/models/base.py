"""What every object of the repository has: a UUID, metadata, a version for forms, a time of last change."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

from repository.constants import ObjectType
from repository.metadata import Document, Metadata


class DSpaceObject(models.Model):
    """Base of communities, collections, items, bundles, bitstreams, groups and epeople.

    `metadata` is `{"dc.title": [{"value", "language", "authority", "confidence"}]}`; keys without content are absent.
    `version` grows by one with each edit; a form carries the one it was made from.
    """

    type: ClassVar[ObjectType]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    metadata: "models.JSONField[Document, Document]" = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    last_modified = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True

    @property
    def md(self) -> Metadata:
        """The metadata as a read view."""
        return Metadata(self.metadata)

    @property
    def name(self) -> str:
        """The title, or an empty text."""
        return self.md.first("dc.title") or ""


def metadata_shape(name: str) -> models.CheckConstraint:
    """Return the constraint that holds the shape of a metadata document (the function is in the first migration)."""
    return models.CheckConstraint(
        name=f"{name}_metadata_shape",
        condition=models.Func(
            models.F("metadata"), function="repository_is_metadata", output_field=models.BooleanField()
        ),
    )
