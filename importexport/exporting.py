"""Writing items as folders in Simple Archive Format, so that importing them again gives the same items."""

import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from django.db.models import QuerySet
from lxml import etree

from common.text import xml_safe
from identifiers import services as identifiers
from importexport.saf.files import is_inside
from repository import bitstore
from repository.constants import ANONYMOUS_GROUP, Action
from repository.metadata import Metadata, Value
from repository.models import Bitstream, Item, ResourcePolicy

# Fields that another repository makes anew (`--migrate`).
_MADE_ANEW = {
    "dc.date.accessioned",
    "dc.date.available",
    "dc.description.provenance",
    "dc.format.extent",
    "dc.format.mimetype",
}
_RESERVED = ("dublin_core.xml", "contents", "handle", "collections", "relationships")


class Unreadable(Exception):
    """A file of the item can't be read from its store."""


class Written(NamedTuple):
    """An item's folder, and what of the item the format has no place for; or why there is no folder."""

    folder: str
    handle: str | None
    lost: Sequence[str] = ()
    failed: str | None = None


@dataclass(frozen=True)
class ExportRequest:
    """`migrate`: for another repository, without handle and what the system wrote; else nothing is left out."""

    destination: Path
    first_number: int = 1
    migrate: bool = False
    exclude_bitstreams: bool = False


def export(request: ExportRequest, items: "QuerySet[Item]") -> Iterator[Written]:
    """Write each item to a folder of `request.destination`, numbered from `first_number`.

    An item with a file that the store can't give is passed over. Raises FileExistsError when such a folder is there
    already, OSError when it can't be written.
    """
    for number, item in enumerate(items.iterator(chunk_size=200), start=request.first_number):
        folder = request.destination / str(number)
        folder.mkdir()
        handle = identifiers.handle_of(item.pk)
        try:
            yield Written(folder.name, handle, _write_item(folder, item, handle, request))
        except Unreadable as error:
            shutil.rmtree(folder)
            yield Written(folder.name, handle, failed=str(error))


def _write_item(folder: Path, item: Item, handle: str | None, request: ExportRequest) -> list[str]:
    """Write all of an item and return what is lost. Raises Unreadable, OSError."""
    _write_metadata(folder, item.md, handle, migrate=request.migrate)
    lost = _write_files(folder, item, with_content=not request.exclude_bitstreams)
    if not request.migrate:
        _write_lines(folder / "handle", [handle] if handle else [])
        _write_lines(folder / "collections", _collections(item))
    return lost + _lost_policies(item)


def _write_metadata(folder: Path, metadata: Metadata, handle: str | None, *, migrate: bool) -> None:
    schemas: dict[str, list[tuple[str, Value]]] = defaultdict(list)
    schemas["dc"] = []  # always written: a folder without it is no item
    for field, value in metadata.items():
        if not (migrate and _is_made_anew(field, value.value, handle)):
            schema, _, rest = field.partition(".")
            schemas[schema].append((rest, value))
    for schema, values in schemas.items():
        root = etree.Element("dublin_core", schema=schema)
        for rest, value in values:
            root.append(_dcvalue(rest, value))
        name = "dublin_core.xml" if schema == "dc" else f"metadata_{schema}.xml"
        document = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
        (folder / name).write_bytes(document)


def _dcvalue(rest: str, value: Value) -> "etree._Element":
    element, _, qualifier = rest.partition(".")
    dcvalue = etree.Element("dcvalue", element=element, qualifier=qualifier or "none")
    dcvalue.text = xml_safe(value.value)
    if value.language:
        dcvalue.set("language", xml_safe(value.language))
    if value.authority:
        dcvalue.set("authority", xml_safe(value.authority))
        dcvalue.set("confidence", str(value.confidence))
    return dcvalue


def _is_made_anew(field: str, text: str, handle: str | None) -> bool:
    own_address = field == "dc.identifier.uri" and handle is not None and text == identifiers.canonical_url(handle)
    return field in _MADE_ANEW or own_address


