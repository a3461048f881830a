"""The consumer of changes: brings the index up to date with what the database says of some items now.

In: item ids from `repository.changes.run`, inside its transaction. Out: documents to the search port, ids to remove.
Called by: the runner, and through it `index-discovery`. Fails: it raises, and the runner keeps the marks.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from uuid import UUID

from common.dates import utc_day
from repository.authorize import in_force
from repository.constants import Action
from repository.hiding import is_hidden
from repository.models import Bitstream, ItemCollection, ResourcePolicy
from repository.querysets import ancestors_of, listed_items
from search.backend import get_backend
from search.documents import Document, Source, build


def apply_changes(item_ids: Sequence[UUID], now: datetime) -> None:
    """Index those of the items that are listed now and remove the others. The number of statements is constant."""
    documents = read_documents(item_ids, now)
    backend = get_backend()
    backend.update(documents)
    backend.remove(set(item_ids) - {document.item_id for document in documents})


def read_documents(item_ids: Sequence[UUID], now: datetime) -> list[Document]:
    """Return the documents of those items that are archived, not withdrawn and discoverable; in five statements."""
    listed = listed_items().filter(id__in=item_ids)
    items = list(listed.only("metadata", "archived_at", "owning_collection_id"))
    ids = [item.id for item in items]
    if not ids:
        return []
    readers, scopes, filed = _readers(ids, now), _scopes(ids), _with_files(ids)
    hidden = cache(is_hidden)  # for this batch
    return [
        build(
            Source(
                item_id=item.id,
                metadata=item.metadata,
                accessioned=item.archived_at or now,
                has_file=item.id in filed,
                owner=item.owning_collection_id,
                readers=readers.get(item.id, ()),
                scope=scopes.get(item.id, ()),
            ),
            hidden,
        )
        for item in items
    ]


def _readers(ids: Iterable[UUID], now: datetime) -> dict[UUID, set[UUID]]:
    """Return the groups and epeople with READ or ADMIN on each item on the day of `now`."""
    valid = ResourcePolicy.objects.filter(
        in_force(utc_day(now)), item_id__in=ids, action__in=[Action.READ, Action.ADMIN]
    )
    found: dict[UUID, set[UUID]] = {}
    for item_id, group_id, eperson_id in valid.values_list("item_id", "group_id", "eperson_id"):
        found.setdefault(item_id, set()).add(group_id or eperson_id)
    return found


def _scopes(ids: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """Return the collections of each item and all communities above them."""
    memberships = list(ItemCollection.objects.filter(item_id__in=ids).values_list("item_id", "collection_id"))
    above = ancestors_of({collection_id for _, collection_id in memberships})
    found: dict[UUID, set[UUID]] = {}
    for item_id, collection_id in memberships:
        found.setdefault(item_id, set()).update([collection_id, *above.get(collection_id, ())])
    return found


def _with_files(ids: Iterable[UUID]) -> set[UUID]:
    """Return those of the items that have a file in their ORIGINAL bundle."""
    files = Bitstream.objects.filter(bundle__item_id__in=ids, bundle__bundle_name="ORIGINAL", deleted=False)
    return set(files.values_list("bundle__item_id", flat=True))
