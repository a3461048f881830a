"""Epeople: create, change, delete, and the password."""

from datetime import datetime
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from repository import authorize
from repository.authorize import Actor
from repository.constants import ADMINISTRATOR_GROUP
from repository.metadata import Value
from repository.models import EPerson, GroupMember
from repository.services import editing, groups, registries


class EPersonRefused(ValueError):
    """The e-mail is wrong or taken, or the password too weak; the message says which."""


_NAMES = {
    "first_name": "eperson.firstname",
    "last_name": "eperson.lastname",
    "phone": "eperson.phone",
    "language": "eperson.language",
}
_COLUMNS = ("email", "netid", "can_log_in", "require_certificate", "password")


@transaction.atomic
def create_eperson(
    *,
    acting_user: Actor,
    email: str,
    now: datetime,
    password: str | None = None,
    netid: str | None = None,
    **texts: str,
) -> EPerson:
    """Create a person who can log in when a password is given.

    `texts`: first_name, last_name, phone, language. Raises NotAuthorized, EPersonRefused.
    """
    authorize.require_site_admin(acting_user)
    person = EPerson(email=_valid_email(email), netid=netid or None, last_modified=now)
    person.metadata = _patch(texts).applied_to({})
    _set_password(person, password)
    person.save(force_insert=True)
    return person


@transaction.atomic
def edit_eperson(*, acting_user: Actor, eperson: EPerson, now: datetime, **values: Any) -> EPerson:
    """Change a person: email, netid, can_log_in, require_certificate, password, and the texts of `create_eperson`.

    A person may change the own texts and password; all else is for site administrators.
    Raises NotAuthorized, EPersonRefused.
    """
    own = acting_user.eperson_id == eperson.pk and values.keys() <= {*_NAMES, "password"}
    if not own:
        authorize.require_site_admin(acting_user)
    fresh = editing.locked(eperson)
    if not values.get("can_log_in", True) and groups.is_only_administrator(fresh):
        raise EPersonRefused("this is the only administrator, who must be able to log in")
    if "email" in values and values["email"].lower() != fresh.email:
        fresh.email = _valid_email(values["email"])
    if "netid" in values:
        fresh.netid = values["netid"] or None
    for name in ("can_log_in", "require_certificate"):
        if name in values:
            setattr(fresh, name, values[name])
    if "password" in values:
        _set_password(fresh, values["password"])
    texts = {name: text for name, text in values.items() if name not in _COLUMNS}
    fresh.metadata = _patch(texts).applied_to(fresh.metadata)
    editing.save(fresh, *_COLUMNS, "metadata", now=now)
    return fresh


@transaction.atomic
def delete_eperson(*, acting_user: Actor, eperson: EPerson) -> None:
    """Delete a person; their items stay, without a submitter.

    Raises NotAuthorized, EPersonRefused for the last administrator.
    """
    authorize.require_site_admin(acting_user)
    if groups.is_only_administrator(eperson):
        raise EPersonRefused("this is the only administrator")
    editing.locked(eperson).delete()


@transaction.atomic
def make_administrator(*, acting_user: Actor, eperson: EPerson) -> None:
    """Put a person into the group Administrator. Raises NotAuthorized."""
    authorize.require_site_admin(acting_user)
    GroupMember.objects.get_or_create(group_id=ADMINISTRATOR_GROUP, eperson=eperson)


@transaction.atomic
def create_administrator(*, email: str, password: str, now: datetime, **texts: str) -> tuple[EPerson, bool]:
    """Make the person with this e-mail an administrator who can log in, creating the account if there is none.

    For the command line only: it asks nobody's permission. Returns the person and whether it was created.
    Raises EPersonRefused.
    """
    person = EPerson.objects.filter(email=email.strip().lower()).first()
    created = person is None
    if person is None:
        person = create_eperson(acting_user=authorize.SYSTEM, email=email, password=password, now=now, **texts)
    else:
        values: dict[str, Any] = {"password": password, "can_log_in": True} | texts
        person = edit_eperson(acting_user=authorize.SYSTEM, eperson=person, now=now, **values)
    make_administrator(acting_user=authorize.SYSTEM, eperson=person)
    return person, created


def _valid_email(email: str) -> str:
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        raise EPersonRefused(f"{email!r} is not an e-mail address") from error
    if EPerson.objects.filter(email=address).exists():
        raise EPersonRefused(f"there is somebody with the e-mail {address} already")
    return address


def _set_password(person: EPerson, password: str | None) -> None:
    if password is None:
        person.set_unusable_password()
        return
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise EPersonRefused(" ".join(error.messages)) from error
    person.set_password(password)


def _patch(texts: dict[str, str]) -> editing.Patch:
    if unknown := texts.keys() - _NAMES.keys():
        raise TypeError(f"unknown: {', '.join(sorted(unknown))}")
    registries.require_fields(_NAMES[name] for name in texts)
    return editing.Patch(replace={_NAMES[n]: [Value(t)] if t else [] for n, t in texts.items()})
