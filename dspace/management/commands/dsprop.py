"""`dsprop`: what the configuration says."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from common.commands import DSpaceCommand
from dspace.configuration import ConfigurationError


class Command(DSpaceCommand):
    """Prints the value of one key."""

    help = "View a property of the configuration"
    examples = """
  python manage.py dsprop -p dspace.name
  python manage.py dsprop -m oai -p storage        the key oai.storage
  python manage.py dsprop -p db.password --show-secrets
"""
    expected_errors = (ConfigurationError,)

    def add_arguments(self, parser: CommandParser) -> None:
        """DSpace's options, and ours for secrets."""
        parser.add_argument("-p", "--property", required=True, metavar="KEY", help="name of the property")
        parser.add_argument("-m", "--module", metavar="MODULE", help="module of the property: the key is MODULE.KEY")
        parser.add_argument("-r", "--raw", action="store_true", help="as written, without filling in ${...}")
        parser.add_argument("--show-secrets", action="store_true", help="print passwords and keys too")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the value, several ones with commas between; an empty line for a key that is not set, as in DSpace."""
        key = f"{options['module']}.{options['property']}" if options["module"] else options["property"]
        values = settings.DSPACE.raw(key) if options["raw"] else settings.DSPACE.values(key)
        self.stdout.write(", ".join(values) if options["show_secrets"] else settings.DSPACE.hidden(key, values))
