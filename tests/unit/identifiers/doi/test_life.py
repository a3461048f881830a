"""The DOI of an item follows the item: withdrawn, private, embargoed, deleted, and back again."""

from datetime import UTC, date, datetime

import pytest
from django.utils import timezone

from identifiers import objects, services
from identifiers.connectors.port import AgencyOutOfReach, AgencyUnavailable, DOIRefused, Refusal
from identifiers.doi import claims
from identifiers.doi.settling import Settling
from identifiers.doi.states import State
from identifiers.models import DOI
from repository.authorize import SYSTEM
from repository.constants import ANONYMOUS_GROUP, Action
from repository.metadata import Value
from repository.models import Item
from repository.services import editing, items, policies, prefixes
from tests import factories
from tests.factories import NOW
from tests.unit.identifiers.doi.conftest import doi_of, everything, follow, state_of

pytestmark = pytest.mark.django_db

READ = policies.PolicySpec(Action.READ, group_id=ANONYMOUS_GROUP)


def withdraw(item) -> None:
    items.withdraw(acting_user=SYSTEM, item=item, now=NOW)


def retitle(item, title: str) -> None:
    patch = editing.Patch(replace={"dc.title": [Value(title)]})
    editing.edit_metadata(acting_user=SYSTEM, obj=item, patch=patch, now=NOW)


def reinstate(item) -> None:
    items.reinstate(acting_user=SYSTEM, item=item, now=NOW)


def readable(item, *specs: policies.PolicySpec) -> None:
    policies.replace_policies(acting_user=SYSTEM, obj=item, action=Action.READ, specs=specs, now=NOW)


def listed(item, discoverable: bool) -> None:
    items.set_discoverable(acting_user=SYSTEM, item=item, discoverable=discoverable, now=NOW)


CLOSE_AND_OPEN = [
    (withdraw, reinstate),
    (lambda item: listed(item, False), lambda item: listed(item, True)),
    (lambda item: readable(item), lambda item: readable(item, READ)),
]


@pytest.fixture(params=CLOSE_AND_OPEN, ids=["withdrawn", "private", "restricted"])
def closing(request):
    """What closes an item, and what opens it again."""
    return request.param


def test_a_registered_doi_is_hidden_and_found_again(agency, closing):
    close, open_again = closing
    item = factories.item()
    everything()
    known = agency.dois[doi_of(item).doi.upper()]
    close(item)
    follow()
    assert state_of(item) == State.UPDATE_REGISTERED
    assert everything().code == 0
    assert known.state == "registered"
    row = doi_of(item)
    assert (row.state, row.wanted_visible, row.sent_visible) == (State.IS_REGISTERED, False, False)
    agency.calls.clear()
    patch = editing.Patch(replace={"dc.title": [Value("Edited in hiding")]})
    editing.edit_metadata(acting_user=SYSTEM, obj=item, patch=patch, now=NOW)
    follow()
    everything()
    assert agency.calls == [], "of what is hidden nothing is told"
    open_again(item)
    follow()
    everything()
    assert known.state == "findable"
    assert "Edited in hiding" in known.metadata
    row = doi_of(item)
    assert (row.state, row.wanted_visible, row.sent_visible) == (State.IS_REGISTERED, True, True)


def test_a_doi_to_be_registered_waits_until_the_item_is_public(agency, closing):
    close, open_again = closing
    item = factories.item()
    close(item)
    everything()  # the consumer has not looked yet; the organiser does
    assert state_of(item) == State.PENDING
    assert agency.calls == []
    follow()
    open_again(item)
    follow()
    assert state_of(item) == State.TO_BE_REGISTERED
    everything()
    assert state_of(item) == State.IS_REGISTERED


def test_the_end_of_an_embargo_registers_the_doi(agency, monkeypatch):
    item = factories.item()
    day = date(2126, 5, 4)
    readable(item, policies.PolicySpec(Action.READ, group_id=ANONYMOUS_GROUP, start_date=day))
    follow()
    assert state_of(item) == State.PENDING
    monkeypatch.setattr(timezone, "now", lambda: datetime(2126, 5, 3, 23, 59, tzinfo=UTC))
    follow()
    assert state_of(item) == State.PENDING
    monkeypatch.setattr(timezone, "now", lambda: datetime(2126, 5, 4, 0, 0, 1, tzinfo=UTC))
    follow()
    assert state_of(item) == State.TO_BE_REGISTERED
    assert everything().code == 0
    assert agency.dois[doi_of(item).doi.upper()].state == "findable"


