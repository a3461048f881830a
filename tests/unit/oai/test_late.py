"""While no worker runs, whoever asks publishes what waits: nobody is shown what was withdrawn."""

import logging
import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone
from lxml import etree

from identifiers.services import handle_of
from oai.models import Clock
from oai.store import late, publisher
from repository import changes
from repository.authorize import SYSTEM
from repository.constants import Action
from repository.models import Item, Mark
from repository.services import items, policies
from tests import factories as make
from tests.unit.oai.conftest import OAI, in_thread, oai_id

pytestmark = pytest.mark.django_db(transaction=True)
LONG_AGO = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def looked_long_ago(monkeypatch):
    monkeypatch.setattr(late, "_looked", 0.0)


@pytest.fixture
def item(publish):
    made = make.item()
    publish()
    return made


def withdraw(item, *, ago=LONG_AGO):
    items.withdraw(acting_user=SYSTEM, item=Item.objects.get(pk=item.pk), now=timezone.now() - ago)


def status(client, item):
    """Return what GetRecord says: deleted, or None for a whole record."""
    return status_at(client, address_of(item))


def address_of(item):
    return f"/oai/request?verb=GetRecord&metadataPrefix=oai_dc&identifier={oai_id(handle_of(item.pk))}"


def status_at(client, address):
    return etree.fromstring(client.get(address).content).find(f".//{OAI}header").get("status")


def test_a_withdrawn_item_is_shown_to_nobody(client, item):
    withdraw(item)
    assert status(client, item) == "deleted"


def test_a_restricted_item_is_in_no_list(client, item):
    now = timezone.now() - LONG_AGO
    policies.replace_policies(acting_user=SYSTEM, obj=item, action=Action.READ, specs=[], now=now)
    response = client.get("/oai/request?verb=ListRecords&metadataPrefix=oai_dc")
    assert b"<metadata>" not in response.content


def test_the_log_says_that_no_worker_runs(client, item, caplog):
    withdraw(item)
    with caplog.at_level(logging.WARNING, "oai.store.late"):
        status(client, item)
    assert "no worker publishes" in caplog.text


def test_workers_are_given_time(client, item):
    withdraw(item, ago=timedelta(seconds=1))
    assert status(client, item) is None


def wait_for_a_date(item, *, ago):
    """Mark an item as an embargo does, or a publisher that failed on it: for a day to come, which now has come."""
    Mark.objects.all().delete()
    changes.mark([item.pk], now=timezone.now() - timedelta(days=1), due=timezone.now() - ago)


def test_what_is_due_by_a_date_is_left_to_the_next_sweep(client, item, caplog):
    withdraw(item)
    wait_for_a_date(item, ago=timedelta(seconds=60))
    assert status(client, item) is None
    assert not caplog.text
    wait_for_a_date(item, ago=timedelta(seconds=100))
    look_again()
    assert status(client, item) == "deleted"


def look_again():
    late._looked -= late.LOOK_EVERY


def test_a_worker_between_two_batches_is_not_disturbed(client, item, caplog):
    """Of many marks the last wait for long, and nobody has the lock when a batch is done."""
    for other in (make.item(), item):
        withdraw(other)
    changes.run("oai", now=timezone.now(), batch=1)
    assert status(client, item) is None
    assert not caplog.text
    Clock.objects.update(last_run=timezone.now() - timedelta(seconds=10))
    look_again()
    assert status(client, item) == "deleted"


def test_a_batch_that_fails_keeps_no_harvester_waiting(client, item, publish, monkeypatch):
    """Its items are published one by one, each for itself: the clock's lock is not kept until the last is done."""
    others = [make.item() for _ in range(2)]
    publish()
    for each in (item, *others):
        withdraw(each)
    real, was_free = publisher.apply_changes, []

    def one_by_one(item_ids, now):
        was_free.append(in_thread(clock_is_free).result(30))
        if len(item_ids) > 1:
            raise ValueError("one of them")
        real(item_ids, now)

    monkeypatch.setattr(changes, "_consumer", lambda name: one_by_one)
    assert status(client, item) == "deleted"
    assert was_free == [True] * 4


def clock_is_free():
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('oai_clock'))")
        return cursor.fetchone()[0]


def test_a_connection_that_died_meanwhile_is_replaced_unnoticed(client, item, caplog):
    withdraw(item)
    address, pid = address_of(item), backend()
    in_thread(lambda: end_backend(pid)).result(30)
    assert status_at(client, address) == "deleted"
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


def backend():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def end_backend(pid):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def test_a_worker_at_work_is_not_waited_for(client, item):
    withdraw(item)
    working, go_on = threading.Event(), threading.Event()

    def work():
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                changes._lock(cursor, "oai")
                working.set()
                go_on.wait(30)
        finally:
            connections.close_all()

    worker = threading.Thread(target=work)
    worker.start()
    working.wait(30)
    try:
        assert status(client, item) is None
    finally:
        go_on.set()
        worker.join(30)


def test_what_cannot_be_published_fails_no_request(client, item, monkeypatch):
    withdraw(item)

    def broken(*_, **__):
        raise DatabaseError("no")

    monkeypatch.setattr(changes, "run", broken)
    assert status(client, item) is None
    assert Mark.objects.filter(consumer="oai").exists()


def test_it_looks_once_in_a_while(client, item, monkeypatch):
    assert status(client, item) is None
    withdraw(item)
    assert status(client, item) is None
    monkeypatch.setattr(late, "_looked", late._looked - late.LOOK_EVERY)
    assert status(client, item) == "deleted"
