"""A repository with changes published, and a harvester that checks every answer against the schemas."""

import shutil
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from lxml import etree

from dspace.configuration import Configuration, Item
from oai import identity, running, service, views
from oai.models import Clock
from oai.store import following
from repository import changes
from repository.authorize import SYSTEM
from repository.metadata import Value
from repository.models import Mark
from repository.services import editing
from tests import factories as make
from tests.shared import oai_problems

OAI = "{http://www.openarchives.org/OAI/2.0/}"
DC = "{http://purl.org/dc/elements/1.1/}"


class Harvester:
    """Asks /oai/request as harvesters do."""

    def __init__(self, client: Client, *, validating: bool = True) -> None:
        self.client = client
        self.problems = oai_problems() if validating else None

    def bytes(self, verb: str, **arguments: str) -> bytes:
        query = {"verb": verb} | {name.rstrip("_"): value for name, value in arguments.items()}
        response = self.client.get("/oai/request?" + urlencode(query))
        assert response.status_code == 200
        assert response["Content-Type"] == "text/xml;charset=UTF-8"
        if self.problems:
            assert self.problems(response.content) == []
        return response.content

    def ask(self, verb: str, **arguments: str) -> etree._Element:
        return etree.fromstring(self.bytes(verb, **arguments))

    def errors(self, verb: str, **arguments: str) -> list[str]:
        return [error.get("code") for error in self.ask(verb, **arguments).findall(f"{OAI}error")]

    def get(self, handle: str) -> etree._Element:
        return self.ask("GetRecord", metadataPrefix="oai_dc", identifier=oai_id(handle))

    def pages(self, verb: str = "ListRecords", **arguments: str) -> list[etree._Element]:
        pages = [self.ask(verb, **{"metadataPrefix": "oai_dc"} | arguments)]
        while (token := pages[-1].findtext(f".//{OAI}resumptionToken")) is not None and token:
            pages.append(self.ask(verb, resumptionToken=token))
        return pages

    def headers(self, verb: str = "ListRecords", **arguments: str) -> dict[str, dict[str, object]]:
        """Return by handle what the list says; {} for noRecordsMatch."""
        return {
            handle_of(header): {
                "deleted": header.get("status") == "deleted",
                "sets": {e.text for e in header.findall(f"{OAI}setSpec")},
                "datestamp": header.findtext(f"{OAI}datestamp"),
            }
            for page in self.pages(verb, **arguments)
            for header in page.iter(f"{OAI}header")
        }

    def live(self, **arguments: str) -> set[str]:
        return {handle for handle, said in self.headers(**arguments).items() if not said["deleted"]}

    def dead(self, **arguments: str) -> set[str]:
        return {handle for handle, said in self.headers(**arguments).items() if said["deleted"]}


def oai_id(handle: str) -> str:
    return identity.identifier(handle)


def handle_of(header: etree._Element) -> str:
    return header.findtext(f"{OAI}identifier").removeprefix(identity.identifier(""))


def let_the_second_pass():
    """Wait until the newest stamp is no longer in the future: a second at most, by the only clock that counts."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(greatest(0, extract(epoch FROM max(last) - clock_timestamp()))) FROM oai_clock")


@pytest.fixture(autouse=True)
def new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The provider knows of no configuration that an earlier test had, and has said nothing yet."""
    monkeypatch.setattr(service, "_made", None)
    monkeypatch.setattr(following, "_noted", None)
    monkeypatch.setattr(views, "_said", {})


@pytest.fixture
def harvester(client: Client) -> Harvester:
    return Harvester(client)


def stamp_from_the_future() -> None:
    """Let what is published next not be listed during this test, however slow the machine is."""
    now = timezone.now().replace(microsecond=0)
    Clock.objects.update_or_create(
        pk=1,
        defaults={"last": now + timedelta(hours=1)},
        create_defaults={"last": now + timedelta(hours=1), "earliest": now},
    )


@pytest.fixture(autouse=True)
def clock_as_migrated(request: pytest.FixtureRequest) -> None:
    """The row that migrations make is there, also where a test with transactions of its own has emptied all tables."""
    if marker := request.node.get_closest_marker("django_db"):
        request.getfixturevalue("transactional_db" if marker.kwargs.get("transaction") else "db")
        now = timezone.now().replace(microsecond=0)
        Clock.objects.get_or_create(id=1, defaults={"last": now, "earliest": now, "copies_since": now})


