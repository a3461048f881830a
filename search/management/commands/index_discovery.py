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
        one.add_argument(
            "-i", "--index", metavar="HANDLE", help="only (re)index this object and what is in it; or UUID"
        )
        one.add_argument("-r", "--remove", metavar="HANDLE", help="only remove this object and what is in it; or UUID")
        parser.add_argument(
            "-b", "--build", action="store_true", help="(re)build the index; the old one serves meanwhile"
        )
        parser.add_argument("-f", "--force", action="store_true", help="look at each item, even if nothing changed")
        parser.add_argument("-c", "--clean", action="store_true", help="only compare the index with the repository")
        parser.add_argument("-o", "--optimize", action="store_true", help="only tidy up the index")
        parser.add_argument("-s", "--spellchecker", action="store_true", help="the same: suggestions are part of that")

    def handle(self, *args: Any, **options: Any) -> None:
        """Mark what the options name, work the marks off, tidy up, name what failed."""
        if options["remove"]:
            self.stdout.write(f"{reindexing.remove_object(options['remove'])} items removed from the index")
        elif options["index"]:
            reindexing.mark_object(options["index"], timezone.now())
            self._process("Indexing")
        else:
            self._pass(options)
            get_backend().maintain()
        for item_id, error in reindexing.failing():
            self.stderr.write(f"{item_id} could not be indexed and will be tried again: {error}")

    def _pass(self, options: dict[str, Any]) -> None:
        """Look at everything, or at what changed; then, unless only tidying up is wanted, compare."""
        everything = options["build"] or options["force"]
        tidy_only = (options["optimize"] or options["spellchecker"]) and not (everything or options["clean"])
        if everything:
            reindexing.mark_everything(timezone.now())
        if everything or not (options["clean"] or tidy_only):
            self._process("Rebuilding" if options["build"] else "Indexing")
        if not tidy_only and reindexing.mark_differences(timezone.now()):
            self._process("Cleaning")

    def _process(self, what: str) -> None:
        """Work off the marks with a progress bar, and say how many in how long."""
        start = time.monotonic()
        with progress(what, reindexing.outstanding(timezone.now())) as advance:
            count = reindexing.process(advance)
        seconds = time.monotonic() - start
        self.stdout.write(f"{what}: {count:,} items in {seconds:.1f} s ({count / max(seconds, 0.001):,.0f} items/s)")
