"""No lost update (DESIGN decision 6): writers, runners of marks and harvesters at once, on both storages.

All the while documents and texts are thrown away: what is made when it is asked for may be asked for at any moment.
"""

import os
import random
import threading
import time
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.utils import timezone
from lxml import etree

from identifiers.services import handles_of
from oai import identity, service
from oai.store import ahead, failures, maintenance, solr_sync
from repository import changes
from repository.authorize import SYSTEM
from repository.models import Collection, Item
from repository.querysets import listed_items
from repository.services import items
from tests import factories as make
from tests.contracts.oai_store_helpers import until_listed
from tests.unit.oai.conftest import (
    DC,
    OAI,
    in_thread,
    own_folder,  # noqa: F401 (a fixture)
)
from tests.unit.oai.conftest import edit as edit_metadata

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS = float(os.environ.get("DSPACE_LOST_UPDATE_SECONDS", "60"))
ITEMS = 60
# Where the title is: of what is made when a record changes, and of what is made when somebody asks for it.
TITLES = {"oai_dc": f"{DC}title", "mets": "{http://www.loc.gov/mods/v3}title"}

Said = tuple[str | None, frozenset[str | None], str | None]


@pytest.fixture
def short_pages(own_folder):  # noqa: F811 (that fixture)
    """Three records a page: a list of changes then has several, and they are read ahead."""
    file = own_folder / "xoai.xml"
    file.write_text(file.read_text().replace('maxListRecordsSize="100"', 'maxListRecordsSize="3"'))


@pytest.fixture
def taken_ahead(monkeypatch):
    """Pages that were read ahead and asked for."""
    pages, read_ahead = [], ahead._read_ahead
    monkeypatch.setattr(ahead, "_read_ahead", lambda page: pages.append(found := read_ahead(page)) or found)
    return pages


def test_harvesters_that_come_for_changes_end_with_what_the_repository_has(
    storage, monkeypatch, short_pages, taken_ahead
):
    monkeypatch.setattr(service, "_made", None)  # what is kept of the provider knows another storage
    shelves = make.collection("First"), make.collection("Second")
    for n in range(ITEMS):
        make.item(f"Item {n}", within=shelves[n % 2])
    changes.run_all("oai", now=timezone.now)
    storage()
    stop = threading.Event()
    copies = [Copy("oai_dc", first_page=True), Copy("oai_dc", first_page=False), Copy("mets", first_page=False)]
    until = time.monotonic() + SECONDS
    work: list[Callable[[], object]] = [
        *(lambda kind=kind: writer(kind, shelves, until) for kind in (edit, withdraw, move, delete)),
        *(lambda: repeat(stop, lambda: changes.run_all("oai", now=timezone.now)) for _ in range(2)),
        *(lambda copy=copy: repeat(stop, copy.update) for copy in copies),
        lambda: repeat(stop, throw_away, pause=0.5),
        lambda: repeat(stop, failures.announce_mended, pause=0.5),
    ]
    if settings.OAI_SOLR_URL:
        work.append(lambda: repeat(stop, lambda: solr_sync.synchronise(settings.OAI_SOLR_URL)))
    threads = [in_thread(one) for one in work]
    done = [writing.result(timeout=SECONDS + 60) for writing in threads[:4]]
    stop.set()
    for thread in threads[4:]:
        thread.result(timeout=60)
    assert all(done), "every writer has changed something"
    assert len([page for page in taken_ahead if page]) > 5
    changes.run_all("oai", now=timezone.now)
    failures.announce_mended()
    until_listed()
    expected = in_the_repository()
    for copy in copies:
        copy.update()
        assert copy.rounds > 2
        assert copy.pages > copy.rounds
        assert copy.live() == expected
    everything = Copy("oai_dc", first_page=False)
    everything.update()
    assert all(copy.records == everything.records for copy in copies)


