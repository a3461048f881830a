"""The store of the OAI provider: records ready to be sent, and where each is listed (docs/oai.md).

Nothing here refers to the tables of the repository: a record outlives its item, as a tombstone.
"""

from django.db import models


class Clock(models.Model):
    """One row: the newest datestamp given out, and one that no record is older than (DESIGN decision 6)."""

    last = models.DateTimeField()
    earliest = models.DateTimeField()


class Record(models.Model):
    """What harvesters know of an item that is, or once was, public.

    `local_id` is the handle as it stands in identifiers; `sets` are setSpecs with blanks between them, kept when the
    record is deleted; `document` the XOAI document, empty for a deleted record; `digest` tells whether the item
    changed in anything a harvester sees.
    """

    item = models.UUIDField(unique=True)
    local_id = models.TextField()
    sets = models.TextField()
    deleted = models.BooleanField(default=False)
    digest = models.CharField(max_length=32)
    document = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["local_id"], name="oai_local_id_once")]


class Rendered(models.Model):
    """A record in one format, as it is sent. May be thrown away: it is made again from the document."""

    pk = models.CompositePrimaryKey("record", "format")
    record = models.ForeignKey(Record, models.CASCADE, related_name="rendered", db_index=False)
    format = models.TextField()
    body = models.TextField()


class Membership(models.Model):
    """The header of a record as it is listed in `scope`: a context (`request`) or a set of it (`request:col_1_2`).

    `deleted` says that it was listed there: a tombstone, which stays. `datestamp` is when the one or the other became
    visible. `local_id` and `sets` are those of the record, kept here too so that a list reads one table; a record that
    left a set is listed there with that set alone.
    """

    pk = models.CompositePrimaryKey("record", "scope")
    record = models.ForeignKey(Record, models.CASCADE, related_name="memberships", db_index=False)
    scope = models.TextField()
    datestamp = models.DateTimeField()
    deleted = models.BooleanField()
    local_id = models.TextField()
    sets = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["scope", "datestamp", "record"], name="oai_list")]
