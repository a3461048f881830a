"""What must be there before anything else: the two permanent groups, the site and its handle, the registries."""

from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from identifiers import services as identifiers
from repository import registry_files
from repository.authorize import SYSTEM
from repository.constants import ADMINISTRATOR_GROUP, ANONYMOUS_GROUP, SITE, ObjectType
from repository.metadata import Value, document
from repository.models import BitstreamFormat, Group, MetadataSchema, Site
from repository.services import registries


@transaction.atomic
def prepare(*, now: datetime) -> None:
    """Make what is missing; run again, it changes nothing. Registries are loaded only where they are empty.

    Raises what `registry_files` raises when a file under config/registries is wrong.
    """
    for pk, name in ((ANONYMOUS_GROUP, "Anonymous"), (ADMINISTRATOR_GROUP, "Administrator")):
        Group.objects.get_or_create(pk=pk, defaults={"group_name": name, "permanent": True, "last_modified": now})
    title = document([("dc.title", Value(settings.DSPACE.get("dspace.name") or "DSpace"))])
    Site.objects.get_or_create(pk=SITE, defaults={"metadata": title, "last_modified": now})
    if identifiers.handle_of(SITE) is None:
        identifiers.bind(f"{identifiers.prefix()}/0", SITE, ObjectType.SITE)
    _load_registries(Path(settings.BASE_DIR) / "config" / "registries")


def _load_registries(folder: Path) -> None:
    formats = folder / "bitstream-formats.xml"
    if not MetadataSchema.objects.exists():
        files = set(folder.glob("*.xml")) - {formats}
        # Dublin Core first: fields are shown in the order they were registered in.
        for path in sorted(files, key=lambda p: (p.name != "dublin-core-types.xml", p.name)):
            schemas, fields = registry_files.read_fields(path)
            registries.load_fields(acting_user=SYSTEM, schemas=schemas, fields=fields)
    if not BitstreamFormat.objects.exists():
        registries.load_formats(acting_user=SYSTEM, formats=registry_files.read_formats(formats))
