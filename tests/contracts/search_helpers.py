"""What the contract tests of the search port share."""

from repository import changes
from repository.authorize import ANONYMOUS
from search.backend import Browse, Query
from tests import factories
from tests.factories import NOW, md

ADAPTERS = ["search.postgres.PostgresBackend"]


def index():
    """Bring the index up to date."""
    changes.run_all("search", now=lambda: NOW)


def add(shelf, title, **fields):
    """An item in a collection, readable by everybody."""
    return factories.item(within=shelf, metadata=md(dc_title=title, **fields))


def titles(result):
    """The titles of a page, in order."""
    shown = [hit.item for hit in result.hits] if hasattr(result, "hits") else result.items
    return [item.name for item in shown]


def found(engine, text="", **kwargs):
    """The titles that a search shows; to Anonymous, unless an actor is given."""
    kwargs.setdefault("actor", ANONYMOUS)
    return titles(engine.search(Query(text=text, **kwargs)))


def listed(engine, name, **kwargs):
    """The titles that a browse list shows."""
    kwargs.setdefault("actor", ANONYMOUS)
    return titles(engine.browse_items(Browse(index=name, **kwargs)))


def values(engine, name, **kwargs):
    """The values that a browse list shows, with their counts."""
    kwargs.setdefault("actor", ANONYMOUS)
    return [(v.value, v.count) for v in engine.browse_values(Browse(index=name, **kwargs)).values]
