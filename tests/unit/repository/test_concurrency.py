"""Two people at the same object at the same time: no value is lost."""

import threading

import pytest
from django.db import connections

from repository import wakeup
from repository.authorize import SYSTEM
from repository.metadata import Value
from repository.models import Bitstream, Community, Item
from repository.services import bitstreams, communities, editing
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr(wakeup, "wake", lambda consumers: None)


def together(*works):
    """Run these at once, each on its own connection, and return what each raised (or None)."""
    gate = threading.Barrier(len(works))
    errors = [None] * len(works)

    def run(number, work):
        try:
            gate.wait(10)
            work()
        except Exception as error:
            errors[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    [t.start() for t in threads]
    [t.join(30) for t in threads]
    return errors


def test_values_added_at_the_same_time_are_all_there():
    item = factories.item()

    def add(word):
        patch = editing.Patch(add=[("dc.subject", Value(word))])
        return lambda: editing.edit_metadata(acting_user=SYSTEM, obj=item, patch=patch, now=NOW)

    words = [f"word {n}" for n in range(8)]
    assert together(*map(add, words)) == [None] * 8
    fresh = Item.objects.get(pk=item.pk)
    assert sorted(fresh.md.values("dc.subject")) == words
    assert fresh.version == 9


def test_of_two_forms_made_from_one_version_the_second_is_told():
    item = factories.item()

    def submit(title):
        patch = editing.Patch(replace={"dc.title": [Value(title)]})
        return lambda: editing.edit_metadata(acting_user=SYSTEM, obj=item, patch=patch, now=NOW, version=1)

    errors = together(submit("A"), submit("B"))
    assert sorted(type(e).__name__ for e in errors) == ["EditConflict", "NoneType"]


def test_files_added_at_the_same_time_get_numbers_of_their_own():
    item = factories.item()
    new = [factories.new_file(f"{n}.txt") for n in range(4)]
    errors = together(
        *(lambda f=f: bitstreams.add_bitstream(acting_user=SYSTEM, item=item, new=f, now=NOW) for f in new)
    )
    assert errors == [None] * 4
    assert sorted(Bitstream.objects.values_list("sequence_id", flat=True)) == [1, 2, 3, 4]


def test_two_communities_cannot_be_moved_into_each_other():
    one, two = factories.community("One"), factories.community("Two")

    def move(what, into):
        return lambda: communities.move_community(acting_user=SYSTEM, community=what, parent=into, now=NOW)

    errors = together(move(one, two), move(two, one))
    assert sum(e is None for e in errors) == 1
    assert Community.objects.filter(parent__isnull=False).count() == 1
