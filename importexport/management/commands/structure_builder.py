"""`structure-builder`: communities and collections from an XML file."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction
from django.utils import timezone

from common.commands import DSpaceCommand
from importexport import building, lookup
from importexport.structure import StructureError, read_structure, write_structure
from repository.authorize import NotAuthorized, actor_for


class Command(DSpaceCommand):
    """Build the community and collection structure."""

    help = "Build DSpace community and collection structure"
    expected_errors = (StructureError, lookup.NotFound, NotAuthorized)
    examples = """
  python manage.py structure-builder -f structure.xml -o structure-with-handles.xml -e admin@example.edu
"""

    def add_arguments(self, parser: CommandParser) -> None:
        """DSpace's options."""
        parser.add_argument("-f", "--file", type=Path, required=True, help="the structure to build")
        parser.add_argument("-o", "--output", type=Path, required=True, help="where to write it with its handles")
        parser.add_argument("-e", "--eperson", required=True, help="e-mail of who builds it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, build, write back; what can't be written back is not built."""
        builder = actor_for(lookup.find_eperson(options["eperson"]))
        nodes = read_structure(options["file"])
        with transaction.atomic():
            count = building.build(nodes, acting_user=builder, now=timezone.now())
            options["output"].write_bytes(write_structure(nodes))
        self.stdout.write(f"{count} communities and collections built; their handles are in {options['output']}")
