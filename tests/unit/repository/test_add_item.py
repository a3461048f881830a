"""Adding items one after the other, as imports do: one message to the database for each, all of it or nothing."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from identifiers import services as identifiers
from identifiers.models import Handle
from repository import authorize, changes, wakeup
from repository.authorize import ANONYMOUS
from repository.constants import Action, ObjectType
from repository.models import Bitstream, Bundle, Collection, Item, ItemCollection, Mark, ResourcePolicy
from repository.services import registries, site, supplies
from repository.services.supplies import Supplies
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def theses():
    site.prepare(now=factories.NOW)
    return factories.collection("Theses")


def test_what_is_added_is_one_message_and_wakes_the_consumers(theses, monkeypatch):
    stock, woken = Supplies(), []
    files = [factories.new_file(format_id=registries.guess_format("a.txt").pk) for _ in range(3)]
    for file in files[:2]:  # statements prepared, a block of handles fetched
        factories.item(within=theses, supplies=stock, files=[file])
    monkeypatch.setattr(wakeup, "wake", woken.append)
    with CaptureQueriesContext(connection) as queries:
        item = factories.item(within=theses, supplies=stock, files=files[2:])
    [query] = queries
    assert query["sql"].startswith("EXECUTE ")
    assert woken == [changes.consumers()]
    assert identifiers.handle_of(item.pk)
    assert authorize.can(ANONYMOUS, Action.READ, Bitstream.objects.get(bundle__item=item))
    assert Mark.objects.filter(object_id=item.pk).count() == len(changes.consumers())


def test_a_row_that_is_refused_leaves_nothing_behind(theses):
    file = factories.new_file()
    factories.item(within=theses, files=[file])
    tables = (Handle, Item, ItemCollection, Bundle, Bitstream, ResourcePolicy, Mark)
    before = [model.objects.count() for model in tables]
    with pytest.raises(IntegrityError):
        factories.item(within=theses, files=[file])  # a file belongs to one row
    with pytest.raises(IntegrityError):
        factories.item(within=Collection(id=uuid4()))  # there is no such collection: seen only at the commit
    assert [model.objects.count() for model in tables] == before


def _take_the_next_handle():
    """Let another object have the handle that is reserved next."""
    [last] = identifiers.reserve(1)
    number = int(last.rsplit("/", 1)[1]) + 1
    return identifiers.bind(f"{identifiers.prefix()}/{number}", uuid4(), ObjectType.ITEM)


def test_a_handle_that_was_taken_meanwhile_is_passed_over(theses):
    taken = _take_the_next_handle()
    handle = identifiers.handle_of(factories.item(within=theses).pk)
    assert int(handle.rsplit("/", 1)[1]) == int(taken.rsplit("/", 1)[1]) + 1


def test_neither_does_a_taken_handle_spoil_the_callers_transaction(theses):
    _take_the_next_handle()
    with transaction.atomic():
        item = factories.item(within=theses)
        with pytest.raises(identifiers.HandleTaken):
            factories.item(within=theses, handle=identifiers.handle_of(item.pk))
        other = factories.item(within=theses, handle="10673/5")
    assert {identifiers.handle_of(item.pk), "10673/5"} == {identifiers.handle_of(i.pk) for i in (item, other)}
    assert Item.objects.count() == 2


def test_few_items_leave_a_small_gap_and_many_are_served_by_the_block(theses):
    stock = Supplies()
    with CaptureQueriesContext(connection) as queries:
        handles = [stock.handle() for _ in range(200)]
    assert len(set(handles)) == 200
    assert len(queries) == 9  # 1 + 2 + 4 … + 64 are 127, then 64 and 64
    assert Supplies().handle() not in handles


def test_what_a_collection_gives_is_believed_for_a_second(theses, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(supplies.time, "monotonic", lambda: now[0])
    stock = Supplies()
    assert authorize.can(ANONYMOUS, Action.READ, factories.item(within=theses, supplies=stock))
    theses.policies.all().delete()
    assert not authorize.can(ANONYMOUS, Action.READ, factories.item(within=theses))
    now[0] += 1.1
    assert not authorize.can(ANONYMOUS, Action.READ, factories.item(within=theses, supplies=stock))


def test_a_new_connection_and_a_pooled_one_do_as_well(theses, monkeypatch):
    factories.item(within=theses)
    connection.close()
    factories.item(within=theses)
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    with CaptureQueriesContext(connection) as queries:
        factories.item(within=theses, files=[factories.new_file()])
    assert not any(word in query["sql"] for query in queries for word in ("PREPARE", "EXECUTE"))
    assert Item.objects.count() == 3
