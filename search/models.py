"""The tables of the PostgreSQL adapter. Nothing in them is the only copy: `index-discovery -b` makes them anew.

There are no foreign keys to the repository: an entry may outlive its item until the item's mark is worked off, and
every page is checked with `visible_to` anyway.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models.functions import Reverse


class Entry(models.Model):
    """One listed item. `*_ids` point into `Value`; keys are compared byte by byte (collation C), as Python does."""

    item_id = models.UUIDField(primary_key=True)
    vector = SearchVectorField()
    owner_id = models.UUIDField(null=True, help_text="owning collection: its administrators read the item")
    is_public = models.BooleanField(help_text="Anonymous is a reader: spares most questions the array")
    readers = ArrayField(models.UUIDField())
    scope = ArrayField(models.UUIDField())
    author_ids = ArrayField(models.IntegerField())
    contributor_ids = ArrayField(models.IntegerField(), help_text="authors and all other contributors")
    subject_ids = ArrayField(models.IntegerField())
    title_key = models.TextField(db_collation="C")
    issued = models.TextField(db_collation="C", help_text="YYYY-MM-DD, 00 for unknown parts; empty without a date")
    year = models.SmallIntegerField(null=True)
    accessioned = models.DateTimeField()
    has_file = models.BooleanField()

    class Meta:
        indexes = [
            GinIndex(fields=["vector"], name="search_vector"),
            GinIndex(fields=["scope"], name="search_scope"),
            GinIndex(fields=["contributor_ids"], name="search_contributors"),
            GinIndex(fields=["subject_ids"], name="search_subjects"),
            models.Index(fields=["title_key", "item_id"], name="search_by_title"),
            models.Index(fields=["issued", "item_id"], name="search_by_issued"),
            models.Index(fields=["accessioned", "item_id"], name="search_by_accessioned"),
        ]


class Value(models.Model):
    """A value of a field as it was first written; `key` makes spellings that differ in case one value."""

    class Field(models.IntegerChoices):
        """Which list a value belongs to."""

        AUTHOR = 1
        SUBJECT = 2

    id = models.AutoField(primary_key=True)
    field = models.SmallIntegerField(choices=Field.choices)
    key = models.TextField(db_collation="C")
    label = models.TextField()
    sort_key = models.TextField(db_collation="C")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["field", "key"], name="search_value_once")]
        indexes = [models.Index(fields=["field", "sort_key", "id"], name="search_value_order")]


class Word(models.Model):
    """A word of the index, for suggestions. `entries` was counted by the last `maintain`; new words start with 1."""

    word = models.TextField(db_collation="C")
    entries = models.IntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["word"], name="search_word_once")]
        indexes = [models.Index(Reverse("word"), name="search_word_ending")]
