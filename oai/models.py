"""The store of the OAI provider: records ready to be sent, and where each is listed (docs/oai.md).

Nothing here refers to the tables of the repository: a record outlives its item, as a tombstone. No record is ever
removed, so references to it are not checked: that would be a tenth of the time of writing one.
"""

from django.db import models
from django.db.models.functions import Now


class Clock(models.Model):
    """One row: the newest datestamp given out, and one that no record is older than (DESIGN decision 6).

    `configuration` is the fingerprint of what decided what harvesters see, when everything was last looked at.
    `views` says in which view each format was listed then (oai/store/following.py), `lists` which lists there were.
    Of those, `new_lists` are whole from `whole_from` on; where that is null, they are being filled, by the marks up to
    the number `filled_by` (oai/store/filling.py). Copies of the lists in another system know the store by the moment
    `copies_since`. `last_run` is when a publisher last was at work, null where none has been.
    """

    last = models.DateTimeField()
    earliest = models.DateTimeField()
    configuration = models.TextField(default="")
    views: "models.JSONField[dict[str, str], dict[str, str]]" = models.JSONField(default=dict)
    lists: "models.JSONField[list[str], list[str]]" = models.JSONField(default=list, db_default=[])
    new_lists: "models.JSONField[list[str], list[str]]" = models.JSONField(default=list, db_default=[])
    filled_by = models.BigIntegerField(null=True)
    whole_from = models.DateTimeField(null=True)
    copies_since = models.DateTimeField(db_default=Now())
    last_run = models.DateTimeField(null=True)


class Record(models.Model):
    """What harvesters know of an item that is, or once was, public.

    `local_id` is the handle as it stands in identifiers; `document` the XOAI document and `about` its `about` elements,
    both empty for a deleted record, the document also where compiled items were erased; `digest` changes with anything
    a harvester sees of the item.
    """

    item = models.UUIDField(unique=True)
    local_id = models.TextField()
    deleted = models.BooleanField(default=False)
    digest = models.BigIntegerField()
    document = models.TextField()
    about = models.TextField(default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["local_id"], name="oai_local_id_once")]


class Rendition(models.Model):
    """A way to make texts of documents: a format behind a transformer, by the stylesheets of a moment.

    `name` is `oai.rendering.variant`, which holds a digest of the stylesheets: changed ones are another rendition.
    """

    id = models.SmallAutoField(primary_key=True)
    name = models.TextField(unique=True)


class Rendered(models.Model):
    """A record in one rendition, as it is sent: a `metadata` element, perhaps `about` elements behind it.

    Empty when the stylesheet fails on it: the record does not exist in this format. May be thrown away, for it is made
    again from the document; not so the notes of what was left out (oai/store/failures.py), which are rows in here too.
    """

    pk = models.CompositePrimaryKey("record", "rendition")
    record = models.ForeignKey(Record, models.CASCADE, related_name="rendered", db_index=False, db_constraint=False)
    rendition = models.ForeignKey(Rendition, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    body = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["rendition", "record"], name="oai_failed", condition=models.Q(body=""))]


class Membership(models.Model):
    """The header of a record as a list has it: the list of a view (oai/store/views.py), whole, or of one of its sets.

    `spec` is the set, empty for the whole list. `deleted` says that it was listed there: a tombstone, which stays.
    `datestamp` is when the one or the other became visible. `local_id` is that of the record, kept here too so that a
    list reads one table; `sets` the `setSpec` elements of the header, those of the whole record, or the set alone in a
    set that the record left. `digest` is that of the record when it was stamped.
    """

    pk = models.CompositePrimaryKey("record", "view", "spec")
    record = models.ForeignKey(Record, models.CASCADE, related_name="memberships", db_index=False, db_constraint=False)
    view = models.TextField()
    spec = models.TextField()
    datestamp = models.DateTimeField()
    deleted = models.BooleanField()
    digest = models.BigIntegerField()
    local_id = models.TextField()
    sets = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["view", "spec", "datestamp", "record"], name="oai_list")]


class Block(models.Model):
    """How many headers, tombstones too, a list has later than `after`, up to the `after` of its next block.

    Triggers write it (oai/migrations/0006_blocks.py): counting a list would take longer than sending a page.
    """

    pk = models.CompositePrimaryKey("view", "spec", "after")
    view = models.TextField()
    spec = models.TextField()
    after = models.DateTimeField()
    headers = models.BigIntegerField()
