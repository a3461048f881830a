"""`update-handle-prefix` beside those who follow items and DOIs: everybody takes locks in one order."""

import io
import threading

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.utils import timezone

from identifiers.doi import following
from identifiers.doi.states import State
from repository import changes, wakeup
from repository.authorize import SYSTEM
from repository.services import items, tombstones
from tests import factories
from tests.factories import NOW
from tests.unit.identifiers.doi.conftest import doi_of, everything, follow


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("who", ["the runner of marks", "who withdraws an item"])
def test_another_prefix_of_handles_and_whoever_follows_or_withdraws_items_wait_for_each_other_in_turn(
    agency, monkeypatch, who
):
    monkeypatch.setattr(wakeup, "wake", lambda consumers: None)
    gone, there = factories.item("Gone"), factories.item("There")
    follow()
    everything()
    items.expunge(acting_user=SYSTEM, item=gone, now=NOW)
    follow()
    everything()
    changes.mark([gone.pk], now=NOW)
    wanted = (following, "follow") if who == "the runner of marks" else (tombstones, "note")
    met, errors = [], []
    goes_on = getattr(*wanted)

    def when_the_prefix_waits(*args, **kwargs):
        """Go on when the change of prefix has come to what this transaction holds."""
        met.append(True)
        for _ in range(200):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
                )
                if cursor.rowcount:
                    break
            threading.Event().wait(0.05)
        return goes_on(*args, **kwargs)

    def other() -> None:
        try:
            if who == "the runner of marks":
                changes.run("doi", now=timezone.now())
            else:
                items.withdraw(acting_user=SYSTEM, item=there, now=NOW)
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    monkeypatch.setattr(*wanted, when_the_prefix_waits)
    thread = threading.Thread(target=other)
    thread.start()
    while not met:
        threading.Event().wait(0.01)
    call_command("update_handle_prefix", "123456789", "10673", "--yes", stdout=io.StringIO())
    thread.join(60)
    assert not errors
    assert doi_of(gone).state == State.TO_BE_DELETED, "it leads elsewhere now"
