"""The number of items shown beside communities and collections."""

import pytest

from repository.authorize import ANONYMOUS, SYSTEM
from repository.constants import Action
from repository.services import items, policies
from tests import factories
from tests.factories import NOW
from tests.unit.ui.conftest import close
from ui.counts import item_counts

pytestmark = pytest.mark.django_db


def test_an_item_counts_once_in_each_place_it_is_in():
    top = factories.community("Top")
    below = factories.community("Below", parent=top)
    first, second = factories.collection("First", within=below), factories.collection("Second", within=below)
    elsewhere = factories.collection("Elsewhere")
    factories.item("Everywhere", within=first, also_in=(second, elsewhere))
    factories.item("Here", within=first)
    counts = item_counts(ANONYMOUS)
    places = (first, second, below, top, elsewhere, elsewhere.community)
    assert [counts[place.pk] for place in places] == [2, 1, 2, 2, 1, 1]


def test_a_change_shows_at_once():
    item = factories.item()
    place = item.owning_collection_id
    assert item_counts(ANONYMOUS)[place] == 1
    policies.replace_policies(acting_user=SYSTEM, obj=item, action=Action.READ, specs=[], now=NOW)
    assert place not in item_counts(ANONYMOUS)
    assert item_counts(SYSTEM)[place] == 1
    items.withdraw(acting_user=SYSTEM, item=item, now=NOW)
    assert place not in item_counts(SYSTEM)


def test_nobody_gets_the_counts_of_somebody_else():
    item = factories.item()
    close(item)
    reader = factories.actor(factories.eperson())
    spec = policies.PolicySpec(Action.READ, eperson_id=reader.eperson_id)
    policies.add_policy(acting_user=SYSTEM, obj=item, spec=spec, now=NOW)
    assert item_counts(reader)[item.owning_collection_id] == 1
    assert item_counts(ANONYMOUS) == {}
    assert item_counts(factories.actor(factories.eperson())) == {}