@pytest.fixture
def own_folder(tmp_path: Path, settings: Any) -> Path:
    """A copy of the provider's configuration, to be changed."""
    folder = tmp_path / "oai"
    shutil.copytree(running.folder(), folder)
    entries = dict(settings.DSPACE.entries) | {"oai.config.dir": [Item(str(folder), "local.cfg:1")]}
    settings.DSPACE = Configuration(entries, settings.DSPACE.environ)
    return folder


def look_again() -> None:
    """Let the process see at once that a file of the configuration was changed."""
    running._holder._looked = 0.0


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let responses hold no more than so many elements."""

    def shrink(size: int) -> None:
        small = replace(running.current(), max_records=size, max_identifiers=size, max_sets=size)
        monkeypatch.setattr(service, "current", lambda: small)

    return shrink


@pytest.fixture
def publish(db: None) -> Callable[..., None]:
    """Publish what is marked, and let the second pass in which it is not yet listed."""

    def run(now: datetime | None = None) -> None:
        changes.run_all("oai", now=lambda: now or timezone.now())
        assert not Mark.objects.exclude(error="").exists()
        with connection.cursor() as cursor:  # all stamps a moment back: a test never sleeps to wait
            cursor.execute("UPDATE oai_membership SET datestamp = datestamp - interval '1 minute'")
            cursor.execute(
                "UPDATE oai_clock SET last = last - interval '1 minute', earliest = earliest - interval '1 minute', "
                "whole_from = whole_from - interval '1 minute', last_run = last_run - interval '1 minute'"
            )

    return run


ARTICLE = {
    "dc_title": "On owls",
    "dc_contributor_author": "Ørsted, Åse",
    "dc_date_issued": "2024-05-06",
    "dc_language_iso": "en_US",
    "dc_type": "article",
}


class At(Harvester):
    """A harvester of one context."""

    def __init__(self, client, context):
        super().__init__(client, validating=False)
        self.context = context

    def bytes(self, verb, **arguments):
        query = {"verb": verb} | {name.rstrip("_"): value for name, value in arguments.items()}
        response = self.client.get(f"/oai/{self.context}?" + urlencode(query))
        assert response.status_code == 200
        return response.content


@pytest.fixture
def driver(client):
    return At(client, "driver")


@pytest.fixture
def request_(client):
    return At(client, "request")


def article(**changed):
    return make.item(metadata=make.md(**ARTICLE | changed), files=[make.new_file()])


def edit(obj, **values):
    patch = editing.Patch(replace={k.replace("_", "."): [Value(v)] for k, v in values.items()})
    fresh = type(obj)._default_manager.get(pk=obj.pk)
    editing.edit_metadata(acting_user=SYSTEM, obj=fresh, patch=patch, now=timezone.now())


# --- Several at once ---


def in_thread(work: Callable[[], Any]) -> "Future[Any]":
    """Run `work` on a connection of its own."""

    def run() -> Any:
        try:
            return work()
        finally:
            connection.close()

    return ThreadPoolExecutor(1).submit(run)


def waiting_for_lock(name: str) -> None:
    """Return when somebody waits for this advisory lock; fail when nobody does."""
    sql = (
        "SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " AND (classid::bigint << 32 | objid::bigint) = hashtext(%s)::bigint & x'ffffffffffffffff'::bigint"
    )
    _until(sql, [name], f"nobody waits for {name}")


def waiting_for_lock_of_another(number: int) -> None:
    """Return when so many wait for a lock that another transaction has; fail when they don't."""
    sql = "SELECT count(*) = %s FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    _until(sql, [number], f"not {number} wait for a lock")


def waiting_for_row() -> None:
    """Return when somebody waits for what this transaction has locked; fail when nobody does."""
    sql = "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    _until(sql, [], "nobody waits")


def _until(sql: str, values: Sequence[object], otherwise: str) -> None:
    event = threading.Event()
    for _ in range(1000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(sql, values)
            if cursor.fetchone()[0]:
                return
        event.wait(0.01)
    pytest.fail(otherwise)
