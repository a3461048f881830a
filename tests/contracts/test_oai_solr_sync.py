"""What tells Solr of the lists: whatever happens meanwhile, no harvester misses anything, and the next run mends it."""

import logging
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from oai import service
from oai.models import Clock
from oai.store import following, maintenance, solr_core, solr_sync, storage
from oai.store.port import Selection
from oai.store.solr_core import Core, Marker, MarkerChanged, SolrUnavailable
from oai.tasks import tell_solr
from repository import wakeup
from repository.authorize import SYSTEM
from repository.models import Item
from repository.services import items
from tests import factories as make
from tests.contracts.oai_store_helpers import (
    OAI_DC,
    age,
    change,
    core,
    let_the_second_pass,
    nobody,
    once_before,
    publish,
    store,
    told,
    walk,
    whole,
    wipe,
)

NOW = make.NOW
pytestmark = pytest.mark.django_db


# --- The core loses what it has ---


def test_an_emptied_core_is_noticed_and_filled_again(seven, only_solr, empty_core):
    wipe(empty_core)
    assert whole()
    assert len(only_solr) == 4
    only_solr.clear()
    assert told(empty_core) > 0
    assert whole()
    assert only_solr == []


def test_documents_deleted_beside_the_marker_are_noticed_by_the_nightly_import(seven, only_solr, empty_core, caplog):
    core(empty_core)._solr().delete(q="oai_list:*request*", commit=True)
    call_command("oai", "import", stdout=StringIO())
    assert "filled anew" in caplog.text
    only_solr.clear()
    assert whole()
    assert only_solr == []
    caplog.clear()
    call_command("oai", "import", stdout=StringIO())
    assert not caplog.text


def test_that_solr_is_filled_anew_is_no_news_for_harvesters(seven, only_solr, empty_core):
    before = store().earliest_datestamp()
    core(empty_core)._solr().delete(q="oai_list:*request*", commit=True)
    call_command("oai", "import", stdout=StringIO())
    assert store().earliest_datestamp() == before


def test_meanwhile_lists_come_from_the_database(seven, only_solr, empty_core, monkeypatch):
    core(empty_core)._solr().delete(q="oai_list:*request*", commit=True)
    found = []
    once_before(monkeypatch, "send", lambda: found.append(whole()))
    call_command("oai", "import", stdout=StringIO())
    assert found == [True]


def test_a_format_that_gets_a_filter_keeps_its_list_in_solr_too(seven, only_solr, empty_core, own_folder):
    following.follow_configuration()
    publish()
    path = own_folder / "xoai.xml"
    path.write_text(path.read_text().replace("</Filters>", TITLED + "</Filters>").replace(*FILTERED))
    assert following.follow_configuration()
    assert walk(store(), Selection("dim")).records == 7
    told(empty_core)
    only_solr.clear()
    assert walk(store(), Selection("dim")).records == 7
    assert only_solr == []


TITLED = """<Filter id="titled"><Definition><Custom ref="titleCondition"/></Definition></Filter>"""
FILTERED = "<XSLT>metadataFormats/dim.xsl</XSLT>", '<XSLT>metadataFormats/dim.xsl</XSLT><Filter ref="titled"/>'


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


def test_a_core_with_the_records_of_another_repository_is_filled_anew(seven, only_solr, empty_core):
    Clock.objects.update(copies_since=timezone.now() - timedelta(days=400))
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


def in_another_process(action):
    """Return what the action does in a database session of its own."""

    def work():
        try:
            return action()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as other:
        return other.submit(work).result(timeout=20)


def test_of_two_that_would_send_everything_the_second_leaves_it_to_the_first(seven, only_solr, empty_core, monkeypatch):
    wipe(empty_core)
    sent, generations = [], set()
    real = Core.send

    def noted(self, generation, headers):
        if not generations:
            sent.append(in_another_process(lambda: solr_sync.rebuild_all(empty_core)))
        generations.add(generation)
        real(self, generation, headers)

    monkeypatch.setattr(Core, "send", noted)
    tell_solr()
    assert sent == [0]
    assert len(generations) == 1
    assert core(empty_core).marker().generation in generations
    assert whole()


def test_the_task_returns_at_once_while_another_process_fills_the_core(seven, empty_core):
    wipe(empty_core)
    begun, done = threading.Event(), threading.Event()

    def fill():
        with solr_sync._one_filler() as is_ours:
            begun.set()
            return is_ours and done.wait(20)

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(in_another_process, fill)
        assert begun.wait(20)
        tell_solr()
        done.set()
        assert other.result(20)
    assert core(empty_core).marker() is None
    assert told(empty_core) > 0, "the next one fills it"


def test_a_pooler_that_nobody_has_mentioned_is_warned_of(caplog):
    def fill_with_another_session_for_each_transaction():
        with solr_sync._one_filler():
            connection.close()

    in_another_process(fill_with_another_session_for_each_transaction)
    assert "db.pgbouncer = true" in caplog.text


def test_a_rebuild_that_another_was_faster_than_stops_and_leaves_nothing(seven, only_solr, empty_core, monkeypatch):
    documents = core(empty_core)._solr().search("*:*", rows=0).hits
    built = []
    real = solr_sync._build

    def noted(core, begun, generation):
        built.append(generation)
        return real(core, begun, generation)

    monkeypatch.setattr(solr_sync, "_build", noted)
    once_before(monkeypatch, "write_marker", lambda: solr_sync.rebuild_all(empty_core))
    solr_sync.rebuild_all(empty_core)
    assert len(built) == 2
    assert core(empty_core).marker().generation == built[1]
    assert core(empty_core)._solr().search("*:*", rows=0).hits == documents
    assert whole()


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
    Clock.objects.update(copies_since=datetime.fromtimestamp(core(empty_core).marker().store / 1e6, UTC))
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
