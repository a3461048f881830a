"""`user`: add, list, change and delete accounts."""

from typing import Any

from django.core.management.base import CommandParser

from common.commands import DSpaceCommand
from repository.management import accounts
from repository.services import epeople


class Command(DSpaceCommand):
    """Manipulate user accounts."""

    help = "Manipulate a user account: add, list, modify or delete it"
    expected_errors = (accounts.NotMeant, epeople.EPersonRefused)
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
        """Do what the verb says, and say what was done."""
        for line in accounts.VERBS[options["verb"]](options):
            self.stdout.write(line)


def _boolean(text: str) -> bool:
    """Return what DSpace takes for true: the word alone."""
    return text.strip().lower() == "true"
