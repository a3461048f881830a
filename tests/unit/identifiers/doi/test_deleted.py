"""The DOI of a deleted item is there for good: it leads to the item's tombstone, wherever that is."""

import io

import pytest
from django.core.management import call_command

from identifiers import services
from identifiers.doi.settling import Settling
from identifiers.doi.states import State
from identifiers.models import DOI
from repository.authorize import SYSTEM
from repository.services import items, prefixes
from tests import factories
from tests.doi_agencies import PASSWORD, USER, Tiny, injecting
from tests.factories import NOW
from tests.unit.identifiers.doi.conftest import BASE, doi_of, everything, follow, organise, state_of

pytestmark = pytest.mark.django_db


def rename(old: str, new: str) -> None:
    call_command("update_handle_prefix", old, new, "--yes", stdout=io.StringIO())


@pytest.fixture
def deleted(agency) -> str:
    """The DOI of a deleted item, in upper case; the agency knows that the item is gone."""
    item = factories.item()
    everything()
    doi = doi_of(item).doi
    items.expunge(acting_user=SYSTEM, item=item, now=NOW)
    follow()
    everything()
    agency.calls.clear()
    return doi.upper()


def state() -> State:
    return State(DOI.objects.get().state)


def test_it_gets_the_address_of_another_handle_prefix_and_stays_hidden(agency, deleted):
    rename(services.prefix(), "10673")
    assert "DOIs queued for deletion: " in organise("-l").out
    follow()
    assert everything().code == 0
    known = agency.dois[deleted]
    assert ("/handle/10673/" in known.url, known.state, state()) == (True, "registered", State.DELETED)
    agency.calls.clear()
    rename("10673", "10674")
    follow()
    everything()
    organise("--review-all", "-d")
    assert agency.calls == [("hide", DOI.objects.get().doi)], "once for each"
    assert "/handle/10674/" in known.url


@pytest.mark.parametrize("kind", ["datacite_mds", "datacite_rest"])
def test_datacite_is_told_so(with_dois, configure, kind):
    agency = Tiny()
    with injecting(agency) as (_, host):
        configure({"identifier.doi.connector": kind, "DATACITE_SCHEME": "http", "DATACITE_HOST": host})
        configure(
            {"identifier.doi.user": USER, "identifier.doi.password": PASSWORD, "identifier.doi.prefix": "10.5072"}
        )
        item = factories.item()
        everything()
        items.expunge(acting_user=SYSTEM, item=item, now=NOW)
        follow()
        everything()
        rename(services.prefix(), "10673")
        assert everything().code == 0
    [known] = agency.dois.values()
    assert ("/handle/10673/" in known["url"], known["state"]) == (True, "registered")


def test_one_that_the_agency_is_still_to_hear_of_gets_it_with_the_deletion(agency):
    item = factories.item()
    everything()
    items.expunge(acting_user=SYSTEM, item=item, now=NOW)
    follow()
    rename(services.prefix(), "10673")
    assert everything().code == 0
    [known] = agency.dois.values()
    assert ("/handle/10673/" in known.url, known.state) == (True, "registered")


def test_a_prefix_that_changes_during_the_call_is_told_after_it(agency, monkeypatch):
    item = factories.item()
    everything()
    items.expunge(acting_user=SYSTEM, item=item, now=NOW)
    follow()
    settle = Settling.settle

    def meanwhile(settling, answered):
        if services.handle_of(item_id).startswith(f"{services.prefix()}/"):
            prefixes.change_handle_prefix(acting_user=SYSTEM, old=services.prefix(), new="10673", now=NOW)
        return settle(settling, answered)

    item_id = DOI.objects.get().object_id
    monkeypatch.setattr(Settling, "settle", meanwhile)
    everything()
    assert state() == State.TO_BE_DELETED
    everything()
    [known] = agency.dois.values()
    assert ("/handle/10673/" in known.url, state()) == (True, State.DELETED)


def test_another_address_of_the_repository_is_told_after_a_review(agency, deleted, configure):
    organise("--review-all", "-d")
    assert agency.calls == []
    configure({"dspace.url": "https://new.example.org"})
    assert organise("--review-all", "-d").code == 0
    known = agency.dois[deleted]
    assert (known.url.startswith("https://new.example.org/handle/"), known.state) == (True, "registered")


def test_all_is_told_again_of_it_too_and_nothing_to_an_agency_that_does_not_know_it(agency, deleted):
    known = agency.dois[deleted]
    known.url, known.state = "https://example.org/wrong", "findable"
    run = organise("--resend-all", "--yes", "-u")
    assert (run.code, agency.calls) == (0, [])
    assert "1 DOIs wait for doi-organiser -u, deleted ones among them for -d." in run.out
    assert organise("-d").code == 0
    assert ("/handle/" in known.url, known.state) == (True, "registered")
    agency.dois.clear()
    assert organise("--resend-all", "--yes", "-d").code == 0
    assert (agency.dois, state()) == ({}, State.DELETED)


def test_a_deleted_draft_is_no_business_of_the_agency_any_more(agency, configure):
    configure({"identifier.doi.on_archive": "reserve"})
    item = factories.item()
    everything()
    items.expunge(acting_user=SYSTEM, item=item, now=NOW)
    follow()
    everything()
    agency.calls.clear()
    rename(services.prefix(), "10673")
    assert organise("--resend-all", "--yes", "--review-all", "-d").code == 0
    assert (agency.calls, agency.dois) == ([], {})


def test_one_that_came_back_closed_while_dois_were_off_stays_registered_and_is_told_its_address(agency, configure):
    item = factories.item()
    everything()
    handle, known = services.handle_of(item.pk), agency.dois[doi_of(item).doi.upper()]
    items.expunge(acting_user=SYSTEM, item=item, now=NOW)
    follow()
    everything()
    configure({"identifier.providers": "identifiers.providers.handle.HandleProvider"})
    again = factories.item("Restored", handle=handle)
    items.withdraw(acting_user=SYSTEM, item=again, now=NOW)
    configure(BASE)
    assert organise("--review-all", "-u", "-s", "-r", "-d").code == 0
    assert (state_of(again), known.state) == (State.IS_REGISTERED, "registered")
    rename(services.prefix(), "10673")
    follow()
    assert everything().code == 0
    assert ("/handle/10673/" in known.url, known.state) == (True, "registered")
    items.reinstate(acting_user=SYSTEM, item=again, now=NOW)
    follow()
    assert everything().code == 0
    assert (state_of(again), known.state) == (State.IS_REGISTERED, "findable")
