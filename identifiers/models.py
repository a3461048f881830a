"""The handle tables: which object a handle names, and named before a change of prefix, kept for good."""

from django.db import models

HAS_LETTERS = models.Q(handle__regex="[A-Za-z]")
# Only ASCII letters are compared without case in handles: that is what the C collation knows.
FOLDED = models.Func(models.F("handle"), template='UPPER(%(expressions)s COLLATE "C")', output_field=models.TextField())


class Handle(models.Model):
    """`prefix/suffix` and the object it names.

    There is no foreign key: a handle outlives its object, and then resolves to a tombstone. An object may have
    several handles (an import brought its old one along); the one with the lowest id is shown.
    """

    handle = models.TextField(unique=True)
    object_id = models.UUIDField()
    object_type = models.SmallIntegerField(help_text="DSpace's type number: 2 item, 3 collection, 4 community, 5 site")

    class Meta:
        indexes = [
            models.Index(fields=["object_id"], name="handle_object"),
            models.Index(FOLDED, name="handle_folded", condition=HAS_LETTERS),  # minted ones have none
        ]
        constraints = [
            models.CheckConstraint(
                name="handle_shape", condition=models.Q(handle__regex=r"^[^/[:space:]]+/[^[:space:]]+$")
            )
        ]

    def __str__(self) -> str:
        return self.handle


class FormerHandle(models.Model):
    """A handle as it was before `update-handle-prefix` gave its object one under another prefix.

    It leads to the object's handle of today as long as its prefix is one of `handle.additional.prefixes`.
    """

    handle = models.TextField(unique=True)
    object_id = models.UUIDField()

    class Meta:
        indexes = [models.Index(FOLDED, name="former_handle_folded", condition=HAS_LETTERS)]

    def __str__(self) -> str:
        return self.handle
