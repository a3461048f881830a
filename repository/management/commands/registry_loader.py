"""`registry-loader`: metadata fields and file formats from DSpace's registry files."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from common.commands import DSpaceCommand
from common.xml import XMLRefused
from repository.authorize import SYSTEM
from repository.registry_files import RegistryFileError, read_fields, read_formats
from repository.services import registries


class Command(DSpaceCommand):
    """Load entries into a registry."""

    help = "Load entries into a registry; what is registered already stays as it is"
    expected_errors = (RegistryFileError, XMLRefused, registries.UnknownField)
    examples = """
  python manage.py registry-loader -metadata config/registries/local-types.xml
  python manage.py registry-loader -bitstream config/registries/bitstream-formats.xml
"""

    def add_arguments(self, parser: CommandParser) -> None:
        """DSpace's options, with its single hyphen."""
        kind = parser.add_mutually_exclusive_group(required=True)
        kind.add_argument("-metadata", "--metadata", type=Path, metavar="FILE", help="a dspace-dc-types file")
        kind.add_argument("-bitstream", "--bitstream", type=Path, metavar="FILE", help="a dspace-bitstream-types file")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load the file and say how many entries were new."""
        if options["metadata"]:
            schemas, fields = read_fields(options["metadata"])
            added = registries.load_fields(acting_user=SYSTEM, schemas=schemas, fields=fields)
            self.stdout.write(f"{added} of {len(fields)} metadata fields added")
        else:
            formats = read_formats(options["bitstream"])
            added = registries.load_formats(acting_user=SYSTEM, formats=formats)
            self.stdout.write(f"{added} of {len(formats)} bitstream formats added")
