"""`index-discovery`: bring the search index up to date, rebuild it, clean it."""

import time
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from common.commands import DSpaceCommand, progress
from search import reindexing
from search.backend import get_backend


class Command(DSpaceCommand):
    """Update the search index."""

    help = "Update the search index (without options: what changed, what is missing, what should not be there)"
    expected_errors = (reindexing.NoSuchObject,)
    examples = """
  python manage.py index-discovery                    what changed; then compare the index with the repository
  python manage.py index-discovery -b                 everything anew; readers never see an empty index
  python manage.py index-discovery -i 123456789/4     one item, or everything in a collection or community
"""

    def add_arguments(self, parser: CommandParser) -> None:
        """DSpace's options."""
        one = parser.add_mutually_exclusive_group()
        one.add_argument("-b", "--build", action="store_true", help="(re)build the index, wiping out nothing meanwhile")
        one.add_argument(
            "-c", "--clean", action="store_true", help="remove what should not be in the index, add what should"
        )
        one.add_argument("-f", "--force", action="store_true", help="look at each item again even if nothing changed")
        one.add_argument("-i", "--index", metavar="HANDLE", help="(re)index one object and what is in it; or its UUID")
        one.add_argument("-r", "--remove", metavar="HANDLE", help="remove one object and what is in it from the index")
        one.add_argument("-o", "--optimize", action="store_true", help="only tidy up the index")

    def handle(self, *args: Any, **options: Any) -> None:
        """Mark what the option names, work the marks off, tidy up."""
        now = timezone.now()
        if options["remove"]:
            self.stdout.write(f"{reindexing.remove_object(options['remove'])} items removed from the index")
            return
        if options["index"]:
            reindexing.mark_object(options["index"], now)
            self._process("Indexing")
            return
        if options["build"] or options["force"]:
            reindexing.mark_everything(now)
            self._process("Rebuilding" if options["build"] else "Indexing")
        elif not (options["clean"] or options["optimize"]):
            self._process("Indexing")
        if not options["optimize"] and reindexing.mark_differences(timezone.now()):
            self._process("Cleaning")
        get_backend().maintain()

    def _process(self, what: str) -> None:
        """Work off the marks with a progress bar, and say how many in how long."""
        start = time.monotonic()
        with progress(what, reindexing.outstanding(timezone.now())) as advance:
            count = reindexing.process(advance)
        seconds = time.monotonic() - start
        self.stdout.write(f"{what}: {count:,} items in {seconds:.1f} s ({count / max(seconds, 0.001):,.0f} items/s)")
