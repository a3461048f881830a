"""`oai`: what the OAI-PMH provider serves, brought up to date or made anew."""

import time
from argparse import ArgumentParser
from typing import Any

from common.commands import DSpaceCommand, progress
from oai.store import maintenance


class Command(DSpaceCommand):
    """The OAI manager, with DSpace's actions and options."""

    help = "Manages what the OAI-PMH provider serves."
    examples = """
  oai import        publish what has changed (done by itself within half a minute; this does it now)
  oai import -c     make every record anew; unchanged ones keep their datestamps, tombstones stay
  oai clean-cache   throw rendered records away, after a stylesheet was changed
"""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The action, and DSpace's options of `import`."""
        parser.add_argument("action", choices=["import", "clean-cache"])
        parser.add_argument("-c", "--clear", action="store_true", help="import: all items, not only changed ones")
        parser.add_argument("-o", "--optimize", action="store_true", help="import: tidy the tables afterwards")
        parser.add_argument("-v", "--verbose", action="store_true", help="say how many records there are")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do it and say what was done."""
        if options["action"] == "clean-cache":
            self.stdout.write(f"{maintenance.clean_cache():,} rendered records thrown away.")
            return
        begun = time.monotonic()
        with progress("oai import") as advance:
            import_ = maintenance.import_all if options["clear"] else maintenance.import_changes
            count = import_(advance)
        seconds = time.monotonic() - begun
        self.stdout.write(f"{count:,} items in {seconds:.1f} s ({count / max(seconds, 0.001):,.0f} items/s).")
        if options["optimize"]:
            maintenance.optimize()
        if options["verbose"]:
            live, deleted = maintenance.totals()
            self.stdout.write(f"{live:,} records, {deleted:,} tombstones.")
