"""Fixtures of the contract tests."""

from dataclasses import replace
from datetime import timedelta

import pytest

from oai.store import solr as oai_solr
from oai.store import solr_sync
from oai.store.database import DatabaseStore
from oai.store.solr_core import Core
from search import backend as port
from tests import factories
from tests.contracts.oai_store_helpers import age, core, publish, told, whole
from tests.contracts.search_helpers import ADAPTERS
from tests.unit.oai.conftest import own_folder  # noqa: F401 (a fixture)


@pytest.fixture(params=ADAPTERS)
def engine(request, settings):
    """The adapter under test, as `get_backend` gives it to everybody."""
    settings.SEARCH_BACKEND = request.param
    port.get_backend.cache_clear()
    yield port.get_backend()
    port.get_backend.cache_clear()


@pytest.fixture
def shelf():
    """The collection of a test."""
    return factories.collection("Shelf")


@pytest.fixture
def empty_core(solr):
    """The address of Solr's core, without any document."""
    Core(solr, timeout=20)._solr().delete(q="*:*", commit=True)
    return solr


@pytest.fixture(params=["database", "solr"])
def storage(request, settings):
    """Lists come from this storage; the fixture calls back to tell it of what was published."""
    if request.param == "database":
        settings.OAI_SOLR_URL = None
        return lambda: None
    settings.OAI_SOLR_URL = request.getfixturevalue("empty_core")
    fresh_state()
    return lambda: solr_sync.rebuild_all(settings.OAI_SOLR_URL)


@pytest.fixture
def only_solr(empty_core, settings, monkeypatch):
    """Lists come from Solr; the list that is returned grows with each page that comes from the database instead."""
    settings.OAI_SOLR_URL = empty_core
    fresh_state()
    fallen_back = []
    read_page = DatabaseStore.read_page

    def noted(self, selection, **arguments):
        fallen_back.append(selection)
        return read_page(self, selection, **arguments)

    monkeypatch.setattr(DatabaseStore, "read_page", noted)
    return fallen_back


def fresh_state():
    """This process knows nothing of Solr yet."""
    oai_solr._state.generation = 0
    oai_solr._state.resting_until = 0.0
    oai_solr._state.ahead.clear()


@pytest.fixture
def seven(only_solr, empty_core):
    """Seven records, known to Solr for a while."""
    home = factories.collection()
    made = [factories.item(f"Item {n}", within=home) for n in range(7)]
    publish()
    age()
    assert told(empty_core) > 0
    marker = core(empty_core).marker()
    core(empty_core).write_marker(replace(marker, synced=marker.synced - timedelta(seconds=10)))
    assert whole()
    assert only_solr == []
    return made
