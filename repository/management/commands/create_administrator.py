"""`create-administrator`: the first account, or another one that may do everything."""

import getpass
import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from common.commands import DSpaceCommand
from repository.services import epeople


class Command(DSpaceCommand):
    """Create an administrator."""

    help = "Create a DSpace administrator account, or make an existing account one"
    expected_errors = (epeople.EPersonRefused,)
    examples = """
  python manage.py create-administrator                                  asks for everything
  python manage.py create-administrator -e admin@example.edu -f Ada -l Byron -c en -p 'a long password'
"""

    def add_arguments(self, parser: CommandParser) -> None:
        """DSpace's options; what is missing is asked for."""
        parser.add_argument("-e", "--email", help="e-mail, which is the login")
        parser.add_argument("-f", "--first", help="first name")
        parser.add_argument("-l", "--last", help="last name")
        parser.add_argument("-c", "--language", default="en", help="language of the account (en)")
        parser.add_argument("-p", "--password", help="password")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask for what is missing, create the account."""
        given = {name: options[name] for name in ("email", "first", "last", "password")}
        missing = [name for name, value in given.items() if value is None]
        if missing and not sys.stdin.isatty():
            raise CommandError("without a terminal, give " + ", ".join(f"--{name}" for name in missing))
        person, created = epeople.create_administrator(
            email=given["email"] or self._ask("E-mail address"),
            first_name=self._ask("First name") if given["first"] is None else given["first"],
            last_name=self._ask("Last name") if given["last"] is None else given["last"],
            language=options["language"],
            password=self._ask_password() if given["password"] is None else given["password"],
            now=timezone.now(),
        )
        self.stdout.write(f"{person.email} {'created as' if created else 'is now'} an administrator")

    def _ask(self, what: str) -> str:
        self.stdout.write(f"{what}: ", ending="")
        self.stdout.flush()
        return sys.stdin.readline().strip()

    def _ask_password(self) -> str:
        """Ask twice, without showing it."""
        while True:
            password = getpass.getpass("Password: ")
            if password == getpass.getpass("Password again: "):
                return password
            self.stderr.write("The two differ; once more.")
