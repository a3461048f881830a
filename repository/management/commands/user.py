"""`user`: add, list, change and delete accounts."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from common.commands import DSpaceCommand
from repository.authorize import SYSTEM
from repository.models import EPerson
from repository.services import epeople

TEXTS = {"givenname": "first_name", "surname": "last_name", "telephone": "phone", "language": "language"}


class Command(DSpaceCommand):
    """Manipulate user accounts."""

    help = "Manipulate a user account: add, list, modify or delete it"
    expected_errors = (epeople.EPersonRefused,)
    examples = """
  python manage.py user --add --email ada@example.edu --givenname Ada --surname Byron --password 'a long password'
  python manage.py user --modify --email ada@example.edu --newEmail byron@example.edu
  python manage.py user --list
"""

    def add_arguments(self, parser: CommandParser) -> None:
        """DSpace's verbs and options."""
        verb = parser.add_mutually_exclusive_group(required=True)
        for short, name in (("-a", "add"), ("-d", "delete"), ("-L", "list"), ("-M", "modify")):
            verb.add_argument(
                short, f"--{name}", action="store_const", const=name, dest="verb", help=f"{name} accounts"
            )
        parser.add_argument("-m", "--email", help="e-mail of the account")
        parser.add_argument("-n", "--netid", help="network id of the account")
        parser.add_argument("-p", "--password", help="password (add, modify)")
        parser.add_argument("-g", "--givenname", help="first name")
        parser.add_argument("-s", "--surname", help="last name")
        parser.add_argument("-t", "--telephone", help="telephone number")
        parser.add_argument("-l", "--language", help="preferred language")
        parser.add_argument("-c", "--requireCertificate", type=_boolean, help="true: log in with a certificate only")
        parser.add_argument("-C", "--canLogIn", type=_boolean, help="whether the account may log in (modify)")
        parser.add_argument("-i", "--newEmail", help="new e-mail (modify)")
        parser.add_argument("-I", "--newNetid", help="new network id (modify)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what the verb says."""
        getattr(self, f"_{options['verb']}")(options)

    def _add(self, options: dict[str, Any]) -> None:
        if not options["email"] or not options["password"]:
            raise CommandError("a new account needs --email and --password")
        certificate = {"require_certificate": True} if options["requireCertificate"] else {}
        person = epeople.create_eperson(
            acting_user=SYSTEM,
            email=options["email"],
            netid=options["netid"],
            password=options["password"],
            now=timezone.now(),
            **_texts(options),
        )
        if certificate:
            epeople.edit_eperson(acting_user=SYSTEM, eperson=person, now=timezone.now(), **certificate)
        self.stdout.write(f"Created EPerson {person.pk}")

    def _modify(self, options: dict[str, Any]) -> None:
        names = {"newEmail": "email", "newNetid": "netid", "canLogIn": "can_log_in", "password": "password"}
        names["requireCertificate"] = "require_certificate"
        values = {field: options[name] for name, field in names.items() if options[name] is not None}
        values |= _texts(options)
        person = _person(options)
        if not values:
            self.stdout.write("No changes.")
            return
        epeople.edit_eperson(acting_user=SYSTEM, eperson=person, now=timezone.now(), **values)
        self.stdout.write(f"Modified EPerson {person.pk}")

    def _delete(self, options: dict[str, Any]) -> None:
        person = _person(options)
        epeople.delete_eperson(acting_user=SYSTEM, eperson=person)
        self.stdout.write(f"Deleted EPerson {person.pk}")

    def _list(self, options: dict[str, Any]) -> None:
        for person in EPerson.objects.order_by("email"):
            names = ", ".join(person.md.first(f"eperson.{part}") or "" for part in ("lastname", "firstname"))
            self.stdout.write(f"{person.pk}\t{person.email}/{person.netid or ''}\t{names}")


def _texts(options: dict[str, Any]) -> dict[str, str]:
    return {field: options[name] for name, field in TEXTS.items() if options[name] is not None}


def _person(options: dict[str, Any]) -> EPerson:
    """Return the account that --netid or --email names."""
    if not options["netid"] and not options["email"]:
        raise CommandError("name the account with --email or --netid")
    key = {"netid": options["netid"]} if options["netid"] else {"email": options["email"].strip().lower()}
    person = EPerson.objects.filter(**key).first()
    if person is None:
        raise CommandError("there is no such EPerson")
    return person


def _boolean(text: str) -> bool:
    """Return what DSpace takes for true: the word alone."""
    return text.strip().lower() == "true"
