"""What imports have done: the record that a killed one is resumed from."""

import uuid
from typing import ClassVar

from django.db import models

from repository.models import EPerson


class ImportRun(models.Model):
    """One import, known by the absolute path of its map file; resumed, it stays the same run."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    mapfile = models.TextField()
    source = models.TextField()
    eperson = models.ForeignKey(EPerson, models.SET_NULL, null=True, related_name="+")
    started = models.DateTimeField()
    finished = models.DateTimeField(null=True, help_text="empty while it runs, and when it was killed")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["mapfile", "started"], name="importrun_mapfile")]

    def __str__(self) -> str:
        return self.mapfile


class ImportedItem(models.Model):
    """A folder of a run became this item. Written in the item's own transaction."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="items", db_index=False)
    folder = models.TextField()
    item_id = models.UUIDField(db_index=True, help_text="no foreign key: the record outlives the item")
    handle = models.TextField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "folder"], name="imported_once")]

    def __str__(self) -> str:
        return f"{self.folder} {self.handle}"
