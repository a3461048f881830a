"""Bringing items into the archive: what DSpace calls installing.

`create_item` and `archive_item` are the two halves for a deposit; `add_item` does both at once, in one message to the
database, for imports. All of them write the same things through the same functions of this module.
"""

from collections.abc import Iterable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, cast
from uuid import UUID, uuid4

from django.db import IntegrityError, connection, transaction
from django.db.models import Model

from common.dates import utc_day, utc_stamp
from identifiers import services as identifiers
from identifiers.models import Handle
from repository import authorize, changes
from repository.authorize import Actor
from repository.bitstore import StoredFile
from repository.constants import Action, ObjectType
from repository.metadata import Document, Metadata, Value, document
from repository.models import Bitstream, Bundle, Collection, Item, ItemCollection, Mark, ResourcePolicy
from repository.models.base import DSpaceObject
from repository.services import editing, items, policies, registries, rows
from repository.services.policies import PolicySpec
from repository.services.supplies import Supplies


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


class Record(Protocol):
    """An unsaved row of the caller's own that says which item came of something: these two are filled in."""

    item_id: UUID
    handle: str


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

    `handle` is one that it brings along. Raises NotAuthorized, WrongState, HandleTaken, IdentifierRefused.
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
    given = policies.inherited(heirs=heirs, given=policies.defaults(fresh.owning_collection.pk))
    rows.insert(given)
    changes.mark([fresh.pk], now=now)
    policies.mark_dates(fresh.pk, policies.periods_of(given), now=now)
    _identify(fresh, acting_user)
    return fresh


def add_item(
    *,
    acting_user: Actor,
    collections: Sequence[Collection],
    metadata: Document,
    now: datetime,
    files: Sequence[NewFile] = (),
    handle: str | None = None,
    submitter_id: UUID | None = None,
    supplies: Supplies | None = None,
    record: Record | None = None,
) -> Item:
    """Create and archive an item in the first of `collections`, mapped to the others. What imports call.

    All its rows are one message to the database, and one transaction unless the caller has begun one. `record` is
    written with them. Who adds many items keeps `supplies`.

    Raises NotAuthorized, UnknownField, HandleTaken, IdentifierRefused. The files stay in their store when this fails:
    orphans, which `cleanup` removes.
    """
    for collection in collections:
        authorize.require(acting_user, Action.ADD, collection, now=now)
    registries.require_fields(metadata)
    supplies = supplies or Supplies()
    draft = _Draft(collections, metadata, files, submitter_id or acting_user.eperson_id, now, supplies, record)
    # One message is a transaction by itself; a DOI beside it makes more than one.
    with transaction.atomic() if identifiers.service().followers else nullcontext():
        item = _added(draft, handle)
        _identify(item, acting_user)
        return item


def _added(draft: "_Draft", handle: str | None) -> Item:
    if handle:
        return _restored(draft, handle) or _written(draft, uuid4(), handle)
    while True:
        with suppress(identifiers.HandleTaken):  # an import brought it along; the next is another
            return _written(draft, uuid4(), draft.supplies.handle())


@dataclass(frozen=True)
class _Draft:
    """An item to be added, whatever its handle will be."""

    collections: Sequence[Collection]
    metadata: Document
    files: Sequence[NewFile]
    submitter_id: UUID | None
    now: datetime
    supplies: Supplies
    record: Record | None


def _restored(draft: _Draft, handle: str) -> Item | None:
    """Add an item under the handle of a deleted one, whose id it gets again; None when nothing has the handle."""
    row = left_behind(handle)
    return _written(draft, row.object_id, row.handle, is_bound=True) if row else None


def left_behind(handle: str) -> Handle | None:
    """Return the handle of a deleted item that comes back when an item is added with this one; None when it is new.

    Raises HandleTaken when it names what is there, or was no item.
    """
    row = identifiers.holder(handle)
    if row and (row.object_type != ObjectType.ITEM or Item.objects.filter(pk=row.object_id).exists()):
        raise identifiers.HandleTaken(f"handle {handle} already names another object")
    return row


