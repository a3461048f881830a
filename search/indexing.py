"""The consumer of changes: brings the index up to date with what the database says of some items now.

In: item ids from `repository.changes.run`, inside its transaction. Out: documents to the search port, ids to remove.
Called by: the runner, and through it `index-discovery`. Fails: it raises, and the runner keeps the marks.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from common.dates import utc_day
from repository.authorize import in_force
from repository.constants import Action
from repository.hiding import is_hidden
from repository.models import Bitstream, Item, ItemCollection, ResourcePolicy
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
    """Return the documents of those items that are archived, not withdrawn and discoverable; in two statements."""
    rows = list(_rows(item_ids, now))
    above = ancestors_of({collection for *_, collections in rows for collection in collections})
    hidden = cache(is_hidden)  # for this batch
    return [
        build(
            Source(
                item_id=item_id,
                metadata=metadata,
                accessioned=archived_at or now,
                has_file=bool(file),
                owner=owner,
                readers=readers,
                scope=_scope(collections, above),
            ),
            hidden,
        )
        for item_id, metadata, archived_at, owner, file, readers, collections in rows
    ]


def _rows(item_ids: Iterable[UUID], now: datetime) -> "QuerySet[Item, tuple[Any, ...]]":
    """Return of each listed item what a document is made of: its columns, whether it has a file, who may read it by
    READ or ADMIN on the day of `now` (groups and epeople), and its collections.

    The planner is given no choice: a list of many ids would send it through all of the index of recent items, and an
    EXISTS through all files.
    """
    item = OuterRef("pk")
    files = Bitstream.objects.filter(bundle__item=item, bundle__bundle_name="ORIGINAL", deleted=False).order_by()
    policies = ResourcePolicy.objects.filter(in_force(utc_day(now)), item=item, action__in=[Action.READ, Action.ADMIN])
    wanted = RawSQL("SELECT unnest(%s::uuid[])", [list(item_ids)])
    return (
        listed_items()
        .filter(id__in=wanted)
        .values_list(
            "id",
            "metadata",
            "archived_at",
            "owning_collection_id",
            Subquery(files.values(found=Value(True))[:1]),
            ArraySubquery(policies.values(subject=Coalesce("group_id", "eperson_id"))),
            ArraySubquery(ItemCollection.objects.filter(item=item).values("collection_id")),
        )
    )


def _scope(collections: Iterable[UUID], above: Mapping[UUID, Iterable[UUID]]) -> set[UUID]:
    """Return these collections and the communities above them."""
    return {container for collection in collections for container in (collection, *above.get(collection, ()))}
