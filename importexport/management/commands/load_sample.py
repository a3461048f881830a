"""`load-sample`: the small sample archive, into an empty repository."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from common.commands import DSpaceCommand
from importexport import sample
from importexport.structure import StructureError


class Command(DSpaceCommand):
    """Load the sample archive."""

    help = "Load the sample archive into an empty repository; does nothing where there is a community"
    expected_errors = (sample.SampleError, StructureError)

    def handle(self, *args: Any, **options: Any) -> None:
        """Load it and say so."""
        count = sample.load(Path(settings.BASE_DIR) / "sample", now=timezone.now())
        self.stdout.write(f"{count} sample items loaded" if count else "There are communities: no sample is loaded")
