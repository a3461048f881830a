"""The tables of handles and DOIs: which object one names, and what a handle was before a change of prefix."""

from django.db import models
from django.db.models.functions import Upper

from identifiers.doi.states import State

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
    was_public = models.BooleanField(
        default=False, db_default=False, help_text="everybody could see the object before it was hidden, or went"
    )
    twin = models.SmallIntegerField(
        default=0, db_default=0, help_text="above 0: differs in case only from one before it, as was possible once"
    )

    class Meta:
        indexes = [models.Index(fields=["object_id"], name="handle_object")]
        constraints = [
            # Resolvers take handles that differ in case for one. Minted ones have no letters and cost nothing here.
            models.UniqueConstraint(FOLDED, "twin", name="handle_folded_once", condition=HAS_LETTERS),
            models.CheckConstraint(
                name="handle_shape", condition=models.Q(handle__regex=r"^[^/[:space:]]+/[^[:space:]]+$")
            ),
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


class DOI(models.Model):
    """A DOI of ours, the item it names, and what the agency was told of it (docs/identifiers.md).

    There is no foreign key: the row outlives its item. Deleted on purpose while its item stays, it has no item.
    """

    doi = models.TextField(help_text="bare: 10.5072/abc")
    object_id = models.UUIDField(null=True)
    state = models.SmallIntegerField(choices=[(state.value, state.name) for state in State])
    wanted_visible = models.BooleanField(null=True, help_text="its item was public when last looked at")
    sent_visible = models.BooleanField(
        null=True, help_text="may be findable at the agency; null: was never registered there"
    )
    may_be_known = models.BooleanField(
        default=True, db_default=True, help_text="the agency may have it: it was sent, or came along with an item"
    )
    registered = models.BooleanField(
        default=False, db_default=False, help_text="the agency has said that it is registered"
    )
    told = models.CharField(max_length=64, default="", db_default="", help_text="digest of what the agency accepted")
    seen = models.CharField(
        max_length=64, default="", db_default="", help_text="digest of the item when last looked at"
    )
    looks = models.BigIntegerField(default=0, db_default=0, help_text="how often a change of the item was looked at")
    run = models.BigIntegerField(null=True, help_text="the run of the organiser that is at it")
    leased_until = models.DateTimeField(null=True)
    action = models.CharField(max_length=8, default="", db_default="", help_text="what was tried last")
    last_try = models.DateTimeField(null=True)
    last_error = models.TextField(default="", db_default="")
    unanswered = models.IntegerField(default=0, db_default=0, help_text="calls in a row that got no answer")
    tries = models.IntegerField(default=0, db_default=0, help_text="refusals in a row")
    paused_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(Upper("doi"), name="doi_once"),
            models.UniqueConstraint(fields=["object_id"], name="doi_one_per_object"),
            models.CheckConstraint(name="doi_state", condition=models.Q(state__in=[state.value for state in State])),
            models.CheckConstraint(
                name="doi_shape", condition=models.Q(doi__regex=r"^10\.[^/[:space:]]+/[^[:space:]]+$")
            ),
        ]
        indexes = [
            # What waits for the organiser; the settled ones, nearly all, are not in it.
            models.Index("state", "id", name="doi_waiting", condition=models.Q(state__in=[1, 2, 5, 6, 7, 8])),
            models.Index("state", models.F("id").desc(), name="doi_by_state"),
        ]

    def __str__(self) -> str:
        return self.doi
