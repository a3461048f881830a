"""`export`: items as folders in Simple Archive Format."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from common.commands import DSpaceCommand, counted, progress
from importexport import lookup, selecting
from importexport.exporting import ExportRequest, export


class Command(DSpaceCommand):
    """Export items."""

    help = "Export an item, or all items of a collection or community"
    expected_errors = (lookup.NotFound,)
    examples = """
  python manage.py export --type=COLLECTION --id=123456789/2 --dest=items --number=1
  python manage.py export -t ITEM -i 123456789/7 -d . -n 1 -z item.zip
"""

    def add_arguments(self, parser: CommandParser) -> None:
        """DSpace's options, and COMMUNITY."""
        parser.add_argument("-t", "--type", type=str.upper, choices=["ITEM", "COLLECTION", "COMMUNITY"], required=True)
        parser.add_argument("-i", "--id", required=True, help="handle or UUID")
        parser.add_argument("-d", "--dest", type=Path, required=True, help="folder to write to")
        parser.add_argument("-n", "--number", type=int, default=1, help="number of the first item's folder (1)")
        parser.add_argument("-m", "--migrate", action="store_true", help="leave out what another system makes anew")
        parser.add_argument("-x", "--exclude-bitstreams", action="store_true", help="metadata only")
        parser.add_argument("-z", "--zip", help="name of a zip file to write in the folder, instead of folders")

    def handle(self, *args: Any, **options: Any) -> None:
        """Export; what the format has no place for is named."""
        (dest := options["dest"]).mkdir(parents=True, exist_ok=True)
        if not options["zip"]:
            self._export(dest, options)
            return
        target = dest / options["zip"]
        if target.exists() or target.suffix != ".zip":
            raise CommandError(f"{target} exists already, or does not end in .zip")
        with tempfile.TemporaryDirectory(prefix=".export-", dir=dest) as folder:
            self._export(Path(folder), options)
            shutil.make_archive(str(target.with_suffix("")), "zip", folder)

    def _export(self, folder: Path, options: dict[str, Any]) -> None:
        items = selecting.items_of(options["type"], options["id"])
        request = ExportRequest(folder, options["number"], options["migrate"], options["exclude_bitstreams"])
        total, failed = items.count(), 0
        with progress("Items", total) as advance:
            for written in export(request, items):
                failed += written.failed is not None
                if written.failed:
                    self.stderr.write(f"{written.folder} {written.handle}: not exported: {written.failed}")
                elif written.lost:
                    lost = ", ".join(written.lost)
                    self.stderr.write(f"{written.folder} {written.handle}: exported, but the format can't say: {lost}")
                advance(1)
        self.stdout.write(f"{counted(total - failed, 'item')} exported")
        if failed:
            raise CommandError(f"{counted(failed, 'item')} could not be exported: see above")
