"""Fixtures of the contract tests."""

import pytest

from search import backend as port
from tests import factories
from tests.contracts.search_helpers import ADAPTERS


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
