"""The registries: which metadata fields and which file formats exist."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class MetadataSchema(models.Model):
    """A metadata schema: its short name (`dc`) and namespace."""

    prefix = models.CharField(max_length=32, unique=True)
    namespace = models.CharField(max_length=256, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="schema_prefix_shape", condition=models.Q(prefix__regex=r"^[^.[:space:]]+$"))
        ]

    def __str__(self) -> str:
        return self.prefix


class MetadataField(models.Model):
    """A field of a schema. Fields are shown in the order of their ids, the order they were registered in."""

    schema = models.ForeignKey(MetadataSchema, models.PROTECT, related_name="fields")
    element = models.CharField(max_length=64)
    qualifier = models.CharField(max_length=64, blank=True, default="")
    scope_note = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(name="field_once", fields=["schema", "element", "qualifier"]),
            models.CheckConstraint(
                name="field_shape",
                condition=models.Q(element__regex=r"^[^.[:space:]]+$", qualifier__regex=r"^[^.[:space:]]*$"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.schema.prefix}.{self.element}" + (f".{self.qualifier}" if self.qualifier else "")


class BitstreamFormat(models.Model):
    """A file format. `support_level`: 0 unknown, 1 known, 2 supported; internal ones are not offered to depositors."""

    short_description = models.CharField(max_length=128, unique=True)
    description = models.TextField(blank=True, default="")
    mimetype = models.CharField(max_length=256)
    support_level = models.SmallIntegerField(default=0)
    internal = models.BooleanField(default=False)
    extensions = ArrayField(models.CharField(max_length=16), default=list)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(name="format_support_level", condition=models.Q(support_level__range=(0, 2)))
        ]

    def __str__(self) -> str:
        return self.short_description
