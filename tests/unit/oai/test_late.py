"""While no worker runs, whoever asks publishes what waits: nobody is shown what was withdrawn."""

import logging
import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone
from lxml import etree

from identifiers.services import handle_of
from oai.store import late
from repository import changes
from repository.authorize import SYSTEM
from repository.constants import Action
from repository.models import Item, Mark
from repository.services import items, policies
from tests import factories as make
from tests.unit.oai.conftest import OAI, oai_id

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
    address = f"/oai/request?verb=GetRecord&metadataPrefix=oai_dc&identifier={oai_id(handle_of(item.pk))}"
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
