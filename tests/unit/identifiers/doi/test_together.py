"""Two runs at once, on connections of their own."""

import threading
from collections import Counter

import pytest
from django.db import connections

from identifiers.doi.states import State
from identifiers.models import DOI
from repository import wakeup
from tests import factories
from tests.unit.identifiers.doi.conftest import everything

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr(wakeup, "wake", lambda consumers: None)


def test_two_runs_at_once_never_send_one_doi_twice(agency):
    shelf = factories.collection()
    for n in range(60):
        factories.item(f"Item {n}", within=shelf)
    gate, codes = threading.Barrier(3), []

    def run() -> None:
        try:
            gate.wait(10)
            codes.append(everything().code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(3)]
    [thread.start() for thread in threads]
    [thread.join(60) for thread in threads]
    assert codes == [0, 0, 0]
    assert set(Counter(agency.calls).values()) == {1}
    assert len(agency.calls) == 60
    assert set(DOI.objects.values_list("state", "run")) == {(State.IS_REGISTERED, None)}
