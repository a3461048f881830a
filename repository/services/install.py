"""Bringing items into the archive: what DSpace calls installing.

`create_item` and `archive` are the two halves for a deposit; `add_item` does both at once, with the fewest
statements, for imports. All of them write the same things through the same functions of this module.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction

from common.dates import utc_day, utc_stamp
from identifiers import services as identifiers
from repository import authorize, changes
from repository.authorize import Actor
from repository.bitstore import StoredFile
from repository.constants import Action, ObjectType
from repository.metadata import Document, Metadata, Value, document
from repository.models import Bitstream, Bundle, Collection, Item, ItemCollection, ResourcePolicy
from repository.models.base import DSpaceObject
from repository.services import editing, items, policies, registries, rows
from repository.services.policies import PolicySpec


@dataclass(frozen=True)
class NewFile:
    """A file of a new item, already in a store. `policies` None means those the collection gives."""

    name: str
    stored: StoredFile
    bundle: str = "ORIGINAL"
    description: str = ""
    source: str = ""
    primary: bool = False
    format_id: int | None = None
    policies: Sequence[PolicySpec] | None = None


@transaction.atomic
def create_item(
    *, acting_user: Actor, collection: Collection, metadata: Document, now: datetime, submitter_id: UUID | None = None
) -> Item:
    """Create an item in progress. Raises NotAuthorized, UnknownField."""
    authorize.require(acting_user, Action.ADD, collection, now=now)
    registries.require_fields(metadata)
    item = Item.objects.create(
        owning_collection=collection,
        submitter_id=submitter_id or acting_user.eperson_id,
        metadata=metadata,
        last_modified=now,
    )
    ItemCollection.objects.create(item=item, collection=collection)
    return item


@transaction.atomic
def archive_item(*, acting_user: Actor, item: Item, now: datetime, handle: str | None = None) -> Item:
    """Archive an item in progress: handle, dates, provenance, the policies its collection gives.

    `handle` is one that it brings along. Raises NotAuthorized, WrongState, HandleTaken.
    """
    fresh = editing.locked(item)
    if fresh.in_archive or fresh.withdrawn or fresh.owning_collection is None:
        raise items.WrongState("only an item in progress, with a collection, can be archived")
    authorize.require(acting_user, Action.ADD, fresh.owning_collection, now=now)
    files = Bitstream.objects.filter(bundle__item=fresh)
    own_handle = _handle(fresh.pk, handle)
    note = provenance_note([(b.name, b.size, b.md5) for b in files], now)
    fresh.metadata = installed_metadata(fresh.metadata, own_handle, note, now)
    fresh.in_archive, fresh.archived_at = True, now
    editing.save(fresh, "metadata", "in_archive", "archived_at", now=now)
    # What has readers of its own already (an embargo, say) is not opened to those of the collection.
    heirs: list[DSpaceObject] = [] if fresh.policies.filter(action=Action.READ).exists() else [fresh]
    heirs += [*fresh.bundles.exclude(policies__action=Action.READ), *files.exclude(policies__action=Action.READ)]
    given = policies.inherited(heirs=heirs, collection_id=fresh.owning_collection.pk)
    rows.insert(given)
    changes.mark([fresh.pk], now=now)
    policies.mark_dates(fresh.pk, policies.periods_of(given), now=now)
    return fresh


@transaction.atomic(savepoint=False)  # in a caller's transaction, all of it or nothing: two round trips less
def add_item(
    *,
    acting_user: Actor,
    collections: Sequence[Collection],
    metadata: Document,
    now: datetime,
    files: Sequence[NewFile] = (),
    handle: str | None = None,
    submitter_id: UUID | None = None,
) -> Item:
    """Create and archive an item in the first of `collections`, mapped to the others. What imports call.

    Raises NotAuthorized, UnknownField, HandleTaken. The files stay in their store when this fails: orphans,
    which `cleanup` removes.
    """
    owner = collections[0]
    for collection in collections:
        authorize.require(acting_user, Action.ADD, collection, now=now)
    registries.require_fields(metadata)
    item_id = _new_or_restored(handle)
    own_handle = _handle(item_id, handle)
    note = provenance_note([(f.name, f.stored.size, f.stored.md5) for f in files], now)
    item = Item(
        id=item_id,
        owning_collection=owner,
        submitter_id=submitter_id or acting_user.eperson_id,
        metadata=installed_metadata(metadata, own_handle, note, now),
        in_archive=True,
        archived_at=now,
        files_numbered=len(files),
        last_modified=now,
    )
    heirs, bundles, bitstreams, own_policies = _rows_of_files(item, files, now)
    given = own_policies + policies.inherited(heirs=[item, *heirs], collection_id=owner.pk)
    memberships = [ItemCollection(item=item, collection=c) for c in collections]
    marks = changes.unsaved_marks([item_id], now=now, priority=changes.BULK)
    rows.insert([item], memberships, bundles, bitstreams, given, marks)  # their references are checked at the commit
    policies.mark_dates(item_id, policies.periods_of(given), now=now)
    return item


def _rows_of_files(
    item: Item, files: Sequence[NewFile], now: datetime
) -> tuple[list[DSpaceObject], list[Bundle], list[Bitstream], list[ResourcePolicy]]:
    """Return those that inherit their policies, and the unsaved rows: bundles, bitstreams, policies of their own."""
    bundles: dict[str, Bundle] = {}
    bitstreams: list[Bitstream] = []
    heirs: list[DSpaceObject] = []
    own: list[ResourcePolicy] = []
    for number, new in enumerate(files, start=1):
        bundle = bundles.setdefault(new.bundle, Bundle(item=item, bundle_name=new.bundle, last_modified=now))
        bitstream = bitstream_of(new, bundle, number, now)
        bitstreams.append(bitstream)
        if new.policies is None:
            heirs.append(bitstream)
        else:
            own += policies.rows(bitstream, new.policies)
        if new.primary:
            bundle.primary_bitstream_id = bitstream.pk
    return [*bundles.values(), *heirs], [*bundles.values()], bitstreams, own


def bitstream_of(new: NewFile, bundle: Bundle, number: int, now: datetime) -> Bitstream:
    """Return the unsaved bitstream of a file; `number` is its sequence id and position."""
    texts = [("dc.title", new.name), ("dc.description", new.description), ("dc.source", new.source or new.name)]
    return Bitstream(
        bundle=bundle,
        position=number,
        sequence_id=number,
        format_id=new.format_id or registries.guess_format(new.name).pk,
        metadata=document((name, Value(text)) for name, text in texts if text),
        size=new.stored.size,
        md5=new.stored.md5,
        sha256=new.stored.sha256,
        store_number=new.stored.store_number,
        internal_id=new.stored.internal_id,
        last_modified=now,
    )


def installed_metadata(metadata: Document, handle: str, note: str, now: datetime) -> Document:
    """Return the metadata of an item as it enters the archive.

    Dates of accession and availability are set unless the item brings them; `today` as date of issue becomes the
    day; the handle's address is added once; provenance is appended.
    """
    given = Metadata(metadata)
    issued = [
        v._replace(value=utc_day(now).isoformat()) if v.value.strip().lower() == "today" else v
        for v in given.get("dc.date.issued")
    ]
    added = [("dc.description.provenance", Value(note, "en"))]
    stamp = Value(utc_stamp(now))
    added += [(name, stamp) for name in ("dc.date.accessioned", "dc.date.available") if not given.get(name)]
    address = identifiers.canonical_url(handle)
    if address not in given.values("dc.identifier.uri"):
        added.append(("dc.identifier.uri", Value(address)))
    return editing.Patch(replace={"dc.date.issued": issued}, add=added).applied_to(metadata)


def provenance_note(files: Iterable[tuple[str, int, str]], now: datetime) -> str:
    """Return DSpace's note of an item entering the archive: one line for each (name, size in bytes, MD5)."""
    lines = [f"{name}: {size} bytes, checksum: {md5} (MD5)" for name, size, md5 in files]
    head = f"Made available in DSpace on {utc_stamp(now)} (GMT). No. of bitstreams: {len(lines)}"
    return "\n".join([head, *lines])


def _new_or_restored(handle: str | None) -> UUID:
    """Return the id of a new item; an item restored under the handle of a deleted one gets that one's id again."""
    row = identifiers.lookup(handle) if handle else None
    if row and row.object_type == ObjectType.ITEM and not Item.objects.filter(pk=row.object_id).exists():
        return row.object_id
    return uuid4()


def _handle(item_id: UUID, given: str | None) -> str:
    if given:
        return identifiers.bind(given, item_id, ObjectType.ITEM)
    return identifiers.mint(item_id, ObjectType.ITEM)
