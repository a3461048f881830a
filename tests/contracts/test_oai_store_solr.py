"""Lists that come from Solr: the same bytes as without it, whatever happens to Solr, and to those who tell it.

Pages that came from the database instead are noted in `only_solr`.
"""

import logging
import re
import socket
import threading
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from oai import service
from oai.models import Clock, Membership
from oai.store import maintenance, solr_core, solr_sync, storage
from oai.store import solr as oai_solr
from oai.store.database import DatabaseStore
from oai.store.port import Selection
from oai.store.solr_core import Core, Marker, MarkerChanged, SolrUnavailable
from oai.tasks import tell_solr
from repository import wakeup
from repository.authorize import SYSTEM
from repository.models import Item
from repository.services import items
from tests import factories as make
from tests.contracts.oai_store_helpers import OAI_DC, age, core, let_the_second_pass, publish, store, told, walk

NOW = make.NOW
pytestmark = pytest.mark.django_db


@pytest.fixture
def seven(only_solr, empty_core):
    """Seven records, known to Solr for a while."""
    home = make.collection()
    made = [make.item(f"Item {n}", within=home) for n in range(7)]
    publish()
    age()
    assert told(empty_core) > 0
    marker = core(empty_core).marker()
    core(empty_core).write_marker(replace(marker, synced=marker.synced - timedelta(seconds=10)))
    assert whole()
    assert only_solr == []
    return made


def whole():
    """Whether a harvester gets all seven records, in the same pages as the database gives them."""
    found, expected = walk(store()), walk(DatabaseAlone(store().context, store().identifiers))
    assert found.content == expected.content
    assert [(p.number, p.last, p.more, p.size) for p in found.pages] == [
        (p.number, p.last, p.more, p.size) for p in expected.pages
    ]
    return found.records == 7


class DatabaseAlone(DatabaseStore):
    """The store without Solr, whose pages `only_solr` does not note."""

    page = DatabaseStore.page


def change(item):
    items.withdraw(acting_user=SYSTEM, item=Item.objects.get(pk=item.pk), now=timezone.now())
    publish()
    let_the_second_pass()


# --- The same lists ---


def test_pages_come_from_solr(seven, only_solr):
    for selection in (OAI_DC, Selection("oai_dc", None, timezone.now() - timedelta(hours=1), timezone.now())):
        walk(store(), selection)
        walk(store(), selection, metadata=False)
    assert only_solr == []


def test_one_statement_makes_a_page(seven, django_assert_num_queries):
    page = store().page(OAI_DC, after=None, limit=2, metadata=True, count=False)
    with django_assert_num_queries(1):
        store().page(OAI_DC, after=page.last, limit=2, metadata=True, count=False)


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
    assert rest.content.rstrip().endswith(b"</header></record>"), "the tombstone has moved to the end"
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


def let_a_second_pass():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(1)")


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


