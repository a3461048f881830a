"""What the contract tests of the OAI store share: a store of either kind, filled with what was published."""

import socket
from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.utils import timezone

from oai import running
from oai.store import clock, solr_sync, storage
from oai.store.database import DatabaseStore
from oai.store.filling import WholeLists
from oai.store.port import Page, Place, Selection, Store
from oai.store.solr_core import Core
from repository import changes
from repository.authorize import SYSTEM
from repository.models import Item, Mark
from repository.services import items
from tests.unit.oai.conftest import let_the_second_pass

OAI_DC = Selection("oai_dc")
TIMEOUT = 20.0


def store(context: str = "request") -> WholeLists:
    """The store of a context, in the storage that the settings name."""
    return storage.store_for(running.current().contexts[context], "oai:test.example.org:")


def core(url: str) -> Core:
    return Core(url, TIMEOUT)


def publish() -> None:
    """Publish what is marked. It is listed when its second has passed."""
    changes.run_all("oai", now=timezone.now)
    assert not Mark.objects.exclude(error="").exists()


def until_listed() -> None:
    """Wait until lists have what was published: Solr may lag by another second."""
    let_the_second_pass()
    if settings.OAI_SOLR_URL:
        let_a_second_pass()


def age(minutes: int = 1) -> None:
    """All that was published was published earlier: a test never sleeps to wait. Solr must be filled anew after it."""
    with connection.cursor() as cursor:
        for table, column in (("oai_membership", "datestamp"), ("oai_clock", "last"), ("oai_clock", "earliest")):
            cursor.execute(f"UPDATE {table} SET {column} = {column} - make_interval(mins => %s)", [minutes])
    clock.mistrust_copies()


@dataclass(frozen=True)
class Walk:
    """A list read to its end."""

    pages: list[Page]

    @property
    def content(self) -> list[bytes]:
        return [b"".join(page.content) for page in self.pages]

    @property
    def joined(self) -> bytes:
        return b"".join(self.content)

    @property
    def records(self) -> int:
        return sum(page.number for page in self.pages)


def walk(of: Store, selection: Selection = OAI_DC, *, limit: int = 2, metadata: bool = True) -> Walk:
    """Read a list to its end as the protocol does: a page, then what is behind its last record."""
    pages: list[Page] = []
    place: Place | None = None
    while not pages or pages[-1].more:
        pages.append(of.page(selection, after=place, limit=limit, metadata=metadata, count=not pages))
        place = pages[-1].last
    return Walk(pages)


def told(url: str) -> int:
    """Tell Solr of what it does not know yet."""
    return solr_sync.synchronise(url)


def whole():
    """Whether a harvester gets all seven records, in the same pages as the database gives them."""
    found, expected = walk(store()), walk(DatabaseAlone(store().context, store().store.identifiers))
    assert found.content == expected.content
    assert [(p.number, p.last, p.more, p.size) for p in found.pages] == [
        (p.number, p.last, p.more, p.size) for p in expected.pages
    ]
    return found.records == 7


class DatabaseAlone(DatabaseStore):
    """The store without Solr, whose pages `only_solr` does not note."""

    read_page = DatabaseStore.read_page


def change(item):
    items.withdraw(acting_user=SYSTEM, item=Item.objects.get(pk=item.pk), now=timezone.now())
    publish()
    let_the_second_pass()


def let_a_second_pass():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(1)")


def nobody():
    """An address where nobody answers."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}/solr/dspace"


def wipe(url):
    core(url)._solr().delete(q="*:*", commit=True)


def once_before(monkeypatch, method, action, calls=1):
    """Do something before the nth call of a method of Core, and never again."""
    real = getattr(Core, method)
    left = [calls]

    def wrapped(self, *arguments, **keywords):
        left[0] -= 1
        if left[0] == 0:
            action()
        return real(self, *arguments, **keywords)

    monkeypatch.setattr(Core, method, wrapped)