def repeat(stop: threading.Event, work: Callable[[], object], pause: float = 0.02) -> None:
    while not stop.wait(pause):
        work()


def throw_away() -> None:
    maintenance.erase_compiled_items()
    maintenance.clean_cache()


def writer(kind: Callable[..., None], shelves: tuple[Collection, ...], until: float) -> int:
    """Change one item after the other, until it is time; return how many."""
    chance = random.Random(kind.__name__)
    count = 0
    while time.monotonic() < until:
        with transaction.atomic():
            ids = list(Item.objects.order_by("pk").values_list("pk", flat=True))
            item = Item.objects.select_for_update().filter(pk=chance.choice(ids)).first()
            if item:  # else it was deleted meanwhile
                kind(item, chance, shelves)
                count += 1
        threading.Event().wait(chance.random() * 0.05)
    return count


def edit(item, chance, shelves):
    edit_metadata(item, dc_title=f"Title {chance.random()}")


def withdraw(item, chance, shelves):
    change = items.reinstate if item.withdrawn else items.withdraw
    change(acting_user=SYSTEM, item=item, now=timezone.now())


def move(item, chance, shelves):
    [other] = [shelf for shelf in shelves if shelf.pk != item.owning_collection_id]
    items.move_item(acting_user=SYSTEM, item=item, collection=other, now=timezone.now())


def delete(item, chance, shelves):
    """Expunge it, and archive a new one, so that there are always as many."""
    items.expunge(acting_user=SYSTEM, item=item, now=timezone.now())
    make.item(f"New {chance.random()}", within=chance.choice(shelves), now=timezone.now())


def in_the_repository() -> dict[str, tuple[frozenset[str], str]]:
    """Return by handle the sets and the title of all that is public."""
    public = {item.pk: item for item in listed_items().select_related("owning_collection")}
    handles = handles_of(public)
    above = handles_of(
        {i.owning_collection_id for i in public.values()} | {i.owning_collection.community_id for i in public.values()}
    )
    return {
        handles[pk]: (
            frozenset(
                {
                    identity.set_spec("col", above[item.owning_collection_id]),
                    identity.set_spec("com", above[item.owning_collection.community_id]),
                }
            ),
            item.name,
        )
        for pk, item in public.items()
    }


class Copy:
    """A harvester's copy, kept up to date from the responseDate of the first or last page of its last list."""

    def __init__(self, prefix: str, *, first_page: bool) -> None:
        self.prefix = prefix
        self.at = 0 if first_page else -1
        self.client = Client()
        self.records: dict[str, Said] = {}
        self.since: str | None = None
        self.rounds = self.pages = 0

    def update(self) -> None:
        query = {"verb": "ListRecords", "metadataPrefix": self.prefix} | ({"from": self.since} if self.since else {})
        dates: list[str | None] = []
        while query:
            page = etree.fromstring(self.client.get("/oai/request?" + urlencode(query)).content)
            errors = [error.get("code") for error in page.findall(f"{OAI}error")]
            assert errors in ([], ["noRecordsMatch"]), errors
            dates.append(page.findtext(f"{OAI}responseDate"))
            for record in page.iter(f"{OAI}record"):
                self._take(record)
            token = page.findtext(f".//{OAI}resumptionToken")
            query = {"verb": "ListRecords", "resumptionToken": token} if token else {}
        self.since = dates[self.at]
        self.pages += len(dates)
        self.rounds += 1

    def _take(self, record: etree._Element) -> None:
        header = record.find(f"{OAI}header")
        handle = header.findtext(f"{OAI}identifier").removeprefix(identity.identifier(""))
        sets = frozenset(e.text for e in header.findall(f"{OAI}setSpec"))
        self.records[handle] = header.get("status"), sets, record.findtext(f".//{TITLES[self.prefix]}")

    def live(self) -> dict[str, tuple[frozenset[str | None], str | None]]:
        return {handle: (sets, title) for handle, (status, sets, title) in self.records.items() if status is None}
