"""`doi-organiser`: tell the DOI registration agency what is new, changed or gone."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from common.commands import DSpaceCommand
from identifiers.doi import console
from identifiers.doi.states import Action

SHORT = {Action.UPDATE: "-u", Action.RESERVE: "-s", Action.REGISTER: "-r", Action.DELETE: "-d"}


class Command(DSpaceCommand):
    """Transmits what waits for the agency. Updates go first, however the options are given."""

    help = "Transmit information about DOIs to the registration agency"
    examples = """
  python manage.py doi-organiser -l                        what waits
  python manage.py doi-organiser -u -s -r -d -q            everything, silently: what the schedule runs
  python manage.py doi-organiser --register-doi 123456789/42
"""
    _is_typed = False  # else a worker calls it, whose log is its own

    def add_arguments(self, parser: ArgumentParser) -> None:
        """DSpace's options."""
        parser.add_argument("-l", "--list", action="store_true", help="list what was not transmitted yet")
        for action, short in SHORT.items():
            text = f"{action} all DOIs that wait for it"
            parser.add_argument(short, f"--{action}-all", action="store_true", help=text)
            what = "DOI" if action == Action.DELETE else "DOI|ITEM-ID|HANDLE"
            parser.add_argument(f"--{action}-doi", metavar=what, help=f"{action} one DOI that waits for it")
        parser.add_argument("-q", "--quiet", action="store_true", help="print nothing; errors are logged and mailed")

    def run_from_argv(self, argv: list[str]) -> None:
        """Run the command line."""
        self._is_typed = True
        super().run_from_argv(argv)

    def handle(self, *args: Any, **options: Any) -> None:
        """List, then transmit; exit code 1 when something failed, 2 for a DOI that can't be meant."""
        actions = [action for action in SHORT if options[f"{action}_all"]]
        named = [(action, name) for action in SHORT if (name := options[f"{action}_doi"]) is not None]
        if not (actions or named or options["list"]):
            self.print_help("manage.py", "doi-organiser")
            return
        if options["quiet"] and self._is_typed:
            console.log_to_file()
        speaker = console.Console(self.stdout, self.stderr, quiet=options["quiet"])
        code, message = speaker.run(actions, named, with_list=options["list"])
        if code:
            raise CommandError("" if options["quiet"] else message, returncode=code)
