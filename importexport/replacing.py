"""`import --replace` and `--delete`: the items that a map file names."""

from collections.abc import Callable, Mapping
from datetime import datetime

from django.db import transaction

from common.dates import utc_stamp
from identifiers import services as identifiers
from importexport import lookup
from importexport.importing import (
    REFUSALS,
    AddRequest,
    Outcome,
    Outcomes,
    discard,
    plan_metadata,
    reason_of,
    stored_files,
    targets,
)
from importexport.models import ImportedItem
from importexport.saf.folder import read_item
from importexport.saf.plan import BadItem, ItemPlan
from repository.authorize import SYSTEM
from repository.metadata import Metadata, Value
from repository.models import Bitstream, Collection, EPerson, Item, ItemCollection
from repository.services import bitstreams, editing, install, items

# What the repository wrote itself, and a folder need not repeat.
KEPT = ("dc.date.accessioned", "dc.date.available", "dc.description.provenance", "dc.identifier.uri")


def replace(
    request: AddRequest, eperson: EPerson, entries: Mapping[str, str], *, now: Callable[[], datetime]
) -> Outcomes:
    """Let each item of the map file have the metadata and files of its folder; UUID, handle and history stay.

    It changes collections only when the request or the folder names some.
    """
    for folder, name in entries.items():
        files: list[install.NewFile] = []
        try:
            plan = read_item(request.source / folder)
            item = lookup.find_item(name)
            if plan.handle and "/" in name and not _is_handle_of(item, plan.handle):
                raise BadItem(f"its handle file says {plan.handle}, the map file {name}")
            wanted = targets(request, plan) if request.collections or plan.collections else []
            files = stored_files(request, plan)
            with transaction.atomic():
                _replace_item(item, plan, files, wanted, _note(eperson, len(files), now()), request.template, now())
            yield Outcome(folder, handle=name)
        except REFUSALS as error:
            discard(files)
            yield Outcome(folder, reason=reason_of(error))


def delete(entries: Mapping[str, str], *, now: Callable[[], datetime], test: bool = False) -> Outcomes:
    """Delete each item of the map file; one that is gone already is passed over."""
    for folder, name in entries.items():
        try:
            item = lookup.find_item(name)
        except lookup.NotFound:
            yield Outcome(folder)
            continue
        if not test:
            with transaction.atomic():
                ImportedItem.objects.filter(item_id=item.pk).delete()
                items.expunge(acting_user=SYSTEM, item=item, now=now())
        yield Outcome(folder, handle=name)


def _is_handle_of(item: Item, handle: str) -> bool:
    row = identifiers.holder(handle)
    return row is not None and row.object_id == item.pk


def _replace_item(
    item: Item,
    plan: ItemPlan,
    files: list[install.NewFile],
    wanted: list[Collection],
    note: str,
    template: bool,
    now: datetime,
) -> None:
    fresh = editing.locked(item)
    owner = fresh.owning_collection
    new = Metadata(plan_metadata(plan, owner.template_metadata if template and owner else {}))
    removed: dict[str, list[Value]] = {name: [] for name in fresh.metadata if name not in KEPT}
    patch = editing.Patch(
        replace=removed | {name: new.get(name) for name in new.fields()},
        add=[(items.PROVENANCE, Value(note, "en"))],
    )
    editing.edit_metadata(acting_user=SYSTEM, obj=fresh, patch=patch, now=now)
    for bitstream in Bitstream.objects.filter(bundle__item=fresh):
        bitstreams.delete_bitstream(acting_user=SYSTEM, bitstream=bitstream, now=now)
    for file in files:
        bitstreams.add_bitstream(acting_user=SYSTEM, item=fresh, new=file, now=now)
    if wanted:
        _move(fresh, wanted, now)


def _note(eperson: EPerson, files: int, now: datetime) -> str:
    who = f"{eperson.full_name} ({eperson.email})"
    return f"Metadata and files replaced by {who} on {utc_stamp(now)}. No. of bitstreams: {files}"


def _move(item: Item, wanted: list[Collection], now: datetime) -> None:
    """Let the item be in exactly these collections, owned by the first."""
    for collection in wanted:
        items.map_item(acting_user=SYSTEM, item=item, collection=collection, now=now)
    if item.owning_collection_id != wanted[0].pk:
        items.move_item(acting_user=SYSTEM, item=item, collection=wanted[0], now=now)
    ids = {collection.pk for collection in wanted}
    for membership in ItemCollection.objects.filter(item=item).exclude(collection_id__in=ids):
        items.unmap_item(acting_user=SYSTEM, item=item, collection=membership.collection, now=now)
