"""`doi-organiser`: tell the DOI registration agency what is new, changed or gone."""

from argparse import ArgumentParser
from functools import partial
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
  python manage.py doi-organiser --mint-all --dry-run      how many older items would get a DOI
  python manage.py doi-organiser --review-all              after DOIs were off for a time, or the stylesheet changed
  python manage.py doi-organiser --resend-all -u -d        after a move to another agency
"""
    _is_typed = False  # else a worker calls it, whose log is its own

    def add_arguments(self, parser: ArgumentParser) -> None:
        """DSpace's options."""
        parser.add_argument("-l", "--list", action="store_true", help="list what was not transmitted yet")
        for action, short in SHORT.items():
            text = f"{action} all DOIs that wait for it"
            parser.add_argument(short, f"--{action}-all", action="store_true", help=text)
            what = "DOI" if action == Action.DELETE else "DOI|ITEM-ID|HANDLE"
            text = f"{action} one DOI that waits for it; may be given more than once"
            parser.add_argument(f"--{action}-doi", action="append", default=[], metavar=what, help=text)
        parser.add_argument("--mint-all", action="store_true", help="give a DOI to each archived item that has none")
        parser.add_argument("--within", metavar="HANDLE", help="--mint-all: only in this community or collection")
        parser.add_argument("--dry-run", action="store_true", help="--mint-all: only say how many")
        parser.add_argument("--yes", "-y", action="store_true", help="--mint-all, --resend-all: don't ask")
        parser.add_argument(
            "--review-all", action="store_true", help="look at every item that has a DOI for what the agency must know"
        )
        parser.add_argument(
            "--resend-all",
            action="store_true",
            help="mark all that the agency was told of: after a move to another one; -u tells it, of deleted DOIs -d",
        )
        parser.add_argument("-q", "--quiet", action="store_true", help="print nothing; errors are logged and mailed")

    def run_from_argv(self, argv: list[str]) -> None:
        """Run the command line; options that can't be meant end with 2, as argparse ends."""
        self._is_typed = self._called_from_command_line = True
        super().run_from_argv(argv)

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what is asked; exit code 1 when something failed, 2 for what can't be meant."""
        wishes = console.Wishes(
            actions=[action for action in SHORT if options[f"{action}_all"]],
            named=[(action, name) for action in SHORT for name in options[f"{action}_doi"]],
            list_all=options["list"],
            review_all=options["review_all"],
            resend_all=options["resend_all"],
            mint_all=options["mint_all"],
            within=options["within"],
        )
        if contradiction := _contradiction(wishes, options):
            raise CommandError(contradiction, returncode=2)
        if wishes == console.Wishes(actions=[], named=[]):
            if not options["quiet"]:
                self.print_help("manage.py", "doi-organiser")
            return
        if self._is_typed:
            console.log_to_file()
        agrees = partial(self._agrees, dry_run=options["dry_run"], yes=options["yes"])
        speaker = console.Console(self.stdout, self.stderr, quiet=options["quiet"], agrees=agrees)
        code, message = speaker.run(wishes)
        if code:
            raise CommandError("" if options["quiet"] else message, returncode=code)

    def _agrees(self, question: str, *, dry_run: bool, yes: bool) -> bool:
        """Ask whether to go on; nobody there to answer means no."""
        if yes and not dry_run:
            return True
        self.stdout.write(question)
        if dry_run:
            return False
        self.stdout.write("What is registered is there for good. Are you ready to continue? [y/n]: ", ending="")
        self.stdout.flush()
        try:
            agreed = input().strip().lower() in ("y", "yes")
        except EOFError:
            agreed = False
        if not agreed:
            self.stdout.write("Nothing has been changed.")
        return agreed


def _contradiction(wishes: console.Wishes, options: dict[str, Any]) -> str:
    """Return what is wrong with the options together."""
    alone = [name for name in ("within", "dry_run") if options[name] and not wishes.mint_all]
    if alone:
        return f"--{alone[0].replace('_', '-')} goes with --mint-all"
    if options["dry_run"] and wishes != console.Wishes([], [], mint_all=True, within=wishes.within):
        return "--dry-run goes with --mint-all and --within alone: nothing else is tried out"
    if options["quiet"] and (wishes.mint_all or wishes.resend_all) and not options["yes"]:
        return "--quiet asks nothing: add --yes"
    return ""
