"""What is to be told again, all of it to another agency or one DOI: no edit and no run undoes that."""

import pytest
from django.db import connections

from identifiers import objects, services
from identifiers.connectors.port import AgencyOutOfReach, DOIRefused, Refusal
from identifiers.doi.states import State
from repository import wakeup
from repository.authorize import SYSTEM
from repository.metadata import Value
from repository.services import editing, items
from tests import factories
from tests.factories import NOW
from tests.unit.identifiers.doi.conftest import doi_of, everything, follow, organise, state_of
from tests.unit.identifiers.doi.test_organiser import retitle

pytestmark = pytest.mark.django_db


def test_everything_is_told_again_to_another_agency(agency):
    registered, hidden = factories.item("Registered"), factories.item("Hidden")
    everything()
    items.withdraw(acting_user=SYSTEM, item=hidden, now=NOW)
    follow()
    everything()
    agency.dois.clear()
    assert organise("--resend-all", "--yes", "-u").code == 0
    assert agency.dois[doi_of(registered).doi.upper()].state == "findable"
    assert doi_of(hidden).doi.upper() not in agency.dois
    assert (state_of(registered), state_of(hidden)) == (State.IS_REGISTERED, State.PENDING)
    patch = editing.Patch(replace={"dc.title": [Value("Later")]})
    editing.edit_metadata(acting_user=SYSTEM, obj=registered, patch=patch, now=NOW)
    follow()
    assert everything().code == 0


@pytest.mark.parametrize("wish", ["register", "reserve"])
def test_another_agency_is_told_of_a_doi_whose_edit_is_undone_before_the_run(agency, configure, wish):
    configure({"identifier.doi.on_archive": wish})
    item = factories.item("One")
    everything()
    retitle(item, "Two")
    agency.dois.clear()
    assert "1 DOIs wait" in organise("--resend-all", "--yes").out
    retitle(item, "One")
    assert everything().code == 0
    assert doi_of(item).doi.upper() in agency.dois


def test_what_is_asked_to_be_told_again_during_a_run_that_does_not_come_to_it_is_told(agency, configure, monkeypatch):
    configure({"identifier.doi.concurrency": "1"})
    first, asked = factories.item("First"), factories.item("One")
    everything()
    for item in (first, asked):
        retitle(item, "Two")
    describe = objects.describe_all

    def asking(*args):
        services.service().update(asked.pk, 2)
        return describe(*args)

    monkeypatch.setattr(objects, "describe_all", asking)
    agency.before = failing(AgencyOutOfReach("no such host"))
    assert everything().code == 1
    monkeypatch.setattr(objects, "describe_all", describe)
    agency.before = failing(None)
    agency.calls.clear()
    retitle(asked, "One")
    assert everything().code == 0
    assert {doi for _, doi in agency.calls} == {doi_of(first).doi, doi_of(asked).doi}


@pytest.mark.django_db(transaction=True)
def test_what_the_former_agency_says_after_all_is_to_be_told_again_does_not_count(agency, monkeypatch):
    monkeypatch.setattr(wakeup, "wake", lambda consumers: None)
    item = factories.item("One", within=factories.collection())
    everything()
    retitle(item, "Two")

    def before(call: str, doi: str) -> None:
        organise("--resend-all", "--yes")
        connections.close_all()

    agency.before = before
    everything()
    agency.dois.clear()
    agency.before = failing(None)
    assert everything().code == 0
    assert doi_of(item).doi.upper() in agency.dois


@pytest.mark.parametrize("again", [["--resend-all", "--yes"], None])
def test_an_edit_ends_the_rest_of_what_was_refused_when_it_was_told_again(agency, again):
    item = factories.item("One")
    everything()
    follow()
    if again:
        organise(*again)
    else:
        services.service().update(item.pk, 2)
    agency.before = failing(DOIRefused(Refusal.BAD_REQUEST, "the title is too long"))
    assert everything().code == 1
    assert doi_of(item).paused_until
    agency.before = failing(None)
    retitle(item, "Two")
    follow()
    assert everything().code == 0
    assert state_of(item) == State.IS_REGISTERED


def failing(error: Exception | None):
    def before(call: str, doi: str) -> None:
        if error:
            raise error

    return before
