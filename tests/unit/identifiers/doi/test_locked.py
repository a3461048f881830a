"""Rows that another program has locked, and who locks many of them."""

import threading
import time

import pytest
from django.core import mail
from django.db import connection, connections, transaction

from identifiers.doi import claims, organiser
from identifiers.doi.states import State
from identifiers.models import DOI
from repository import wakeup
from tests import factories
from tests.unit.identifiers.doi.conftest import doi_of, everything, organise, state_of

pytestmark = pytest.mark.django_db(transaction=True)


class Held:
    """The row of an item, locked in another session until `release`."""

    def __init__(self, item) -> None:
        self._pk, self._held, self._done = doi_of(item).pk, threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._hold)
        self._thread.start()
        assert self._held.wait(10)

    def _hold(self) -> None:
        try:
            with transaction.atomic():
                list(DOI.objects.select_for_update().filter(pk=self._pk))
                self._held.set()
                self._done.wait(30)
        finally:
            connections.close_all()

    def release(self) -> None:
        self._done.set()
        self._thread.join(30)


@pytest.fixture
def shelf(agency, monkeypatch):
    monkeypatch.setattr(wakeup, "wake", lambda consumers: None)
    return factories.collection()


@pytest.mark.parametrize("arguments", [["-u", "-s", "-r", "-d"], ["--register-doi", "{doi}"]])
def test_a_locked_row_is_waited_for(shelf, monkeypatch, arguments):
    made = [factories.item(f"Item {n}", within=shelf) for n in range(3)]
    held = Held(made[1])
    monkeypatch.setattr(organiser, "sleep", lambda seconds: held.release())
    run = organise(*(argument.format(doi=doi_of(made[1]).doi) for argument in arguments))
    assert (run.code, state_of(made[1])) == (0, State.IS_REGISTERED)


@pytest.mark.parametrize("arguments", [["-u", "-s", "-r", "-d"], ["--register-doi", "{doi}"]])
def test_a_row_that_stays_locked_is_named_and_the_exit_code_says_so(shelf, monkeypatch, arguments):
    made = [factories.item(f"Item {n}", within=shelf) for n in range(3)]
    slept: list[float] = []
    monkeypatch.setattr(organiser, "sleep", slept.append)
    held, doi = Held(made[1]), doi_of(made[1]).doi
    run = organise(*(argument.format(doi=doi) for argument in arguments))
    held.release()
    assert run.code == 1
    assert f"It wasn't possible to register this identifier: doi:{doi}. Another program has had it locked" in run.err
    assert 5 < sum(slept) < 30
    [sent] = mail.outbox
    assert doi in sent.body
    assert everything().code == 0
    assert {state_of(item) for item in made} == {State.IS_REGISTERED}


def test_a_row_that_is_free_again_before_the_run_ends_is_done_and_not_named(shelf, monkeypatch):
    made = [factories.item(f"Item {n}", within=shelf) for n in range(3)]
    monkeypatch.setattr(organiser, "sleep", lambda seconds: None)
    held, work_last = Held(made[1]), organiser.Organiser.work_last

    def releasing(*args):
        held.release()
        return work_last(*args)

    monkeypatch.setattr(organiser.Organiser, "work_last", releasing)
    run = everything()
    assert (run.code, "It wasn't possible" in run.err, mail.outbox) == (0, False, [])
    assert {state_of(item) for item in made} == {State.IS_REGISTERED}


def test_of_many_rows_that_stay_locked_the_first_are_named(shelf, monkeypatch):
    monkeypatch.setattr(organiser, "NAMED", 2)
    monkeypatch.setattr(organiser, "sleep", lambda seconds: None)
    holders = [Held(factories.item(f"Item {n}", within=shelf)) for n in range(4)]
    run = everything()
    for held in holders:
        held.release()
    assert run.code == 1
    assert run.err.count("Another program has had it locked") == 2
    assert "The same holds for 2 more." in run.err


@pytest.mark.parametrize("change", [lambda: organise("--resend-all", "--yes"), lambda: claims.renew(7)])
def test_who_changes_many_rows_locks_them_in_the_order_of_all_others(shelf, change):
    first, second = (doi_of(factories.item(f"Item {n}", within=shelf)).pk for n in range(2))
    everything()
    DOI.objects.update(run=7)
    DOI.objects.filter(pk=first).update(tries=0)  # it stands behind the other in the table now

    def changing() -> None:
        change()
        connections.close_all()

    thread = threading.Thread(target=changing)
    with transaction.atomic():
        DOI.objects.select_for_update().get(pk=first)
        thread.start()
        wait_for_one_that_waits()
        assert DOI.objects.select_for_update(nowait=True).get(pk=second), "whoever waits for the first has not it yet"
    thread.join(30)
    assert not DOI.objects.filter(state=State.IS_REGISTERED, leased_until=None).exists(), "both are changed"


def wait_for_one_that_waits() -> None:
    """Wait until another session waits for a lock of ours."""
    with connection.cursor() as cursor:
        for _ in range(1000):
            cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))")
            if cursor.fetchone():
                return
            time.sleep(0.01)
    raise AssertionError("nobody waits")
