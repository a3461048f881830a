"""What the verbs of the `user` command do. Each takes the command's options and yields lines for the person."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.utils import timezone

from repository.authorize import SYSTEM
from repository.models import EPerson
from repository.services import epeople

_TEXTS = {"givenname": "first_name", "surname": "last_name", "telephone": "phone", "language": "language"}
_CHANGES = {
    **_TEXTS,
    "newEmail": "email",
    "newNetid": "netid",
    "canLogIn": "can_log_in",
    "requireCertificate": "require_certificate",
    "password": "password",
}


class NotMeant(ValueError):
    """The options name no account, or lack what the verb needs."""


def add(options: Mapping[str, Any]) -> Iterator[str]:
    """Create an account. Raises NotMeant, EPersonRefused."""
    if not options["email"] or not options["password"]:
        raise NotMeant("a new account needs --email and --password")
    person = epeople.create_eperson(
        acting_user=SYSTEM,
        email=options["email"],
        netid=options["netid"],
        password=options["password"],
        now=timezone.now(),
        **_given(options, _TEXTS),
    )
    if options["requireCertificate"]:
        epeople.edit_eperson(acting_user=SYSTEM, eperson=person, now=timezone.now(), require_certificate=True)
    yield f"Created EPerson {person.pk}"


def modify(options: Mapping[str, Any]) -> Iterator[str]:
    """Change an account. Raises NotMeant, EPersonRefused."""
    person, values = _person(options), _given(options, _CHANGES)
    if not values:
        yield "No changes."
        return
    epeople.edit_eperson(acting_user=SYSTEM, eperson=person, now=timezone.now(), **values)
    yield f"Modified EPerson {person.pk}"


def delete(options: Mapping[str, Any]) -> Iterator[str]:
    """Delete an account. Raises NotMeant, EPersonRefused."""
    person = _person(options)
    name = person.pk
    epeople.delete_eperson(acting_user=SYSTEM, eperson=person)
    yield f"Deleted EPerson {name}"


def listing(options: Mapping[str, Any]) -> Iterator[str]:
    """List all accounts as DSpace does: UUID, e-mail and network id, last and first name."""
    for person in EPerson.objects.order_by("email"):
        names = ", ".join(person.md.first(f"eperson.{part}") or "" for part in ("lastname", "firstname"))
        yield f"{person.pk}\t{person.email}/{person.netid or ''}\t{names}"


VERBS: dict[str, Callable[[Mapping[str, Any]], Iterator[str]]] = {
    "add": add,
    "modify": modify,
    "delete": delete,
    "list": listing,
}


def _given(options: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {field: options[name] for name, field in names.items() if options[name] is not None}


def _person(options: Mapping[str, Any]) -> EPerson:
    """Return the account that --netid or --email names."""
    if not options["netid"] and not options["email"]:
        raise NotMeant("name the account with --email or --netid")
    key = {"netid": options["netid"]} if options["netid"] else {"email": options["email"].strip().lower()}
    person = EPerson.objects.filter(**key).first()
    if person is None:
        raise NotMeant("there is no such EPerson")
    return person
