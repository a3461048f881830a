"""Resource policies: who may do what with an object, and when."""

from django.db import models
from django.db.models import F, Q

from repository.constants import ANONYMOUS_GROUP, Action
from repository.models.people import EPerson, Group

TYPE_SUBMISSION, TYPE_WORKFLOW, TYPE_CUSTOM, TYPE_INHERITED = (
    "TYPE_SUBMISSION",
    "TYPE_WORKFLOW",
    "TYPE_CUSTOM",
    "TYPE_INHERITED",
)


OBJECTS = ("community", "collection", "item", "bundle", "bitstream")


def _exactly_one(*fields: str) -> Q:
    """Return the condition that exactly one of these columns is set."""
    either = Q()
    for chosen in fields:
        either |= Q(*((f"{field}__isnull", field != chosen) for field in fields))
    return either


class ResourcePolicy(models.Model):
    """One eperson or one group may do `action` with one object, from `start_date` to `end_date`, both inclusive.

    Exactly one of the five object columns is set: real foreign keys, so that no policy outlives its object.
    """

    community = models.ForeignKey("Community", models.CASCADE, null=True, related_name="policies", db_index=False)
    collection = models.ForeignKey("Collection", models.CASCADE, null=True, related_name="policies", db_index=False)
    item = models.ForeignKey("Item", models.CASCADE, null=True, related_name="policies", db_index=False)
    bundle = models.ForeignKey("Bundle", models.CASCADE, null=True, related_name="policies", db_index=False)
    bitstream = models.ForeignKey("Bitstream", models.CASCADE, null=True, related_name="policies", db_index=False)
    action = models.SmallIntegerField(choices=[(a.value, a.name) for a in Action])
    eperson = models.ForeignKey(EPerson, models.CASCADE, null=True, related_name="+", db_index=False)
    group = models.ForeignKey(Group, models.CASCADE, null=True, related_name="+")
    start_date = models.DateField(null=True)
    end_date = models.DateField(null=True)
    name = models.CharField(max_length=64, blank=True, default="")
    policy_type = models.CharField(max_length=32, blank=True, default="")
    description = models.TextField(blank=True, default="")

    class Meta:
        # Partial, for a policy fills one of the five columns: five full indexes would quintuple the cost of a write.
        indexes = [
            models.Index(fields=[f], name=f"policy_{f}", condition=Q(**{f"{f}__isnull": False}))
            for f in (*OBJECTS, "eperson")
        ]
        constraints = [
            models.CheckConstraint(name="policy_one_object", condition=_exactly_one(*OBJECTS)),
            models.CheckConstraint(name="policy_one_subject", condition=_exactly_one("eperson", "group")),
            models.CheckConstraint(
                name="policy_dates",
                condition=Q(end_date__isnull=True) | Q(start_date__isnull=True) | Q(end_date__gte=F("start_date")),
            ),
            models.CheckConstraint(name="policy_action", condition=Q(action__in=[a.value for a in Action])),
            models.CheckConstraint(
                name="anonymous_never_admin", condition=~Q(action=Action.ADMIN.value, group=ANONYMOUS_GROUP)
            ),
        ]

    def __str__(self) -> str:
        return f"{Action(self.action).name} for {self.eperson_id or self.group_id}"