def _written(draft: _Draft, item_id: UUID, handle: str, *, is_bound: bool = False) -> Item:
    """Write the item with all that belongs to it. Raises HandleTaken."""
    owner, now = draft.collections[0], draft.now
    note = provenance_note([(f.name, f.stored.size, f.stored.md5) for f in draft.files], now)
    item = Item(
        id=item_id,
        owning_collection_id=owner.pk,
        submitter_id=draft.submitter_id,
        metadata=installed_metadata(draft.metadata, handle, note, now),
        in_archive=True,
        archived_at=now,
        files_numbered=len(draft.files),
        last_modified=now,
    )
    heirs, bundles, bitstreams, given = _rows_of_files(item, draft.files, now)
    given += policies.inherited(heirs=[item, *heirs], given=draft.supplies.defaults(owner.pk))
    if draft.record:
        draft.record.item_id, draft.record.handle = item_id, handle
    _insert(
        [] if is_bound else [identifiers.unsaved(handle, item_id, ObjectType.ITEM)],
        [item],
        [ItemCollection(item_id=item_id, collection_id=c.pk) for c in draft.collections],
        bundles,
        bitstreams,
        given,
        _marks(item_id, given, now),
        [cast(Model, draft.record)] if draft.record else [],
    )
    changes.wake()
    return item


def _insert(handles: Sequence[Handle], *batches: Sequence[Model]) -> None:
    """Insert the rows of an item; their references are checked at the commit. Raises HandleTaken."""
    try:
        # A handle that is taken must not spoil a transaction of the caller: that takes a savepoint.
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            rows.insert(handles, *batches)
    except IntegrityError as error:
        if identifiers.is_taken(error):
            raise identifiers.HandleTaken(f"handle {handles[0]} already names another object") from error
        raise


def _marks(item_id: UUID, given: Iterable[ResourcePolicy], now: datetime) -> list[Mark]:
    """Return the marks of a new item: for now, and for the days on which its policies begin or end to count."""
    marks = changes.unsaved_marks([item_id], now=now, priority=changes.BULK)
    for moment in policies.moments(policies.periods_of(given), now):
        marks += changes.unsaved_marks([item_id], now=now, due=moment)
    return marks


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
    issued = [{**v, "value": _day(v["value"], now)} for v in metadata.get("dc.date.issued", ())]
    stamp, address = Value(utc_stamp(now)), identifiers.canonical_url(handle)
    added = [("dc.description.provenance", Value(note, "en"))]
    added += [(name, stamp) for name in ("dc.date.accessioned", "dc.date.available") if not metadata.get(name)]
    if address not in Metadata(metadata).values("dc.identifier.uri"):
        added.append(("dc.identifier.uri", Value(address)))
    result = {**metadata, "dc.date.issued": issued} if issued else dict(metadata)
    for name, values in document(added).items():
        result[name] = [*metadata.get(name, ()), *values]
    return result


def _day(issued: str, now: datetime) -> str:
    """Return a date of issue, with the day for `today`."""
    return utc_day(now).isoformat() if issued.strip().lower() == "today" else issued


def provenance_note(files: Iterable[tuple[str, int, str]], now: datetime) -> str:
    """Return DSpace's note of an item entering the archive: one line for each (name, size in bytes, MD5)."""
    lines = [f"{name}: {size} bytes, checksum: {md5} (MD5)" for name, size, md5 in files]
    head = f"Made available in DSpace on {utc_stamp(now)} (GMT). No. of bitstreams: {len(lines)}"
    return "\n".join([head, *lines])


def _identify(item: Item, acting_user: Actor) -> None:
    """Let the providers of identifiers beside handles give the archived item theirs. Raises IdentifierRefused."""
    values = Metadata(item.metadata).values
    identifiers.service().archived(item.pk, ObjectType.ITEM, values, trusted=acting_user.is_admin)


def _handle(item_id: UUID, given: str | None) -> str:
    if given:
        return identifiers.bind(given, item_id, ObjectType.ITEM)
    return identifiers.mint(item_id, ObjectType.ITEM)
