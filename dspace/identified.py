"""What identifiers are told of items: the module behind `settings.IDENTIFIED_OBJECTS` (identifiers/objects.py)."""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.module_loading import import_string
from lxml import etree

from common import stylesheets
from common.stylesheets import Stylesheet, StylesheetError
from crosswalks import datacite, ezid
from crosswalks.datacite import Record, Result
from crosswalks.xoai import File
from identifiers import resolution
from identifiers.doi import names
from identifiers.models import DOI
from identifiers.objects import Described
from identifiers.providers.base import COLLECTION, COMMUNITY, ITEM, Archived
from identifiers.services import handles_of
from oai.files import ORIGINAL, files_of
from repository import changes, querysets
from repository.authorize import ANONYMOUS, SYSTEM, visible_to
from repository.hiding import is_hidden
from repository.metadata import Document, Value, document
from repository.models import Bitstream, Item, Mark, ResourcePolicy
from repository.querysets import listed_items
from repository.services import editing, policies, registries

log = logging.getLogger(__name__)

Filter = Callable[[Collection[UUID], datetime], Collection[UUID]]

_STYLESHEET = "crosswalk.dissemination.DataCite.stylesheet"
_PARAMETERS = {
    "publisher": "crosswalk.dissemination.DataCite.publisher",
    "datamanager": "crosswalk.dissemination.DataCite.dataManager",
    "hostinginstitution": "crosswalk.dissemination.DataCite.hostingInstitution",
}
CONSUMER, CHUNK = "doi", 500
PUBLIC = "dspace.identified.public"
_LATER = ":tba"  # DataCite Metadata Schema 4.6, appendix 3
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
    found = set(visible(ids, now))
    files = _files_of({item_id: handles.get(item_id, "") for item_id in found}, now)
    return {
        item.pk: _described(
            item,
            handles.get(item.pk, ""),
            own.get(item.pk, ""),
            files.get(item.pk, ()),
            visible=item.pk in found,
        )
        for item in items
    }


def visible(object_ids: Sequence[UUID], now: datetime) -> Collection[UUID]:
    """Return those of the items whose DOIs may be found, by the filter of the configuration."""
    wanted: Filter = import_string(settings.DSPACE.get("identifier.doi.filter") or PUBLIC)
    return wanted(object_ids, now)


def mark_dates(object_ids: Sequence[UUID], now: datetime) -> None:
    """Mark these items for the days to come on which a policy of them, or of their files, begins or ends to count.

    Services do so when a policy is written, but only for consumers that there are then.
    """
    ids = list(object_ids)
    of_them = Q(item__in=ids) | Q(bundle__item__in=ids) | Q(bitstream__bundle__item__in=ids)
    dated = ResourcePolicy.objects.filter(of_them, Q(start_date__isnull=False) | Q(end_date__isnull=False))
    owners = dated.annotate(of=Coalesce("item", "bundle__item", "bitstream__bundle__item"))
    due: dict[datetime, set[UUID]] = defaultdict(set)
    for item_id, start, end in owners.values_list("of", "start_date", "end_date"):
        for moment in policies.moments([(start, end)], now):
            due[moment].add(item_id)
    for moment, items in due.items():
        there = Mark.objects.filter(consumer=CONSUMER, due=moment, object_id__in=items)
        changes.mark(items - set(there.values_list("object_id", flat=True)), now=now, due=moment, only=CONSUMER)


def archived_without_doi(within: str | None) -> Iterator[list[Archived]]:
    """Yield, some at a time, the archived items that have no DOI, of a community or collection by its handle, or all.

    Raises LookupError.
    """
    items = Item.objects.filter(in_archive=True)
    if within:
        items = items.filter(pk__in=querysets.items_in(_collections(within)).values("pk"))
    items = items.exclude(Exists(DOI.objects.filter(object_id=OuterRef("pk")))).order_by("pk")
    after = UUID(int=0)
    while chunk := list(items.filter(pk__gt=after).only("pk", "metadata")[:CHUNK]):
        after = chunk[-1].pk
        yield [Archived(item.pk, ITEM, item.md.values, trusted=True) for item in chunk]


def _collections(handle: str) -> list[UUID]:
    row = resolution.row_of(handle)
    if row and row.object_type == COLLECTION:
        return [row.object_id]
    if row and row.object_type == COMMUNITY:
        return list(querysets.collections_below(row.object_id).values_list("pk", flat=True))
    raise LookupError(f"{handle!r} is the handle of no community or collection")


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
        if not any(names.is_same(value["value"], addresses[item_id]) for value in values or ())
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


