"""The adapter: each method of the port, one call into the module that does it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from uuid import UUID

from common.text import xml_safe
from repository.authorize import Actor, visible_to
from repository.hiding import is_hidden
from repository.models import Item
from repository.querysets import listed_items
from search.backend import MAX_OFFSET, MAX_PAGE_SIZE, Browse, BrowseIndex, Hit, ItemPage, Query, Results, ValuePage
from search.documents import Document, visible
from search.highlight import highlights
from search.postgres import browse as lists
from search.postgres import results, suggest, writer
from search.query import MAX_TEXT, parse


class PostgresBackend:
    """Search in the database that holds the items: nothing to install, and in step with their transactions."""

    def search(self, query: Query) -> Results:
        """See `SearchBackend.search`. Three statements, some more when nothing is found."""
        query = _cleaned(query)
        tree = parse(query.text)
        ids, total, facets = results.find(query, tree)
        hits = tuple(
            Hit(item, highlights(visible(item.metadata, is_hidden), tree)) for item in _items(query.actor, ids)
        )
        size, page = min(max(query.size, 1), MAX_PAGE_SIZE), max(query.page, 1)
        return Results(
            hits=hits,
            total=total,
            facets=facets,
            did_you_mean=suggest.did_you_mean(query) if not total and tree.nodes else None,
            page=page,
            size=size,
            too_deep=(page - 1) * size >= MAX_OFFSET,
        )

    def browse_items(self, browse: Browse) -> ItemPage:
        """See `SearchBackend.browse_items`."""
        browse = replace(browse, value=xml_safe(browse.value))
        page = lists.items(browse)
        shown = tuple(_items(browse.actor, [row[1] for row in page.rows]))
        return ItemPage(shown, lists.count(browse), page.next, page.previous)

    def browse_values(self, browse: Browse) -> ValuePage:
        """See `SearchBackend.browse_values`."""
        if browse.index not in (BrowseIndex.AUTHOR, BrowseIndex.SUBJECT):
            return ValuePage(())
        page = lists.values(browse)
        return ValuePage(lists.value_counts(page), page.next, page.previous)

    def update(self, documents: Sequence[Document]) -> None:
        """See `SearchBackend.update`. Part of the caller's transaction."""
        writer.update(documents)

    def remove(self, item_ids: Iterable[UUID]) -> int:
        """See `SearchBackend.remove`. Part of the caller's transaction."""
        return writer.remove(item_ids)

    def indexed_ids(self) -> Iterator[list[UUID]]:
        """See `SearchBackend.indexed_ids`."""
        return writer.indexed_ids()

    def maintain(self) -> None:
        """See `SearchBackend.maintain`."""
        writer.maintain()


def _cleaned(query: Query) -> Query:
    """Return the query without characters the database refuses, its text no longer than what is read of it."""
    filters = tuple(replace(f, value=xml_safe(f.value)) for f in query.filters)
    facets = tuple(replace(f, prefix=xml_safe(f.prefix)) for f in query.facets)
    return replace(query, text=xml_safe(query.text[:MAX_TEXT]), filters=filters, facets=facets)


def _items(actor: Actor, ids: Sequence[UUID]) -> list[Item]:
    """Return the items of a page in its order, without those that the actor may not read by now."""
    found = visible_to(actor, listed_items()).in_bulk(ids)
    return [found[number] for number in ids if number in found]