def test_a_filter_of_the_configuration_says_which_items_are_registered(agency, configure):
    configure({"identifier.doi.filter": "dspace.identified.public_with_file"})
    bare, whole = factories.item("Bare"), factories.item("Whole", files=[factories.new_file()])
    everything()
    assert (state_of(bare), state_of(whole)) == (State.PENDING, State.IS_REGISTERED)


def test_a_deleted_doi_comes_back_with_its_item_and_is_updated_again(agency):
    item = factories.item()
    everything()
    doi, handle = doi_of(item).doi, services.handle_of(item.pk)
    known = agency.dois[doi.upper()]
    items.expunge(acting_user=SYSTEM, item=item, now=NOW)
    follow()
    assert DOI.objects.get().state == State.TO_BE_DELETED
    everything()
    assert (DOI.objects.get().state, known.state) == (State.DELETED, "registered")
    again = factories.item("Restored", handle=handle)
    assert doi_of(again).doi == doi
    everything()
    follow()
    assert (state_of(again), known.state) == (State.IS_REGISTERED, "findable")
    assert Item.objects.get(pk=again.pk).md.values("dc.identifier.uri").count(f"https://doi.org/{doi}") == 1
    patch = editing.Patch(replace={"dc.title": [Value("Updated")]})
    editing.edit_metadata(acting_user=SYSTEM, obj=again, patch=patch, now=NOW)
    follow()
    everything()
    assert "Updated" in known.metadata


def test_a_deleted_doi_whose_item_comes_back_closed_stays_hidden_and_gets_its_address(agency):
    item = factories.item()
    everything()
    doi, handle = doi_of(item).doi, services.handle_of(item.pk)
    known = agency.dois[doi.upper()]
    address = known.url
    items.expunge(acting_user=SYSTEM, item=item, now=NOW)
    follow()
    everything()
    known.url = "https://former.example.org/"
    again = factories.item("Restored", handle=handle)
    readable(again)
    follow()
    assert everything().code == 0
    assert (state_of(again), known.state, known.url) == (State.IS_REGISTERED, "registered", address)
    readable(again, READ)
    follow()
    assert everything().code == 0
    assert (state_of(again), known.state) == (State.IS_REGISTERED, "findable")


def test_an_item_that_is_back_before_the_agency_heard_of_its_end_is_only_told_again(agency):
    item = factories.item()
    everything()
    handle = services.handle_of(item.pk)
    items.expunge(acting_user=SYSTEM, item=item, now=NOW)
    follow()
    factories.item("Back", handle=handle)
    assert DOI.objects.get().state == State.UPDATE_REGISTERED
    agency.calls.clear()
    everything()
    assert [call for call, _ in agency.calls] == ["show"]


def test_a_doi_that_may_have_been_registered_is_hidden_when_its_item_closes(agency):
    """The agency's yes was lost; whether it said it nobody knows."""
    item, register = factories.item(), agency.register

    def lost(*args):
        register(*args)
        raise AgencyUnavailable("the connection was closed")

    agency.register = lost
    assert everything().code == 1
    withdraw(item)
    follow()
    agency.register = register
    assert everything().code == 0
    assert agency.dois[doi_of(item).doi.upper()].state == "registered"
    assert state_of(item) == State.IS_REGISTERED


def test_one_that_was_not_registered_after_all_waits(agency):
    item = factories.item()

    def away(call, doi):
        raise AgencyUnavailable("no route")

    agency.before = away
    everything()
    withdraw(item)
    follow()
    agency.before = lambda call, doi: None
    assert everything().code == 0
    assert state_of(item) == State.PENDING
    reinstate(item)
    follow()
    everything()
    assert state_of(item) == State.IS_REGISTERED


@pytest.mark.parametrize("wish", ["register", "reserve"])
def test_an_edit_that_is_undone_before_the_run_sends_nothing(agency, configure, wish):
    configure({"identifier.doi.on_archive": wish})
    item = factories.item("One")
    everything()
    follow()
    before = state_of(item)
    agency.calls.clear()
    retitle(item, "Two")
    follow()
    assert state_of(item) != before
    retitle(item, "One")
    follow()
    assert state_of(item) == before
    assert everything().code == 0
    assert agency.calls == []


def test_what_was_closed_and_opened_before_the_run_sends_nothing(agency, closing):
    close, open_again = closing
    item = factories.item()
    everything()
    follow()
    agency.calls.clear()
    close(item)
    follow()
    assert state_of(item) == State.UPDATE_REGISTERED
    open_again(item)
    assert "IS_REGISTERED now" in everything().out, "nobody has looked yet; the organiser does"
    assert (state_of(item), agency.calls) == (State.IS_REGISTERED, [])


