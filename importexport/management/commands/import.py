"""`import`: items from a Simple Archive Format archive."""  # noqa: N999  # DSpace's name; nobody imports the module

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from common.commands import DSpaceCommand
from importexport import batch, importing, lookup
from importexport.saf.mapfile import MapFileError
from importexport.saf.zipped import ZipRefused


class Command(DSpaceCommand):
    """Import items."""

    help = "Import items into DSpace: add, replace or delete the items of an archive"
    expected_errors = (
        MapFileError,
        importing.MapFileExists,
        importing.NothingToResume,
        lookup.NotFound,
        ZipRefused,
    )
    examples = """
  python manage.py import --add --eperson=joe@example.edu --collection=123456789/2 --source=items --mapfile=mapfile
  python manage.py import -a -R -e joe@example.edu -c 123456789/2 -s items -m mapfile    go on with a killed import
  python manage.py import --replace --eperson=joe@example.edu --source=items --mapfile=mapfile
  python manage.py import --delete --eperson=joe@example.edu --mapfile=mapfile
"""

    def add_arguments(self, parser: CommandParser) -> None:
        """DSpace's options, and `--strict`."""
        action = parser.add_mutually_exclusive_group(required=True)
        action.add_argument("-a", "--add", action="store_true", help="add items")
        action.add_argument("-r", "--replace", action="store_true", help="replace the items of the map file")
        action.add_argument("-d", "--delete", action="store_true", help="delete the items of the map file")
        parser.add_argument("-s", "--source", type=Path, help="folder that holds the item folders")
        parser.add_argument("-z", "--zip", type=Path, help="zip file (in the source folder, or a path)")
        parser.add_argument(
            "-c", "--collection", action="append", default=[], help="handle or UUID; the first one owns"
        )
        parser.add_argument("-m", "--mapfile", type=Path, required=True, help="folder and handle of each item")
        parser.add_argument("-e", "--eperson", required=True, help="e-mail or UUID of who imports")
        parser.add_argument("-R", "--resume", action="store_true", help="go on with an import (add only)")
        parser.add_argument("-t", "--test", action="store_true", help="check everything, change nothing")
        parser.add_argument("-p", "--template", action="store_true", help="begin with the collection's template item")
        parser.add_argument("-w", "--workflow", action="store_true", help="send through the workflow (not there yet)")
        parser.add_argument("-n", "--notify", action="store_true", help="with -w: send the workflow's e-mails")
        parser.add_argument("-q", "--quiet", action="store_true", help="no progress, only what is bad and the summary")
        parser.add_argument("--strict", action="store_true", help="stop at the first bad item")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check the options, run, report; exit code 1 when an item was bad."""
        if options["workflow"] or options["notify"]:
            raise CommandError(
                "the workflow part does not exist yet: import without -w and -n, straight to the archive"
            )
        if options["resume"] and not options["add"]:
            raise CommandError("--resume goes with --add only")
        if not options["delete"] and not (options["source"] or options["zip"]):
            raise CommandError("a source folder (--source) or a zip file (--zip) is needed")
        with batch.opened_source(options["source"], options["zip"]) as source:
            outcomes, total = batch.outcomes(options, source)
            if not total:
                where = "the map file" if options["delete"] or options["replace"] else "the source"
                raise CommandError(f"there is no item in {where}; an item's folder has a dublin_core.xml")
            if bad := batch.Report(self.stdout, self.stderr, options).follow(outcomes, total):
                again = (
                    "" if options["test"] or not options["add"] else " Mended folders can be imported with --resume."
                )
                raise CommandError(f"{bad} bad: see above.{again}")
