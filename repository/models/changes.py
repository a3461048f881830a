"""The marks that say who must be told what changed: see `repository/changes.py`."""

from django.db import models


class Mark(models.Model):
    """`consumer` must look at `object_id` again, not before `due`. Append-only; no unique key (DESIGN section 3)."""

    consumer = models.CharField(max_length=32)
    object_id = models.UUIDField()
    due = models.DateTimeField()
    priority = models.SmallIntegerField(default=5)
    attempts = models.SmallIntegerField(default=0)
    error = models.TextField(blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["consumer", "priority", "id"], name="mark_order")]
