"""A record whose compiled document was thrown away, and whose item is another for a moment: lists leave it out.

When it can be shown again, those hear of it who harvested meanwhile.
"""

import pytest
from django.utils import timezone

from identifiers.services import handle_of
from oai import tasks
from repository import changes
from repository.authorize import SYSTEM
from repository.models import Item
from repository.services import items
from tests import factories as make
from tests.unit.oai.conftest import Harvester
from tests.unit.oai.test_failures import by_beat, by_command, by_rebuild, listed, oai, stamped, stamps

pytestmark = pytest.mark.django_db


@pytest.fixture
def harvester(client):
    return Harvester(client, validating=False)


@pytest.fixture
def erased(publish):
    """Two records that have neither a document nor a text in dim."""
    made = [make.item(title) for title in ("First", "Second")]
    publish()
    tasks.follow_configuration()
    publish()
    oai("erase-compiled-items")
    return made


def withdraw_and(work, item):
    items.withdraw(acting_user=SYSTEM, item=item, now=timezone.now())
    work()
    items.reinstate(acting_user=SYSTEM, item=Item.objects.get(pk=item.pk), now=timezone.now())


def about_with_a_mistake(item_ids):
    raise ValueError("no")


@pytest.mark.parametrize("way", [by_beat, by_command, by_rebuild])
def test_a_record_left_out_between_two_changes_that_nobody_published_is_announced(erased, harvester, publish, way):
    item, other = erased
    withdraw_and(lambda: listed(harvester), item)
    before = stamps()
    changes.run_all("oai", now=timezone.now)
    assert stamps() == before, "it is what it was"
    way()
    assert stamped(before) == {item.pk}
    publish()
    assert listed(harvester) == {handle_of(item.pk), handle_of(other.pk)}
    after = stamps()
    way()
    assert stamps() == after, "once"


def test_a_record_left_out_stays_so_until_its_change_is_published_and_is_not_announced_before(erased, harvester):
    item, other = erased
    before, found = stamps(), []

    def come_by():
        for _ in range(2):
            found.append(listed(harvester))
            by_beat()
        assert stamps() == before

    withdraw_and(come_by, item)
    assert found == [{handle_of(other.pk)}] * 2
    by_beat()
    assert stamped(before) == {item.pk}


def test_a_record_that_nobody_asked_for_meanwhile_keeps_its_datestamp(erased, harvester):
    before = stamps()
    withdraw_and(lambda: None, erased[0])
    for way in (by_command, by_beat, by_rebuild):
        way()
    assert stamps() == before


def test_a_record_left_out_for_its_item_could_not_be_compiled_is_announced_when_it_can(erased, harvester, settings):
    before = stamps()
    settings.OAI_ABOUT = f"{__name__}.about_with_a_mistake"
    assert harvester.errors("ListRecords", metadataPrefix="dim") == ["noRecordsMatch"]
    by_beat()
    assert stamps() == before
    settings.OAI_ABOUT = None
    by_beat()
    assert stamped(before) == {item.pk for item in erased}
