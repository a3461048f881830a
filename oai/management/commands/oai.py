"""`oai`: what the OAI-PMH provider serves, brought up to date or made anew."""

import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandError

from common.commands import DSpaceCommand, counted, progress
from oai.configuration import ConfigurationError
from oai.store import maintenance
from repository.changes import NotNow


class Command(DSpaceCommand):
    """The OAI manager, with DSpace's actions and options."""

    expected_errors = (ConfigurationError, NotNow)
    help = "Manages what the OAI-PMH provider serves. Only --restamp changes datestamps of what is the same."
    examples = """
  oai import                publish what has changed (done by itself within seconds; this does it now)
  oai import -c             make every record anew; harvesters see a whole repository meanwhile
  oai import --restamp      ... and let harvesters fetch all of them again, after a stylesheet was corrected
  oai clean-cache           throw rendered records away; each is made again when it is next asked for
  oai compile-items         make the compiled documents again that were erased
  oai erase-compiled-items  throw compiled documents away; each is made again when it is needed
"""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The action, and DSpace's options of `import`."""
        parser.add_argument("action", choices=["import", "clean-cache", "compile-items", "erase-compiled-items"])
        parser.add_argument("-c", "--clear", action="store_true", help="import: all items, not only changed ones")
        parser.add_argument("--restamp", action="store_true", help="import: let harvesters fetch every record again")
        parser.add_argument("-o", "--optimize", action="store_true", help="import: tidy the tables afterwards")
        parser.add_argument("-v", "--verbose", action="store_true", help="say how many records there are")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do it and say what was done."""
        given = [name for name in ("clear", "restamp") if options[name]]
        if given and options["action"] != "import":
            raise CommandError(f"--{given[0]} is an option of import")
        match options["action"]:
            case "clean-cache":
                self.stdout.write(f"{maintenance.clean_cache():,} rendered records thrown away.")
            case "erase-compiled-items":
                self.stdout.write(f"{maintenance.erase_compiled_items():,} compiled documents thrown away.")
            case "compile-items":
                self._work("oai compile-items", maintenance.compile_items)
            case "import":
                import_ = maintenance.import_all if options["clear"] else maintenance.import_changes
                self._work("oai import", import_)
                if options["restamp"]:
                    self._work("restamping", maintenance.restamp)
        if options["optimize"]:
            maintenance.optimize()
        if options["verbose"]:
            live, deleted = maintenance.totals()
            self.stdout.write(f"{live:,} records, {deleted:,} tombstones.")
        if options["action"] == "import" and (failed := maintenance.failed()):
            raise CommandError(failed)

    def _work(self, title: str, work: Callable[[maintenance.Progress], int]) -> None:
        begun = time.monotonic()
        with progress(title) as advance:
            count = work(advance)
        seconds = time.monotonic() - begun
        self.stdout.write(f"{counted(count, 'item')} in {seconds:.1f} s ({count / max(seconds, 0.001):,.0f} items/s).")