def nobody():
    """An address where nobody answers."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}/solr/dspace"


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


# --- The core loses what it has ---


def wipe(url):
    core(url)._solr().delete(q="*:*", commit=True)


def test_an_emptied_core_is_noticed_and_filled_again(seven, only_solr, empty_core):
    wipe(empty_core)
    assert whole()
    assert len(only_solr) == 4
    only_solr.clear()
    assert told(empty_core) > 0
    assert whole()
    assert only_solr == []


def test_a_core_emptied_while_it_is_told_of_changes_does_not_pass_for_complete(
    seven, only_solr, empty_core, monkeypatch
):
    change(seven[0])
    once_before(monkeypatch, "write_marker", lambda: wipe(empty_core))
    told(empty_core)
    assert core(empty_core).marker().synced, "it was filled again"
    assert whole()
    assert only_solr == []


@pytest.mark.parametrize("calls", [1, 2, 3])
def test_a_core_emptied_while_it_is_filled_does_not_pass_for_complete(seven, only_solr, empty_core, monkeypatch, calls):
    monkeypatch.setattr(solr_sync, "BATCH", 5)
    wipe(empty_core)
    once_before(monkeypatch, "send", lambda: wipe(empty_core), calls=calls)
    solr_sync.rebuild_all(empty_core)
    assert whole()
    assert only_solr == []


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


def test_a_core_with_the_records_of_another_repository_is_filled_anew(seven, only_solr, empty_core):
    Clock.objects.update(earliest=timezone.now() - timedelta(days=400))
    assert whole()
    assert len(only_solr) == 4
    only_solr.clear()
    told(empty_core)
    assert whole()
    assert only_solr == []


# --- Those who keep it up to date ---


class Killed(BaseException):
    pass


@pytest.mark.parametrize("fill", [solr_sync.synchronise, solr_sync.rebuild_all])
@pytest.mark.parametrize("method", ["send", "write_marker", "forget_generations_before"])
def test_a_run_killed_in_the_middle_hides_nothing_and_the_next_one_makes_up_for_it(
    seven, only_solr, empty_core, monkeypatch, fill, method
):
    change(seven[0])
    with monkeypatch.context() as context:
        context.setattr(solr_sync, "BATCH", 3)

        def die():
            core(empty_core)._solr().commit()  # what was sent is seen
            raise Killed

        once_before(context, method, die, calls=2 if method == "send" else 1)
        try:
            fill(empty_core)
        except Killed:
            pass
        else:
            assert (fill, method) == (solr_sync.synchronise, "forget_generations_before")
    assert whole()
    told(empty_core)
    only_solr.clear()
    assert whole()
    assert only_solr == []


def test_a_header_that_arrives_late_does_not_replace_a_younger_one(seven, only_solr, empty_core):
    late = list(solr_sync._headers(datetime(1, 1, 1, tzinfo=UTC), timezone.now()))
    change(seven[0])
    told(empty_core)
    core(empty_core).send(core(empty_core).marker().generation, late)
    core(empty_core)._solr().commit()
    assert whole()
    assert only_solr == []


def test_two_that_tell_solr_at_once_do_each_other_no_harm(seven, only_solr, empty_core, monkeypatch):
    change(seven[0])
    once_before(monkeypatch, "write_marker", lambda: told(empty_core))
    told(empty_core)
    assert whole()
    assert only_solr == []


@pytest.mark.parametrize("method", ["send", "write_marker", "forget_generations_before"])
@pytest.mark.parametrize("other", [solr_sync.synchronise, solr_sync.rebuild_all])
def test_a_rebuild_and_others_at_once_do_each_other_no_harm(seven, only_solr, empty_core, monkeypatch, method, other):
    def meanwhile():
        change(seven[0])
        other(empty_core)

    once_before(monkeypatch, method, meanwhile)
    solr_sync.rebuild_all(empty_core)
    told(empty_core)
    assert whole()
    assert only_solr == []


def test_a_marker_is_only_written_over_the_one_that_was_read(empty_core):
    one = core(empty_core)
    one.write_marker(Marker(1, 1, None))
    read = one.marker()
    with pytest.raises(MarkerChanged):
        one.write_marker(Marker(1, 1, None))
    one.write_marker(replace(read, synced=NOW))
    with pytest.raises(MarkerChanged):
        one.write_marker(replace(read, synced=None))
    assert one.marker().synced == NOW


# --- A rebuild ---


def test_nothing_is_seen_of_a_rebuild_before_it_is_complete_and_nothing_is_left_of_the_one_before(
    seven, only_solr, empty_core, monkeypatch
):
    seen = []
    once_before(monkeypatch, "write_marker", lambda: seen.append(whole()))
    first = store().page(OAI_DC, after=None, limit=2, metadata=True, count=False)
    before = core(empty_core)._solr().search("*:*", rows=0).hits
    core(empty_core).send(core(empty_core).marker().generation, [("request", "", (timezone.now(), 999))])
    solr_sync.rebuild_all(empty_core)
    assert seen == [True]
    assert whole()
    assert only_solr == []
    assert core(empty_core)._solr().search("*:*", rows=0).hits == before
    rest = store().page(OAI_DC, after=first.last, limit=100, metadata=True, count=False)
    assert rest.number == 5, "a list goes on over a rebuild"


def test_datestamps_that_went_back_are_mended_by_a_rebuild(seven, only_solr, empty_core):
    """As after the database was restored from a backup."""
    age(30)
    Clock.objects.update(earliest=datetime.fromtimestamp(core(empty_core).marker().store / 1e6, UTC))
    solr_sync.rebuild_all(empty_core)
    assert whole()
    assert only_solr == []


def test_a_record_with_too_high_a_number_is_refused(empty_core):
    with pytest.raises(SolrUnavailable, match="too high"):
        solr_core.place_number((timezone.now(), 2**31))


def test_places_keep_their_order_as_numbers():
    start = datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)
    places = [(start + timedelta(seconds=s), n) for s in (0, 1, 3 * 10**9) for n in (1, 2, 2**31 - 1)]
    numbers = [solr_core.place_number(place) for place in places]
    assert numbers == sorted(set(numbers))
    assert [solr_core.place_of(number) for number in numbers] == places
    assert numbers[-1] < 2**63


# --- Who tells Solr ---


def test_publishing_wakes_a_worker_when_the_second_of_the_datestamp_has_passed(
    seven, monkeypatch, django_capture_on_commit_callbacks
):
    woken = []
    monkeypatch.setattr(wakeup, "wake_task", lambda name, delay: woken.append((name, delay)))
    with django_capture_on_commit_callbacks(execute=True):
        change(seven[0])
    assert woken == [("oai.tasks.tell_solr", 1.0)]
    settings.OAI_SOLR_URL = None
    with django_capture_on_commit_callbacks(execute=True):
        change(seven[1])
    assert len(woken) == 1


def test_a_task_to_be_run_later_is_sent_with_its_delay(monkeypatch):
    sent = []
    monkeypatch.setattr(wakeup.current_app, "send_task", lambda name, **said: sent.append((name, said["countdown"])))
    wakeup._publish(wakeup._Message("oai.tasks.tell_solr", (), 1.0))
    wakeup._publish(wakeup._Message(wakeup.TASK, ("oai",)))
    assert sent == [("oai.tasks.tell_solr", 1.0), (wakeup.TASK, None)]


@pytest.mark.parametrize("options", [[], ["-c"], ["-c", "-o", "-v"], ["--restamp"]])
def test_oai_import_leaves_solr_complete(seven, only_solr, empty_core, options, monkeypatch):
    monkeypatch.setattr(maintenance, "optimize", storage.optimize)  # VACUUM does not run in the transaction of a test
    wipe(empty_core)
    items.withdraw(acting_user=SYSTEM, item=Item.objects.get(pk=seven[0].pk), now=timezone.now())
    call_command("oai", "import", *options, stdout=StringIO())
    only_solr.clear()
    assert whole()
    assert only_solr == []


def test_oai_import_without_solr_does_its_work_and_says_so(seven, caplog):
    settings.OAI_SOLR_URL = nobody()
    items.withdraw(acting_user=SYSTEM, item=Item.objects.get(pk=seven[0].pk), now=timezone.now())
    for options in ([], ["-c"]):
        with caplog.at_level(logging.WARNING):
            call_command("oai", "import", *options, stdout=StringIO())
        assert "Solr was not told" in caplog.text
        caplog.clear()
    let_the_second_pass()
    assert whole()


@pytest.mark.parametrize("verb", ["ListRecords", "ListIdentifiers"])
def test_the_responses_of_both_storages_are_the_same_bytes(seven, only_solr, client, monkeypatch, verb):
    monkeypatch.setattr(service, "_made", None)
    responses = {}
    for url in (settings.OAI_SOLR_URL, None):
        settings.OAI_SOLR_URL = url
        service._made = None
        response = client.get("/oai/request", {"verb": verb, "metadataPrefix": "oai_dc"})
        responses[url] = re.sub(rb"<responseDate>[^<]*", b"", response.content)
        assert len(only_solr) == (0 if url else 1)
    assert len(set(responses.values())) == 1
    assert b"<header>" in responses[None]
