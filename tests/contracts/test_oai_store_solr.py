"""Lists that come from Solr: the same bytes as without it, whatever happens to Solr, and to those who tell it.

Pages that came from the database instead are noted in `only_solr`.
"""

import logging
import socket
import threading
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from oai.models import Clock, Membership
from oai.store import solr as oai_solr
from oai.store.port import Selection
from oai.store.solr_core import Core, Marker, SolrUnavailable
from oai.tasks import tell_solr
from repository.models import Item
from tests import factories as make
from tests.contracts.oai_store_helpers import (
    OAI_DC,
    change,
    core,
    let_a_second_pass,
    nobody,
    store,
    told,
    walk,
    whole,
)

NOW = make.NOW
pytestmark = pytest.mark.django_db


# --- The same lists ---


def test_pages_come_from_solr(seven, only_solr):
    for selection in (OAI_DC, Selection("oai_dc", None, timezone.now() - timedelta(hours=1), timezone.now())):
        walk(store(), selection)
        walk(store(), selection, metadata=False)
    assert only_solr == []


def test_one_statement_makes_a_page(seven, django_assert_num_queries):
    of = store()
    page = of.page(OAI_DC, after=None, limit=2, metadata=True, count=False)
    with django_assert_num_queries(1):
        of.page(OAI_DC, after=page.last, limit=2, metadata=True, count=False)


def test_another_context_has_lists_of_its_own(seven, only_solr):
    assert walk(store("openaire4"), Selection("oai_openaire")).records == 7
    assert walk(store("driver")).records == 0
    assert only_solr == []


@pytest.mark.parametrize(("block", "requests"), [(1000, 2), (3, 3), (2, 4), (1, 4)])
def test_behind_the_first_page_places_are_asked_for_in_blocks(seven, only_solr, monkeypatch, block, requests):
    monkeypatch.setattr(oai_solr, "BLOCK", block)
    asked = []
    page = Core.page
    monkeypatch.setattr(Core, "page", lambda self, *of, **said: asked.append(said["limit"]) or page(self, *of, **said))
    assert whole()
    assert len(asked) == requests
    assert oai_solr._state.ahead == {}, "a list read to its end leaves nothing behind"
    assert only_solr == []


def test_places_asked_for_before_something_was_published_are_asked_for_again(seven, only_solr, empty_core):
    first = store().page(OAI_DC, after=None, limit=2, metadata=True, count=False)
    second = store().page(OAI_DC, after=first.last, limit=2, metadata=True, count=False)
    assert len(oai_solr._state.ahead) == 1
    third = Membership.objects.filter(view="request", spec="").order_by("datestamp", "record")[4]
    change(Item.objects.get(pk=third.record.item))
    told(empty_core)
    rest = store().page(OAI_DC, after=second.last, limit=100, metadata=True, count=False)
    assert rest.number == 3
    assert rest.content[-1].endswith(b"</header></record>"), "the tombstone has moved to the end"
    assert only_solr == []


def test_a_process_remembers_a_bounded_number_of_lists(monkeypatch):
    monkeypatch.setattr(oai_solr, "LISTS", 3)
    for n in range(10):
        oai_solr._remember(n, oai_solr._Selected(Marker(1, 1, NOW), [], True))
    assert list(oai_solr._state.ahead) == [7, 8, 9]
    oai_solr._state.ahead.clear()


# --- Solr lags ---


def test_what_solr_was_not_told_of_comes_from_the_database(seven, only_solr, empty_core):
    change(seven[0])
    assert whole()
    assert only_solr != []
    only_solr.clear()
    assert told(empty_core) > 0
    assert whole()
    assert only_solr == []
    assert told(empty_core) == 0, "it knows everything"


def test_a_change_is_listed_when_its_second_has_passed_although_nobody_told_solr(seven, empty_core):
    change(seven[0])
    let_a_second_pass()  # for Solr may lag by one
    assert walk(store()).joined.count(b'status="deleted"') == 1


def test_a_page_goes_up_to_where_solr_is_complete_when_that_is_a_second_ago(seven, only_solr, empty_core):
    marker = core(empty_core).marker()
    for lag, is_from_solr in ((0, True), (1, True), (2, False), (60, False)):
        only_solr.clear()
        with connection.cursor() as cursor:
            cursor.execute("SELECT extract(epoch FROM clock_timestamp())::bigint")
            now = datetime.fromtimestamp(cursor.fetchone()[0], UTC)
        Clock.objects.update(last=now + timedelta(hours=1))
        core(empty_core).write_marker(replace(marker, synced=now - timedelta(seconds=lag)))
        marker = core(empty_core).marker()
        page = store().page(OAI_DC, after=None, limit=100, metadata=False, count=False)
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            seconds_gone = int(cursor.fetchone()[0].timestamp()) - int(now.timestamp())
        if seconds_gone == 0:  # else the machine was too busy to say
            assert (only_solr == []) is is_from_solr, lag
            assert page.response_date == now - timedelta(seconds=lag if is_from_solr else 0)
        assert page.number == 7


