"""`update-handle-prefix`: all handles of one prefix get another."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from common.commands import DSpaceCommand
from identifiers import renaming
from repository.authorize import SYSTEM
from repository.services import prefixes

NAMING_FILES = ("input-forms.xml", "item-submission.xml")


class Command(DSpaceCommand):
    """Changes handles, metadata and every index in one transaction, after asking."""

    help = "Change the prefix of all handles, when the registry has assigned one"
    expected_errors = (renaming.PrefixRefused,)
    examples = """
  python manage.py update-handle-prefix 123456789 10673
  python manage.py update-handle-prefix 123456789 10673 --yes      without asking
"""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The two prefixes, in DSpace's order."""
        parser.add_argument("old", metavar="OLD", help="the prefix that handles have now")
        parser.add_argument("new", metavar="NEW", help="the prefix that they get")
        parser.add_argument("--yes", "-y", action="store_true", help="don't ask")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say how many, ask, change, and say what is left to do by hand."""
        old, new = options["old"], options["new"]
        renaming.require_possible(old, new)
        count = renaming.count(old)
        if not count:
            self.stdout.write("Nothing to do! All handles are up-to-date.")
        elif options["yes"] or self._agrees(count, old, new):
            done = prefixes.change_handle_prefix(acting_user=SYSTEM, old=old, new=new, now=timezone.now())
            self.stdout.write(f"{done.handles:,} handles updated, and the metadata of {done.objects:,} objects.")
            self.stdout.write("Search and OAI-PMH follow by themselves; /health shows when they are done.")
            self.stdout.write(f"In local.cfg: handle.prefix = {new}, and for the old handles to lead to the new ones")
            self.stdout.write(f"handle.additional.prefixes = {old}")
        else:
            self.stdout.write("No changes have been made to your data.")
            return
        local = Path(os.environ.get("DSPACE_LOCAL_CFG") or settings.CONFIG_DIR / "local.cfg")
        for line in renaming.lines_naming(old, [local, *(settings.CONFIG_DIR / name for name in NAMING_FILES)]):
            self.stdout.write(line)

    def _agrees(self, count: int, old: str, new: str) -> bool:
        handles = f"{count:,} handle{'s' if count > 1 else ''}"
        self.stdout.write(f"In your repository will be updated {handles} to new prefix {new} from original {old}!")
        self.stdout.write("If it is necessary, please make a backup of the database.")
        self.stdout.write("Are you ready to continue? [y/n]: ", ending="")
        self.stdout.flush()
        try:
            return input().strip().lower() in ("y", "yes")
        except EOFError:
            return False
