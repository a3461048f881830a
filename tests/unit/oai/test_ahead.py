"""Pages read ahead are those that would have been read later, and are thrown away when nobody comes at once."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from django.db import OperationalError, transaction

from oai import running
from oai.store import ahead
from oai.store.database import DatabaseStore
from oai.store.port import Page, Place, Selection
from repository.authorize import SYSTEM
from repository.metadata import Value
from repository.services import editing
from tests import factories as make
from tests.contracts.oai_store_helpers import age, publish

pytestmark = pytest.mark.django_db(transaction=True)

LIST = Selection("oai_dc")
SIZE = 2

Reads = list[tuple[str, Place | None]]


@pytest.fixture
def store() -> DatabaseStore:
    return DatabaseStore(running.current().contexts["request"], "oai:test:")


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    """Each page that was read: by which thread, behind which place."""
    done: Reads = []
    read_page: Callable[..., Page] = DatabaseStore.read_page

    def spy(store: DatabaseStore, selection: Selection, **keywords: object) -> Page:
        done.append((threading.current_thread().name, keywords["after"]))
        return read_page(store, selection, **keywords)

    monkeypatch.setattr(DatabaseStore, "read_page", spy)
    return done


def next_page(store: DatabaseStore, before: Page | None = None) -> Page:
    after = before.last if before else None
    return store.page(LIST, after=after, limit=SIZE, metadata=True, count=before is None)


def let_it_read() -> None:
    """Wait until the pages that are read ahead are read."""
    for _ in range(ahead.DEPTH):  # each is asked for when the one before it is read
        ahead._reader.submit(int).result()


def harvest(store: DatabaseStore) -> list[Sequence[bytes]]:
    page = next_page(store)
    pages = [page.content]
    while page.more:
        let_it_read()
        page = next_page(store, page)
        pages.append(page.content)
    return pages


def published_items(number: int) -> list:
    items = [make.item() for _ in range(number)]
    publish()
    age()
    return items


def test_a_fast_harvester_gets_the_same_pages(store, reads, monkeypatch):
    published_items(7)
    monkeypatch.setattr(ahead, "MOMENT", 0.0)
    slow = harvest(store)
    assert {thread for thread, _ in reads} == {"MainThread"}
    monkeypatch.setattr(ahead, "MOMENT", 60.0)
    reads.clear()
    assert harvest(store) == slow
    assert len(slow) == 4
    # The first two are asked for before it is known how fast this harvester is. None is read twice.
    assert [thread.partition("_")[0] for thread, _ in reads] == ["MainThread"] * 2 + ["oai-ahead"] * 2


def test_who_does_not_come_at_once_gets_what_is_there_then(store, reads, monkeypatch):
    items = published_items(7)
    monkeypatch.setattr(ahead, "MOMENT", 60.0)
    second = next_page(store, next_page(store))
    let_it_read()
    for item in items:
        patch = editing.Patch(add=[("dc.subject", Value("changed"))])
        editing.edit_metadata(acting_user=SYSTEM, obj=item, patch=patch, now=make.NOW)
    publish()  # all move to the end of the list, which is a second ahead
    monkeypatch.setattr(ahead, "MOMENT", 0.0)
    assert next_page(store, second).content == []
    assert [thread.partition("_")[0] for thread, _ in reads] == ["MainThread"] * 2 + ["oai-ahead"] * 2 + ["MainThread"]


def test_a_page_is_not_kept_for_who_comes_back_later(store, reads, monkeypatch):
    published_items(9)
    monkeypatch.setattr(ahead, "MOMENT", 60.0)
    second = next_page(store, next_page(store))
    let_it_read()  # the third and the fourth
    monkeypatch.setattr(ahead, "MOMENT", 0.0)
    third = next_page(store, second)
    monkeypatch.setattr(ahead, "MOMENT", 60.0)
    next_page(store, third)
    assert [thread.partition("_")[0] for thread, _ in reads[:6]] == (
        ["MainThread"] * 2 + ["oai-ahead"] * 2 + ["MainThread"] * 2
    )


def test_a_page_that_could_not_be_read_ahead_is_read_when_asked_for(store, monkeypatch):
    published_items(7)
    monkeypatch.setattr(ahead, "MOMENT", 60.0)
    read_page = DatabaseStore.read_page

    def only_when_asked(store, selection, **keywords):
        if threading.current_thread() is not threading.main_thread():
            raise OperationalError("the connection is lost")
        return read_page(store, selection, **keywords)

    monkeypatch.setattr(DatabaseStore, "read_page", only_when_asked)
    assert len(harvest(store)) == 4


def test_nothing_is_read_ahead_within_a_transaction(store, reads, monkeypatch):
    published_items(7)
    monkeypatch.setattr(ahead, "MOMENT", 60.0)
    with transaction.atomic():
        assert len(harvest(store)) == 4
    assert {thread for thread, _ in reads} == {"MainThread"}


def test_a_page_stays_no_younger_because_the_one_before_it_is_asked_for_again(store, reads, monkeypatch):
    published_items(6)
    now = 1000.0
    monkeypatch.setattr(ahead, "time", SimpleNamespace(monotonic=lambda: now))
    first = next_page(store)
    second = next_page(store, first)
    for _ in range(4):
        let_it_read()
        now += 0.9 * ahead.MOMENT
        next_page(store, first)  # as somebody does who asks with one token again and again
    next_page(store, second)
    third = [thread.partition("_")[0] for thread, after in reads if after == second.last]
    assert third == ["oai-ahead", "MainThread"], "what was read ahead is too old by now"


def test_nobody_waits_behind_pages_of_others(store, reads, monkeypatch):
    published_items(9)
    monkeypatch.setattr(ahead, "MOMENT", 60.0)
    second = next_page(store, next_page(store))
    let_it_read()
    go_on = threading.Event()
    ahead._reader.submit(go_on.wait)
    fourth = next_page(store, next_page(store, second))  # both read ahead before; the fifth waits for its turn
    assert next_page(store, fourth).content
    go_on.set()
    assert [thread.partition("_")[0] for thread, _ in reads] == ["MainThread"] * 2 + ["oai-ahead"] * 2 + ["MainThread"]


def test_a_process_that_ends_reads_nothing_ahead_and_goes_on_without(store, reads, monkeypatch):
    published_items(7)
    monkeypatch.setattr(ahead, "MOMENT", 60.0)
    ended = ThreadPoolExecutor(1)
    ended.shutdown()
    with monkeypatch.context() as patch:
        patch.setattr(ahead, "_reader", ended)
        page = next_page(store)
        for _ in range(3):
            page = next_page(store, page)
    assert not page.more
    assert {thread for thread, _ in reads} == {"MainThread"}


def test_only_a_few_pages_are_expected(store, monkeypatch):
    published_items(3 * ahead.MOST + 1)
    monkeypatch.setattr(ahead, "MOMENT", 60.0)
    for limit in range(1, 3 * ahead.MOST):
        assert store.page(LIST, after=None, limit=limit, metadata=True, count=False).more
    assert len(ahead._expected) == ahead.MOST
    monkeypatch.setattr(ahead, "MOMENT", 0.0)
    store.page(LIST, after=None, limit=1, metadata=True, count=False)
    assert len(ahead._expected) <= 1
