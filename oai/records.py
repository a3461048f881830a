"""From the repository's tables to records everybody may see: what harvesters get is decided here."""

from collections.abc import Collection as Group
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models.expressions import RawSQL

from crosswalks.xoai import ItemRecord
from identifiers.services import handles_of
from oai import identity
from oai.conditions import Facts
from oai.files import NONE, ORIGINAL, files_of
from repository.authorize import ANONYMOUS, visible_to
from repository.hiding import is_hidden
from repository.models import Collection, Community, ItemCollection
from repository.querysets import ancestors_of, listed_items

# Never shown, whatever the configuration says: it names the people who handled the deposit.
_ALWAYS_HIDDEN = "dc.description.provenance"


@dataclass(frozen=True, slots=True)
class PublicItem:
    """An item that everybody may see; `sets` are the setSpecs of the communities and collections it is in."""

    item_id: UUID
    local_id: str
    sets: Sequence[str]
    record: ItemRecord
    facts: Facts


def public_items(item_ids: Sequence[UUID], now: datetime) -> list[PublicItem]:
    """Return those of the items that harvesters may see at `now`.

    Public: archived, not withdrawn, discoverable, readable by Anonymous, and with a handle. The number of queries
    does not depend on the number of items.
    """
    # Not a list of ids: PostgreSQL would merge it with the policies of all items.
    wanted = listed_items().filter(pk__in=RawSQL("SELECT unnest(%s::uuid[])", [list(item_ids)]))
    visible = visible_to(ANONYMOUS, wanted, now=now).order_by("pk")
    items = list(visible.values_list("pk", "metadata", "last_modified"))
    hidden = {field for field in {name for _, metadata, _ in items for name in metadata} if _hidden(field)}
    found = [item_id for item_id, _, _ in items]
    handles = handles_of(found)
    prefix = identity.identifier("")
    sets = _sets_of(found, now)
    base = settings.DSPACE.get("oai.bitstream.baseUrl") or settings.DSPACE.get("dspace.url") or ""
    files = files_of(handles, base, now)
    public = []
    for item_id, metadata, last_modified in items:
        if item_id in handles:
            local_id = identity.local_id(handles[item_id])
            own = files.get(item_id, NONE)
            record = ItemRecord(
                handle=handles[item_id],
                identifier=prefix + local_id,
                metadata={field: values for field, values in metadata.items() if field not in hidden},
                last_modified=last_modified,
                bundles=own.bundles,
                access=own.access,
                license=own.license,
            )
            facts = _facts(record, has_file=own.has_file)
            public.append(PublicItem(item_id, local_id, sets.get(item_id, ()), record, facts))
    return public


def _facts(record: ItemRecord, *, has_file: bool) -> Facts:
    """Return what the filters of contexts, formats and sets may ask."""
    return Facts(
        metadata={field: [value["value"] for value in values] for field, values in record.metadata.items()},
        public=True,
        withdrawn=False,
        has_file=has_file,
        open_file=any(bundle.name == ORIGINAL for bundle in record.bundles),
    )


def _hidden(field: str) -> bool:
    return field == _ALWAYS_HIDDEN or is_hidden(field)


def _sets_of(item_ids: Sequence[UUID], now: datetime) -> dict[UUID, list[str]]:
    """Return for each item the collections it is in and all communities above them, as far as visitors may see them."""
    pairs = list(ItemCollection.objects.filter(item__in=item_ids).order_by("id").values_list("item", "collection"))
    specs = _specs_of({collection_id for _, collection_id in pairs}, now)
    sets: dict[UUID, dict[str, None]] = {}
    for item_id, collection_id in pairs:
        sets.setdefault(item_id, {}).update(dict.fromkeys(specs.get(collection_id, ())))
    return {item_id: sorted(specs, reverse=True) for item_id, specs in sets.items()}


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
