"""What identifiers are told of items: the module behind `settings.IDENTIFIED_OBJECTS` (identifiers/objects.py)."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from common.stylesheets import StylesheetError
from crosswalks import datacite, ezid
from crosswalks.datacite import Record, Result
from crosswalks.xoai import File
from identifiers import resolution
from identifiers.doi import names
from identifiers.models import DOI
from identifiers.objects import Described
from identifiers.services import handles_of
from oai.files import ORIGINAL, files_of
from repository.authorize import ANONYMOUS, SYSTEM, visible_to
from repository.hiding import is_hidden
from repository.metadata import Document
from repository.models import Bitstream, Item
from repository.querysets import listed_items
from repository.services import editing

log = logging.getLogger(__name__)

Filter = Callable[[Collection[UUID], datetime], Collection[UUID]]

_PARAMETERS = {
    "publisher": "crosswalk.dissemination.DataCite.publisher",
    "datamanager": "crosswalk.dissemination.DataCite.dataManager",
    "hostinginstitution": "crosswalk.dissemination.DataCite.hostingInstitution",
}
PUBLIC = "dspace.identified.public"
_NEVER_TOLD = "dc.description.provenance"


def describe(object_id: UUID) -> Described | None:
    """Return an item as it is now, None when there is none."""
    return describe_all([object_id], timezone.now()).get(object_id)


def describe_all(object_ids: Sequence[UUID], now: datetime) -> Mapping[UUID, Described]:
    """Return those of the items that exist, whoever may see them; in a constant number of queries."""
    items = list(Item.objects.filter(pk__in=object_ids))
    ids = [item.pk for item in items]
    handles = handles_of(ids)
    own = dict(DOI.objects.filter(object_id__in=ids).values_list("object_id", "doi"))
    wanted: Filter = import_string(settings.DSPACE.get("identifier.doi.filter") or PUBLIC)
    visible = set(wanted(ids, now))
    files = _files_of({item_id: handles.get(item_id, "") for item_id in visible}, now)
    return {
        item.pk: _described(
            item,
            handles.get(item.pk, ""),
            own.get(item.pk, ""),
            files.get(item.pk, ()),
            visible=item.pk in visible,
        )
        for item in items
    }


def note(addresses: Mapping[UUID, str], now: datetime) -> None:
    """Add to each of these items the address of its DOI, in the field `identifier.doi.metadata`.

    One that has the DOI there in any spelling needs none, and one that is gone neither. Raises UnknownField when there
    is no such field.
    """
    field = names.noted_in()
    locked = Item.objects.select_for_update().filter(pk__in=addresses).order_by("pk")
    there = dict(locked.values_list("pk", f"metadata__{field}"))
    missing = {
        item_id: addresses[item_id]
        for item_id, values in there.items()
        if names.bare(addresses[item_id]) not in [names.bare(value["value"]) for value in values or ()]
    }
    if missing:
        editing.add_to_items(acting_user=SYSTEM, field=field, values=missing, now=now)


def public(item_ids: Collection[UUID], now: datetime) -> Collection[UUID]:
    """Return those of the items that everybody may see: archived, not withdrawn, not private, readable by Anonymous."""
    items = listed_items().filter(pk__in=item_ids)
    return set(visible_to(ANONYMOUS, items, now=now).values_list("pk", flat=True))


def public_with_file(item_ids: Collection[UUID], now: datetime) -> Collection[UUID]:
    """Return those of the public items that have a file, whoever may read it (DSpace's `doi-filter`)."""
    files = Bitstream.objects.filter(bundle__item__in=public(item_ids, now), bundle__bundle_name="ORIGINAL")
    return {item_id for item_id in files.filter(deleted=False).values_list("bundle__item", flat=True) if item_id}


def _described(item: Item, handle: str, own: str, files: Sequence[File], *, visible: bool) -> Described:
    url = resolution.address(handle) if handle else f"{settings.DSPACE.get('dspace.url')}/items/{item.pk}"
    result = _document(item, handle, _told(item.metadata, own), files)
    return Described(item.pk, handle, url, visible, result.document, result.problems)


def _files_of(handles: Mapping[UUID, str], now: datetime) -> dict[UUID, Sequence[File]]:
    """Return the files of each item that everybody may read."""
    found = files_of(handles, "", now)
    return {
        item_id: [file for bundle in of_item.bundles if bundle.name == ORIGINAL for file in bundle.files]
        for item_id, of_item in found.items()
    }


def _told(metadata: Document, own: str) -> Document:
    """Return the metadata without hidden fields, and without the item's own DOI: telling it must change nothing."""
    shown = {name: values for name, values in metadata.items() if name != _NEVER_TOLD and not is_hidden(name)}
    if not own:
        return shown
    return {name: [v for v in values if not _is_own(name, v["value"], own)] for name, values in shown.items()}


def _is_own(field: str, value: str, own: str) -> bool:
    if not field.startswith("dc.identifier"):
        return False
    return (names.bare(value) or "").upper() == own.upper()


def _document(item: Item, handle: str, metadata: Document, files: Sequence[File]) -> Result:
    record = Record(f"item {handle or item.pk}", handle, metadata, files)
    path = Path(settings.DSPACE.get("crosswalk.dissemination.DataCite.stylesheet") or "crosswalks/DIM2DataCite.xsl")
    parameters = {name: settings.DSPACE.get(key) or "" for name, key in _PARAMETERS.items()}
    try:
        stylesheet = datacite.load(settings.CONFIG_DIR / path)
    except (StylesheetError, OSError) as error:
        return Result(None, [f"{record.name}: {path.name} can't be used: {error}"])
    result = datacite.disseminate(record, stylesheet, parameters)
    if result.document and names.by_ezid() and not settings.DSPACE.bool("identifier.doi.ezid.generateDataciteXML"):
        return _ezid_document(record, result.document)
    return result


def _ezid_document(record: Record, document: str) -> Result:
    """Return what EZID is told by the maps `identifier.doi.ezid.crosswalk.*` and `.crosswalkTransform.*`."""
    crosswalk, transforms = _map("identifier.doi.ezid.crosswalk."), _map("identifier.doi.ezid.crosswalkTransform.")
    publisher = settings.DSPACE.get("identifier.doi.ezid.publisher") or ""
    try:
        functions = {name: ezid.transform(path) for name, path in transforms.items()}
    except (ImportError, AttributeError, ValueError) as error:
        return Result(None, [f"{record.name}: identifier.doi.ezid.crosswalkTransform: {error}"])
    return ezid.disseminate(record, document, crosswalk, functions, publisher)


def _map(prefix: str) -> dict[str, str]:
    found = {key.removeprefix(prefix): settings.DSPACE.get(key) for key in settings.DSPACE.keys(prefix)}
    return {name: value for name, value in found.items() if value}