def problems() -> list[str]:
    """Return what keeps all items from being described, or from having their DOI written: one line each."""
    found = []
    try:
        visible([], timezone.now())
    except DatabaseError:
        pass  # `manage.py check` is run before there is a database, too
    except Exception as error:  # somebody's function
        found.append(f"identifier.doi.filter: {error or repr(error)}")
    try:
        stylesheets.compiled(_stylesheet())
        if not _names_kernel_4(_stylesheet()):
            wish = "take the DIM2DataCite.xsl of this version, and make your changes in it"
            found.append(f"{_path()}: it makes no {{{datacite.NAMESPACE}}}resource, all that DataCite takes: {wish}")
    except StylesheetError as error:
        found.append(f"{error.path}:{error.line}: {error}")
    except OSError as error:
        reason = error.strerror or "no such file"
        found.append(f"{_path()}: put the DIM2DataCite.xsl of DSpace there, or set {_STYLESHEET} ({reason})")
    try:
        registries.require_fields([names.noted_in()])
    except registries.UnknownField as error:
        found.append(f"identifier.doi.metadata: {error}: add the field there, or name another")
    except DatabaseError:
        pass
    return found


def doubts() -> list[str]:
    """Return what the stylesheet makes wrong of a simple item."""
    values = {"dc.title": "Owls", "dc.contributor.author": "Author, A.", "dc.date.issued": "2024", "dc.type": "Article"}
    metadata = {name: [{"value": value}] for name, value in {"dc.publisher": "Publisher", **values}.items()}
    try:
        result = datacite.disseminate(Record("a simple item", "", metadata), _stylesheet(), _parameters())
    except (StylesheetError, OSError):
        return []  # one of the problems
    return [f"{_path()}: {problem}" for problem in result.problems]


def _described(item: Item, handle: str, own: str, files: Sequence[File], *, visible: bool) -> Described:
    url = resolution.address(handle) if handle else f"{settings.DSPACE.get('dspace.url')}/items/{item.pk}"
    if visible:
        result = _document(item, handle, _told(item.metadata, own), files)
    else:
        result = _document(item, "", _announced(item), ())
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


def _announced(item: Item) -> Document:
    """Return what is told of an item that is not public, for its reservation: DataCite's word for `to be announced`."""
    year = (item.archived_at or item.last_modified).year
    values = {"dc.title": _LATER, "dc.contributor.author": _LATER, "dc.date.issued": str(year), "dc.type": "Other"}
    return document((name, Value(value)) for name, value in values.items())


def _is_own(field: str, value: str, own: str) -> bool:
    return (field.startswith("dc.identifier") or field == names.noted_in()) and names.is_same(value, own)


def _document(item: Item, handle: str, metadata: Document, files: Sequence[File]) -> Result:
    record = Record(f"item {handle or item.pk}", handle, metadata, files, _publisher_key())
    try:
        stylesheet = _stylesheet()
    except (StylesheetError, OSError) as error:
        return Result(None, [f"{record.name}: {_path().name} can't be used: {error}"])
    result = datacite.disseminate(record, stylesheet, _parameters())
    if result.document and names.by_ezid() and not settings.DSPACE.bool("identifier.doi.ezid.generateDataciteXML"):
        return _ezid_document(record, result.document)
    return result


def _path() -> Path:
    return Path(settings.CONFIG_DIR) / (settings.DSPACE.get(_STYLESHEET) or "crosswalks/DIM2DataCite.xsl")


def _stylesheet() -> Stylesheet:
    return datacite.load(_path())


def _names_kernel_4(stylesheet: Stylesheet) -> bool:
    sources = (etree.tostring(etree.fromstring(source), encoding="unicode") for source in stylesheet.sources.values())
    return any(datacite.NAMESPACE in source for source in sources)


def _parameters() -> dict[str, str]:
    found = {name: settings.DSPACE.get(key) or "" for name, key in _PARAMETERS.items()}
    return found | {"publisher": settings.DSPACE.get(_publisher_key()) or found["publisher"]}


def _publisher_key() -> str:
    return "identifier.doi.ezid.publisher" if names.by_ezid() else _PARAMETERS["publisher"]


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