@pytest.mark.parametrize("error", [AgencyUnavailable("half an answer"), DOIRefused(Refusal.BAD_REQUEST, "its URL")])
@pytest.mark.parametrize("wish", ["register", "reserve"])
def test_an_edit_that_may_have_arrived_is_undone_at_the_agency_too(agency, configure, monkeypatch, error, wish):
    configure({"identifier.doi.on_archive": wish})
    item = factories.item("One")
    everything()
    update = agency.update

    def half_done(*args, **kwargs):
        update(*args, **kwargs)
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(agency, "update", half_done)
        retitle(item, "Two")
        follow()
        assert everything().code == 1
    assert ">Two</" in agency.dois[doi_of(item).doi.upper()].metadata
    retitle(item, "One")
    follow()
    assert everything().code == 0
    assert ">One</" in agency.dois[doi_of(item).doi.upper()].metadata


def test_an_item_that_closes_during_a_run_that_sends_nothing_of_it_waits(agency, monkeypatch):
    item = factories.item()
    describe = objects.describe_all

    def closing_meanwhile(*args):
        monkeypatch.setattr(objects, "describe_all", describe)
        withdraw(item)
        follow()
        return describe(*args)

    monkeypatch.setattr(objects, "describe_all", closing_meanwhile)
    everything()
    assert (state_of(item), agency.calls) == (State.PENDING, [])


def test_an_item_that_closes_and_opens_during_a_run_that_sends_nothing_of_it_goes_on_at_once(
    agency, configure, monkeypatch
):
    configure({"identifier.doi.concurrency": "1"})
    _, item = factories.item("First"), factories.item("Second")
    describe = objects.describe_all

    def closed_for_a_moment(*args):
        monkeypatch.setattr(objects, "describe_all", describe)
        for act in (items.withdraw, items.reinstate):
            act(acting_user=SYSTEM, item=item, now=NOW)
            follow()
        return describe(*args)

    def unreachable(call: str, doi: str) -> None:
        raise AgencyOutOfReach("no such host")

    monkeypatch.setattr(objects, "describe_all", closed_for_a_moment)
    agency.before = unreachable
    everything()
    assert state_of(item) == State.TO_BE_REGISTERED


@pytest.fixture
def closing_before_the_answer_is_written(monkeypatch):
    """Items close, and are looked at, between the call about them and what is written of it."""
    settle = Settling.settle

    def meanwhile(settling, answered):
        for item in Item.objects.filter(in_archive=True):
            withdraw(item)
        follow()
        return settle(settling, answered)

    monkeypatch.setattr(Settling, "settle", meanwhile)


def test_one_that_is_refused_while_its_item_closes_waits_without_an_error(agency, closing_before_the_answer_is_written):
    item = factories.item()
    follow()

    def refuse(call: str, doi: str) -> None:
        raise DOIRefused(Refusal.BAD_REQUEST, "the title is too long")

    agency.before = refuse
    assert everything().code == 1
    row = doi_of(item)
    assert (row.state, row.last_error, row.tries, row.paused_until) == (State.PENDING, "", 0, None)


def test_a_row_is_given_back_and_let_wait_at_once(agency, closing_before_the_answer_is_written, monkeypatch):
    item = factories.item()
    follow()

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    def refuse(call: str, doi: str) -> None:
        raise DOIRefused(Refusal.BAD_REQUEST, "the title is too long")

    agency.before = refuse
    monkeypatch.setattr(claims, "_unmark", die)
    with pytest.raises(KeyboardInterrupt):
        everything()
    assert doi_of(item).run is not None, "who dies before both are written has written neither"


def test_dois_under_a_former_prefix_are_still_updated(agency, configure):
    item = factories.item()
    everything()
    doi = doi_of(item).doi
    configure({"identifier.doi.prefix": "10.99999"})
    patch = editing.Patch(replace={"dc.title": [Value("Later")]})
    editing.edit_metadata(acting_user=SYSTEM, obj=item, patch=patch, now=NOW)
    follow()
    assert everything().code == 0
    assert "Later" in agency.dois[doi.upper()].metadata
    assert doi_of(factories.item()).doi.startswith("10.99999/")


def test_another_handle_prefix_sends_the_new_addresses(agency):
    item = factories.item()
    everything()
    follow()
    prefixes.change_handle_prefix(acting_user=SYSTEM, old=services.prefix(), new="10673", now=NOW)
    follow()
    assert state_of(item) == State.UPDATE_REGISTERED
    everything()
    assert "/handle/10673/" in agency.dois[doi_of(item).doi.upper()].url
