"""`index-discovery`: bring the search index up to date, rebuild it, clean it."""

import time
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from common.commands import DSpaceCommand, counted, progress
from search import reindexing
from search.backend import get_backend


class Command(DSpaceCommand):
    """Update the search index."""

    help = "Update the search index (without options: what changed, what is missing, what should not be there)"
    expected_errors = (reindexing.NoSuchObject,)

    def add_arguments(self, parser: CommandParser) -> None:
        """DSpace's options."""
        one = parser.add_mutually_exclusive_group()
        one.add_argument("-i", "--index", metavar="HANDLE", help="only this object (or UUID) and what it holds")
        one.add_argument("-r", "--remove", metavar="HANDLE", help="take this object and what it holds out of the index")
        parser.add_argument("-b", "--build", action="store_true", help="build anew; the old index serves meanwhile")
        parser.add_argument("-f", "--force", action="store_true", help="the same: look at each item, changed or not")
        parser.add_argument("-c", "--clean", action="store_true", help="only compare the index with the repository")
        parser.add_argument("-o", "-s", "--optimize", action="store_true", help="only tidy up index and suggestions")

    def handle(self, *args: Any, **options: Any) -> None:
        """Mark what the options name, work the marks off, tidy up, name what failed."""
        if options["remove"]:
            self.stdout.write(f"{reindexing.remove_object(options['remove'])} items removed from the index")
        elif options["index"]:
            reindexing.mark_object(options["index"], timezone.now())
            self._process("Indexing")
        else:
            self._pass(everything=options["build"] or options["force"], **options)
        for item_id, error in reindexing.failing():
            self.stderr.write(f"{item_id} could not be indexed and will be tried again: {error}")

    def _pass(self, *, everything: bool, clean: bool, optimize: bool, **_: Any) -> None:
        if everything:
            reindexing.mark_everything(timezone.now())
        if everything or not (clean or optimize):
            self._process("Indexing")
        if (everything or clean or not optimize) and reindexing.mark_differences(timezone.now()):
            self._process("Cleaning")
        get_backend().maintain()

    def _process(self, what: str) -> None:
        """Work off the marks with a progress bar, and say how many in how long."""
        start = time.monotonic()
        total = reindexing.outstanding(timezone.now())
        with progress(what, total) as advance:
            count = reindexing.process(advance)
        seconds = time.monotonic() - start
        rate = f"{counted(count, 'item')} in {seconds:.1f} s ({count / max(seconds, 0.001):,.0f} items/s)"
        others = total - count - len(reindexing.failing())
        self.stdout.write(
            f"{what}: {rate}" + (f"; {others:,} more by the worker in the background" if others > 0 else "")
        )
