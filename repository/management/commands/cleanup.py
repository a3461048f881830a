"""`cleanup`: remove the files of deleted bitstreams, and files that no row names."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from common.commands import DSpaceCommand
from repository.authorize import SYSTEM
from repository.services import bitstreams


class Command(DSpaceCommand):
    """Remove deleted bitstreams from the assetstore."""

    help = "Remove deleted bitstreams, and files that belong to none, from the assetstore"

    def add_arguments(self, parser: CommandParser) -> None:
        """DSpace's options."""
        parser.add_argument(
            "-l", "--leave", action="store_true", help="forget deleted bitstreams but leave their files"
        )
        parser.add_argument("-v", "--verbose", action="store_true", help="name each file")

    def handle(self, *args: Any, **options: Any) -> None:
        """Clean up and say how much was removed."""
        count = 0
        for line in bitstreams.cleanup(acting_user=SYSTEM, now=timezone.now(), leave=options["leave"]):
            count += 1
            if options["verbose"]:
                self.stdout.write(line)
        self.stdout.write(f"{count} removed")