def test_what_is_stamped_with_a_moment_to_come_is_not_sent(seven, empty_core):
    change(seven[0])
    Clock.objects.update(last=timezone.now() + timedelta(hours=1))
    Membership.objects.filter(deleted=True).update(datestamp=timezone.now() + timedelta(hours=1))
    assert told(empty_core) == 0
    assert walk(store()).records == 6


def test_a_header_that_is_stamped_anew_sends_its_old_page_to_the_database(seven, only_solr, empty_core):
    row = Membership.objects.filter(view="request", spec="").order_by("datestamp", "record")[2]
    later = timezone.now() + timedelta(hours=1)
    Membership.objects.filter(record=row.record_id).update(datestamp=later)
    Clock.objects.update(last=later)
    marker = core(empty_core).marker()
    core(empty_core).write_marker(replace(marker, synced=timezone.now().replace(microsecond=0)))
    assert not whole()
    assert walk(store()).records == 6
    assert len(only_solr) >= 2, "the page it was on, and the one before, which looks ahead"


# --- Solr fails ---


@pytest.fixture
def no_pause(monkeypatch):
    monkeypatch.setattr(oai_solr, "PAUSE", 0.0)


def test_without_solr_pages_come_from_the_database_and_it_is_asked_again_after_a_pause(seven, only_solr, caplog):
    answers, settings.OAI_SOLR_URL = settings.OAI_SOLR_URL, nobody()
    with caplog.at_level(logging.WARNING):
        assert whole()
    assert len(only_solr) == 4
    assert len([r for r in caplog.records if "PostgreSQL alone" in r.message]) == 1, "it was asked once"
    settings.OAI_SOLR_URL = answers
    assert whole()
    assert len(only_solr) == 8
    oai_solr._state.resting_until = 0.0  # the pause is over
    assert whole()
    assert len(only_solr) == 8


def test_a_solr_that_does_not_answer_in_time_is_left_alone(seven, only_solr, monkeypatch):
    monkeypatch.setattr(oai_solr, "TIMEOUT", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.OAI_SOLR_URL = f"http://127.0.0.1:{silent.getsockname()[1]}/solr/dspace"
        assert whole()
    assert len(only_solr) == 4


NONSENSE = [
    b"",
    b"<html>Please log in</html>",
    b"{}",
    b"[]",
    b"null",
    b"17",
    b'{"response": 5}',
    b'{"response": {"docs": 5}}',
    b'{"response": {"docs": [5]}}',
    b'{"response": {"docs": [{"oai_place": -1}]}}',
    b'{"response": {"docs": [{"oai_place": "x"}]}}',
    b'{"response": {"docs": [{"oai_place": -1, "oai_store": "x", "oai_current": 1, "oai_synced": 1}]}}',
    b'{"response": {"docs": [{"oai_place": -1, "oai_store": 1, "oai_current": 1, "oai_synced": %d}]}}' % (10**30),
    b'{"response": {"docs": [{"oai_place": %d}, {"oai_place": 1}]}}' % (10**40),
    b"\xff\xfe\x00",
    b"[" * 100_000,
]


@pytest.mark.parametrize("body", NONSENSE)
@pytest.mark.parametrize("status", [200, 500])
def test_nonsense_sends_pages_to_the_database(seven, only_solr, no_pause, body, status):
    with answering(body, status) as address:
        settings.OAI_SOLR_URL = address
        assert whole()
        assert len(only_solr) == 4
        with pytest.raises(SolrUnavailable):
            told(address)
        tell_solr()  # the task only says so


def test_a_password_is_sent_and_never_logged(seven, only_solr, caplog):
    with answering(b"{}", 401) as address:
        settings.OAI_SOLR_URL = address.replace("http://", "http://reader:sec%40ret@")
        assert whole()
        assert answering.asked[-1] == "Basic " + b64encode(b"reader:sec@ret").decode()
    settings.OAI_SOLR_URL = nobody().replace("http://", "http://reader:sec%40ret@")
    oai_solr._state.resting_until = 0.0
    assert whole()
    assert caplog.text.count("PostgreSQL alone") == 2
    assert "ret@" not in caplog.text
    assert "reader" not in caplog.text


class answering:
    """A server that always says the same."""

    asked = []  # with which Authorization

    def __init__(self, body, status):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                answering.asked.append(self.headers.get("Authorization"))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}/solr/dspace"

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