def _write_files(folder: Path, item: Item, *, with_content: bool) -> list[str]:
    """Write `contents` and the files; return what is lost. Without content, `contents` is empty."""
    lines: list[str] = []
    lost: list[str] = []
    taken = {*_RESERVED, *(path.name for path in folder.iterdir())}
    found = Bitstream.objects.filter(bundle__item=item, deleted=False).select_related("bundle")
    bitstreams = list(found.order_by("sequence_id") if with_content else found.none())
    policies = _read_policies([b.pk for b in bitstreams])
    for bitstream in bitstreams:
        path = _free_path(bitstream, taken)
        if not bitstream.internal_id.startswith(bitstore.REGISTERED):
            _copy(bitstream, folder / path)
        lines.append(_line(bitstream, path, policies[bitstream.pk]))
        if _is_lossy(policies[bitstream.pk]):
            lost.append(f"the policies of {bitstream.name}")
    _write_lines(folder / "contents", lines, always=True)
    return lost


def _free_path(bitstream: Bitstream, taken: set[str]) -> str:
    """Return a path in the folder that no other file has: the name, else the name with a number before it."""
    name = bitstream.name or str(bitstream.pk)
    safe = name if is_inside(name) and "\t" not in name and name.isprintable() else str(bitstream.pk)
    path, number = safe, 0
    while path in taken or any(t.startswith(f"{path}/") or path.startswith(f"{t}/") for t in taken):
        number += 1
        path = f"{number}_{safe}"
    taken.add(path)
    return path


def _copy(bitstream: Bitstream, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        storage = bitstore.storage_of(bitstream.store_number)
        source = storage.open(bitstore.name_in_store(bitstream.internal_id))
    except (OSError, bitstore.NoSuchStore) as error:
        raise Unreadable(f"{bitstream.name} is not in its store: {error}") from error
    with source, target.open("xb") as file:
        shutil.copyfileobj(source, file, 1024 * 1024)


def _line(bitstream: Bitstream, path: str, policies: list[ResourcePolicy]) -> str:
    bundle = bitstream.bundle
    assert bundle is not None  # selected by its item
    registered = bitstream.internal_id.startswith(bitstore.REGISTERED)
    place = f"-r -s {bitstream.store_number} -f {bitstore.name_in_store(bitstream.internal_id)}" if registered else path
    parts = [place, f"bundle:{bundle.bundle_name}"]
    if not any(policy.group_id == ANONYMOUS_GROUP and not _has_dates(policy) for policy in policies):
        parts.append(f"permissions:-r '{_reader(policies)}'")
    if bundle.primary_bitstream_id == bitstream.pk:
        parts.append("primary:true")
    if bitstream.description:
        parts.append(f"description:{' '.join(bitstream.description.split())}")
    read_as = place.rsplit("/", 1)[-1].rsplit(" -f ", 1)[-1] if registered else path
    if bitstream.name not in ("", read_as):
        parts.append(f"name:{' '.join(bitstream.name.split())}")
    return "\t".join(parts)


def _reader(policies: list[ResourcePolicy]) -> str:
    """Return the only group that may read; where one can't be named, Administrator: an import opens nothing."""
    group = None if _is_lossy(policies) else policies[0].group
    return group.group_name if group else "Administrator"


def _has_dates(policy: ResourcePolicy) -> bool:
    return bool(policy.start_date or policy.end_date)


def _read_policies(bitstream_ids: list[UUID]) -> dict[UUID | None, list[ResourcePolicy]]:
    found: dict[UUID | None, list[ResourcePolicy]] = defaultdict(list)
    for policy in ResourcePolicy.objects.filter(bitstream__in=bitstream_ids, action=Action.READ).select_related(
        "group"
    ):
        found[policy.bitstream_id].append(policy)
    return found


def _is_lossy(policies: Iterable[ResourcePolicy]) -> bool:
    """Whether a line of `contents` can't say these: not exactly one, for a group, without dates."""
    rows = list(policies)
    return len(rows) != 1 or rows[0].group_id is None or _has_dates(rows[0])


def _lost_policies(item: Item) -> list[str]:
    own = list(ResourcePolicy.objects.filter(item=item, action=Action.READ))
    plain = len(own) == 1 and own[0].group_id == ANONYMOUS_GROUP and not _is_lossy(own)
    states = {"being withdrawn": item.withdrawn, "being private": not item.discoverable, "its own policies": not plain}
    return [what for what, lost in states.items() if lost]


def _collections(item: Item) -> list[str]:
    """Return the handles of the item's collections, the owner first."""
    ids = [m.collection_id for m in item.memberships.order_by("id")]
    handles = identifiers.handles_of(ids)
    return [handles[pk] for pk in sorted(ids, key=lambda pk: pk != item.owning_collection_id) if pk in handles]


def _write_lines(path: Path, lines: list[str], *, always: bool = False) -> None:
    if lines or always:
        path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
