"""`doi-organiser`: tell the DOI registration agency what is new, changed or gone."""

import logging
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from common.commands import DSpaceCommand
from identifiers.connectors import ConnectorMisconfigured
from identifiers.doi import registry
from identifiers.doi.console import Console
from identifiers.doi.states import Action
from identifiers.providers.doi import PROVIDER, is_on

log = logging.getLogger(__name__)

ALL = {"update_all": Action.UPDATE, "reserve_all": Action.RESERVE, "register_all": Action.REGISTER}
ALL |= {"delete_all": Action.DELETE}
ONE = {"update_doi": Action.UPDATE, "reserve_doi": Action.RESERVE, "register_doi": Action.REGISTER}
ONE |= {"delete_doi": Action.DELETE}


class Command(DSpaceCommand):
    """Transmits what waits for the agency. Updates go first, however the options are given."""

    help = "Transmit information about DOIs to the registration agency"
    examples = """
  python manage.py doi-organiser -l                        what waits
  python manage.py doi-organiser -u -s -r -d -q            everything, silently: what the schedule runs
  python manage.py doi-organiser --register-doi 123456789/42
"""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """DSpace's options."""
        parser.add_argument(
            "-l", "--list", action="store_true", help="list DOIs whose changes were not transmitted yet"
        )
        for short, name in (("-d", "delete"), ("-r", "register"), ("-s", "reserve"), ("-u", "update")):
            text = f"transmit all DOIs that wait to be {name.rstrip('e')}ed"
            parser.add_argument(short, f"--{name}-all", action="store_true", help=text)
        for name in ("register", "reserve", "update"):
            parser.add_argument(f"--{name}-doi", metavar="DOI|ITEM-ID|HANDLE", help=f"{name} one DOI that waits for it")
        parser.add_argument("--delete-doi", metavar="DOI", help="delete one DOI that is marked for deletion")
        parser.add_argument("-q", "--quiet", action="store_true", help="print nothing; errors are logged and mailed")

    def handle(self, *args: Any, **options: Any) -> None:
        """List, then transmit; exit code 1 when something failed, 2 for a DOI that can't be meant."""
        actions = [action for name, action in ALL.items() if options[name]]
        named = [(action, options[name]) for name, action in ONE.items() if options[name] is not None]
        if not (actions or named or options["list"]):
            self.print_help("manage.py", "doi-organiser")
            return
        if not is_on():
            if not options["quiet"]:
                self.stdout.write(f"There are no DOIs here: identifier.providers does not name {PROVIDER}.")
            return
        console = Console(self.stdout, self.stderr, quiet=options["quiet"])
        try:
            if options["list"]:
                console.list_waiting()
            failed = (actions or named) and not console.work(actions, named)
        except (registry.NoDOI, ConnectorMisconfigured) as error:
            self._end(str(error), 2, quiet=options["quiet"])
        if failed:
            self._end("Not everything could be done: see above.", 1, quiet=options["quiet"])

    def _end(self, message: str, code: int, *, quiet: bool) -> None:
        log.log(logging.ERROR if code > 1 else logging.WARNING, "doi-organiser: %s", message)
        raise CommandError("" if quiet else message, returncode=code)
