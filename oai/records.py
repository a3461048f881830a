"""From the repository's tables to records everybody may see: what harvesters get is decided here."""

from collections.abc import Collection as Group
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef

from common.dates import utc_day
from crosswalks.xoai import Bundle, File, ItemRecord
from identifiers.services import handles_of
from oai import identity
from repository.authorize import ANONYMOUS, anonymous_readers, visible_to
from repository.constants import Action
from repository.hiding import is_hidden
from repository.metadata import Metadata
from repository.models import Bitstream, Collection, Community, ItemCollection, ResourcePolicy
from repository.querysets import ancestors_of, listed_items

# Never shown, whatever the configuration says: it names the people who handled the deposit.
_ALWAYS_HIDDEN = "dc.description.provenance"


@dataclass(frozen=True, slots=True)
class PublicItem:
    """An item that everybody may see, with the sets it is in (setSpecs with blanks between them)."""

    item_id: UUID
    local_id: str
    sets: str
    record: ItemRecord


def public_items(item_ids: Sequence[UUID], now: datetime) -> list[PublicItem]:
    """Return those of the items that harvesters may see at `now`.

    Public: archived, not withdrawn, discoverable, readable by Anonymous, and with a handle. The number of queries
    does not depend on the number of items.
    """
    visible = visible_to(ANONYMOUS, listed_items().filter(pk__in=item_ids), now=now).order_by("pk")
    items = list(visible.values_list("pk", "metadata", "last_modified"))
    hidden = {field for field in {name for _, metadata, _ in items for name in metadata} if _hidden(field)}
    found = [item_id for item_id, _, _ in items]
    handles = handles_of(found)
    prefix = identity.identifier("")
    sets = _sets_of(found, now)
    bundles = _bundles_of(found, handles, now)
    return [
        PublicItem(
            item_id,
            local := identity.local_id(handles[item_id]),
            sets.get(item_id, ""),
            ItemRecord(
                handle=handles[item_id],
                identifier=prefix + local,
                metadata={field: values for field, values in metadata.items() if field not in hidden},
                last_modified=last_modified,
                bundles=bundles.get(item_id, ()),
            ),
        )
        for item_id, metadata, last_modified in items
        if item_id in handles
    ]


def _hidden(field: str) -> bool:
    return field == _ALWAYS_HIDDEN or is_hidden(field)


def _sets_of(item_ids: Sequence[UUID], now: datetime) -> dict[UUID, str]:
    """Return for each item the collections it is in and all communities above them, as far as visitors may see them."""
    pairs = list(ItemCollection.objects.filter(item__in=item_ids).order_by("id").values_list("item", "collection"))
    specs = _specs_of({collection_id for _, collection_id in pairs}, now)
    sets: dict[UUID, dict[str, None]] = {}
    for item_id, collection_id in pairs:
        sets.setdefault(item_id, {}).update(dict.fromkeys(specs.get(collection_id, ())))
    return {item_id: " ".join(sorted(specs, reverse=True)) for item_id, specs in sets.items()}


def _specs_of(collection_ids: Group[UUID], now: datetime) -> dict[UUID, list[str]]:
    """Return the setSpecs that each collection stands for: its own and those of its communities."""
    above = ancestors_of(collection_ids)
    communities = {community_id for path in above.values() for community_id in path}
    seen = set(
        visible_to(ANONYMOUS, Collection.objects.filter(pk__in=collection_ids), now=now).values_list("pk", flat=True)
    )
    seen |= set(
        visible_to(ANONYMOUS, Community.objects.filter(pk__in=communities), now=now).values_list("pk", flat=True)
    )
    handles = handles_of(seen)
    specs = {i: identity.set_spec("com" if i in communities else "col", handle) for i, handle in handles.items()}
    return {i: [specs[j] for j in (i, *above.get(i, ())) if j in specs] for i in collection_ids}


def _bundles_of(item_ids: Sequence[UUID], handles: Mapping[UUID, str], now: datetime) -> dict[UUID, list[Bundle]]:
    """Return the bundles of each item with the files that visitors may read; a bundle without any is left out.

    The items are known to be public. Asking `visible_to` for the files would test that once more, for the whole table.
    """
    files: dict[UUID, dict[str, list[File]]] = {}
    granted = ResourcePolicy.objects.filter(
        anonymous_readers(utc_day(now)), action=Action.READ, bitstream=OuterRef("pk")
    )
    readable = Bitstream.objects.filter(Exists(granted), bundle__item__in=item_ids, deleted=False)
    rows: Iterable[tuple[Any, ...]] = readable.order_by(
        "bundle__bundle_name", "bundle_id", "position", "sequence_id"
    ).values_list("bundle__item", "bundle__bundle_name", "metadata", "format__mimetype", "size", "md5", "sequence_id")
    for item_id, bundle, *columns in rows:
        if item_id in handles:
            files.setdefault(item_id, {}).setdefault(bundle, []).append(_file(handles[item_id], *columns))
    return {item_id: [Bundle(name, found) for name, found in of.items()] for item_id, of in files.items()}


def _file(
    handle: str, metadata: Mapping[str, list[dict[str, Any]]], mime_type: str, size: int, md5: str, sequence: int | None
) -> File:
    md = Metadata(metadata)
    name = md.first("dc.title") or ""
    base = settings.DSPACE.get("oai.bitstream.baseUrl") or settings.DSPACE.get("dspace.url") or ""
    return File(
        name=name,
        source=md.first("dc.source") or "",
        description=md.first("dc.description") or "",
        mime_type=mime_type,
        size=size,
        url=f"{base}/bitstream/{quote(handle)}/{sequence}/{quote(name, safe='')}",
        checksum=md5,
        checksum_algorithm="MD5",
        sequence=sequence,
    )
