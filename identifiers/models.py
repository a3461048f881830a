"""The handle table: which object a handle names, kept for good."""

from django.db import models


class Handle(models.Model):
    """`prefix/suffix` and the object it names.

    There is no foreign key: a handle outlives its object, and then resolves to a tombstone. An object may have
    several handles (an import brought its old one along); the one with the lowest id is shown.
    """

    handle = models.TextField(unique=True)
    object_id = models.UUIDField()
    object_type = models.SmallIntegerField(help_text="DSpace's type number: 2 item, 3 collection, 4 community, 5 site")

    class Meta:
        indexes = [models.Index(fields=["object_id"], name="handle_object")]
        constraints = [
            models.CheckConstraint(
                name="handle_shape", condition=models.Q(handle__regex=r"^[^/[:space:]]+/[^[:space:]]+$")
            )
        ]

    def __str__(self) -> str:
        return self.handle
