"""Epeople (the users; the e-mail is the login) and groups."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower

from repository.constants import ANONYMOUS_GROUP, ObjectType
from repository.models.base import DSpaceObject, metadata_shape


class EPersonManager(BaseUserManager["EPerson"]):
    """Finds people by e-mail without regard to case. Creating them is the business of `services.epeople`."""

    def get_by_natural_key(self, username: str | None) -> "EPerson":
        return self.get(email=(username or "").lower())


class EPerson(DSpaceObject, AbstractBaseUser):
    """A person who can log in. First and last name, phone and language are metadata of schema `eperson`."""

    type = ObjectType.EPERSON
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    email = models.EmailField(max_length=254, unique=True, help_text="kept in lower case, as in DSpace")
    netid = models.CharField(max_length=254, null=True, blank=True, unique=True)
    can_log_in = models.BooleanField(default=True)
    require_certificate = models.BooleanField(default=False)
    self_registered = models.BooleanField(default=False)

    objects: ClassVar[EPersonManager] = EPersonManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="eperson_email_shape", condition=models.Q(email=Lower("email")) & ~models.Q(email="")
            ),
            metadata_shape("eperson"),
        ]

    @property
    def is_active(self) -> bool:  # type: ignore[override]  # Django's class attribute; here the database decides
        """Whether the person may log in: what Django's authentication asks."""
        return self.can_log_in

    @property
    def full_name(self) -> str:
        """First and last name, else the e-mail."""
        names = [self.md.first("eperson.firstname"), self.md.first("eperson.lastname")]
        return " ".join(n for n in names if n) or self.email

    def __str__(self) -> str:
        return self.email


class Group(DSpaceObject):
    """A group of people and groups. `Anonymous` and `Administrator` are permanent and have fixed ids."""

    type = ObjectType.GROUP

    group_name = models.CharField(max_length=256, unique=True)
    permanent = models.BooleanField(default=False)
    members: "models.ManyToManyField[EPerson, GroupMember]" = models.ManyToManyField(
        EPerson, through="GroupMember", related_name="member_of"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(name="group_name_given", condition=~models.Q(group_name="")),
            metadata_shape("group"),
        ]

    @property
    def name(self) -> str:
        return self.group_name

    def __str__(self) -> str:
        return self.group_name


class GroupMember(models.Model):
    """A person's direct membership of a group."""

    group = models.ForeignKey(Group, models.CASCADE)
    eperson = models.ForeignKey(EPerson, models.CASCADE)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="group_member_once", fields=["group", "eperson"]),
            models.CheckConstraint(name="everyone_is_anonymous", condition=~models.Q(group=ANONYMOUS_GROUP)),
        ]


class GroupNesting(models.Model):
    """`child` is a member of `parent`. A trigger refuses cycles.

    Anonymous can be neither: so what a stranger may do never needs a look at the groups.
    """

    parent = models.ForeignKey(Group, models.CASCADE, related_name="child_links")
    child = models.ForeignKey(Group, models.CASCADE, related_name="parent_links")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="group_nesting_once", fields=["parent", "child"]),
            models.CheckConstraint(
                name="anonymous_not_nested",
                condition=~models.Q(parent=ANONYMOUS_GROUP) & ~models.Q(child=ANONYMOUS_GROUP),
            ),
        ]
