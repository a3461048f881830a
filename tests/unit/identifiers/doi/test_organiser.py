"""doi-organiser: what it says, in which order, and what an agency's answers leave behind."""

import logging
import re
import sys
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from dspace.schedule import read_schedule
from identifiers import services
from identifiers.connectors.port import AgencyOutOfReach, AgencyRefusedLogin, AgencyUnavailable, DOIRefused, Refusal
from identifiers.doi import claims
from identifiers.doi.settling import Settling
from identifiers.doi.states import State
from identifiers.models import DOI
from repository.authorize import SYSTEM
from repository.metadata import Value
from repository.models import Item
from repository.services import editing, items, prefixes
from tests import factories
from tests.factories import NOW, md
from tests.unit.identifiers.doi.conftest import doi_of, everything, follow, organise, state_of

PROVIDER = "identifiers.providers.doi.DOIProvider"
pytestmark = pytest.mark.django_db


def retitle(item, title: str) -> None:
    patch = editing.Patch(replace={"dc.title": [Value(title)]})
    editing.edit_metadata(acting_user=SYSTEM, obj=item, patch=patch, now=NOW)
    follow()


def refusing(doi: str, code: Refusal = Refusal.BAD_REQUEST):
    def before(call: str, name: str) -> None:
        if name == doi and not call.startswith("is_"):
            raise DOIRefused(code, "the publisher is missing: fill in dc.publisher")

    return before


def test_without_options_it_prints_its_help(agency, capsys):
    assert organise().code == 0
    assert "--register-doi" in capsys.readouterr().out


def test_everything_goes_through_and_says_so_in_dspace_s_words(agency):
    item = factories.item()
    doi = doi_of(item).doi
    assert organise("-l").out == (
        "There are no DOIs queued for reservation.\n\n"
        f"DOIs queued for registration: \n    doi:{doi} (belongs to item with handle {services.handle_of(item.pk)})\n\n"
        "There are no DOIs queued for update.\n\nThere are no DOIs queued for deletion.\n\n"
    )
    run = everything()
    assert run.code == 0
    assert run.out == f"This identifier: doi:{doi} is successfully registered.\n"
    assert run.err.splitlines() == [
        f"There are no objects in the database that could be processed for {name}."
        for name in ("update", "reservation", "deletion")
    ]
    known = agency.dois[doi.upper()]
    assert known.state == "findable"
    assert known.url.endswith(f"/handle/{services.handle_of(item.pk)}")
    assert f">{doi}</" in known.metadata
    assert state_of(item) == State.IS_REGISTERED


def test_at_a_terminal_a_bar_shows_how_far_it_is(agency, monkeypatch, capsys):
    for _ in range(3):
        factories.item()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert organise("-r").code == 0
    shown = capsys.readouterr().err
    assert ("Registration" in shown, "3/3" in shown) == (True, True)
    factories.item()
    assert organise("-r", "-q").code == 0
    assert capsys.readouterr().err == ""


def test_the_registered_doi_is_written_into_the_item_once(agency):
    item = factories.item()
    everything()
    url = f"https://doi.org/{doi_of(item).doi}"
    assert Item.objects.get(pk=item.pk).md.values("dc.identifier.uri").count(url) == 1
    follow()
    assert state_of(item) == State.IS_REGISTERED, "what we wrote ourselves is no change for the agency"
    DOI.objects.update(told="")
    services.service().update(item.pk, 2)
    everything()
    items.withdraw(acting_user=SYSTEM, item=item, now=NOW)
    items.reinstate(acting_user=SYSTEM, item=item, now=NOW)
    follow()
    everything()
    assert Item.objects.get(pk=item.pk).md.values("dc.identifier.uri").count(url) == 1


def test_another_field_takes_it_by_setting(agency, configure):
    configure({"identifier.doi.metadata": "dc.identifier"})
    item = factories.item()
    everything()
    assert Item.objects.get(pk=item.pk).md.values("dc.identifier") == [f"https://doi.org/{doi_of(item).doi}"]


def test_quiet_prints_nothing_and_mails_once(agency, caplog):
    good, bad, worse = (factories.item(title) for title in ("Good", "Bad", "Worse"))
    refused = {doi_of(bad).doi, doi_of(worse).doi}

    def before(call, name):
        if name in refused:
            raise DOIRefused(Refusal.BAD_REQUEST, "the publisher is missing: fill in dc.publisher")

    agency.before = before
    with caplog.at_level(logging.ERROR):
        run = organise("-u", "-s", "-r", "-d", "-q")
    assert (run.code, run.out, run.err) == (1, "", "")
    [sent] = mail.outbox
    assert sent.to == ["dois@example.org"]
    assert "2 DOIs failed" in sent.subject
    for doi in refused:
        assert f"doi:{doi}, register" in sent.body
        assert doi in caplog.text
    assert "fill in dc.publisher" in sent.body
    assert "--register-doi" in sent.body
    assert state_of(good) == State.IS_REGISTERED
    assert state_of(bad) == state_of(worse) == State.TO_BE_REGISTERED


def test_a_refused_doi_rests_longer_each_time_and_naming_it_ignores_that(agency):
    item = factories.item()
    doi = doi_of(item).doi
    agency.before = refusing(doi)
    assert organise("-r").code == 1
    row = doi_of(item)
    assert (row.tries, row.action, row.state) == (1, "register", State.TO_BE_REGISTERED)
    assert "fill in dc.publisher (BAD_REQUEST)" in row.last_error
    first = row.paused_until - row.last_try
    assert first == timedelta(minutes=15)
    calls = len(agency.calls)
    run = organise("-r")
    assert run.code == 0
    assert "1 DOI rests after a refusal" in run.out
    assert len(agency.calls) == calls
    assert organise("--register-doi", doi).code == 1
    row = doi_of(item)
    assert row.paused_until - row.last_try == 2 * first
    agency.before = lambda call, name: None
    assert organise("--register-doi", services.handle_of(item.pk)).code == 0
    row = doi_of(item)
    assert (row.tries, row.last_error, row.paused_until, row.state) == (0, "", None, State.IS_REGISTERED)


def test_an_edit_ends_the_rest(agency):
    item = factories.item()
    follow()
    agency.before = refusing(doi_of(item).doi)
    organise("-r")
    assert doi_of(item).paused_until
    agency.before = lambda call, name: None
    retitle(item, "More owls")
    assert state_of(item) == State.UPDATE_BEFORE_REGISTRATION
    assert everything().code == 0
    assert state_of(item) == State.IS_REGISTERED


@pytest.mark.parametrize(
    ("error", "most"),
    [
        (AgencyOutOfReach("can't be reached"), 2),
        (AgencyRefusedLogin("wrong password"), 2),
        (AgencyUnavailable("no answer within 30 s"), 4),
    ],
)
def test_an_outage_stops_the_run_and_counts_against_no_doi(agency, error, most):
    made = [factories.item(f"Item {n}") for n in range(30)]

    asked = []

    def before(call, name):
        asked.append(name)
        raise error

    agency.before = before
    run = everything()
    assert run.code == 1
    assert f"Stopped, the rest waits for the next run: {error}" in run.err
    assert len(asked) <= most, "no more than were going on"
    for row in DOI.objects.all():
        assert (row.state, row.tries, row.paused_until, row.run) == (State.TO_BE_REGISTERED, 0, None, None)
    [sent] = mail.outbox
    assert "30 DOIs wait for the next run" in sent.body
    assert ("identifier.doi.password" in sent.body) == isinstance(error, AgencyRefusedLogin)
    agency.before = lambda call, name: None
    assert everything().code == 0
    assert {state_of(item) for item in made} == {State.IS_REGISTERED}


def test_updates_go_before_the_rest_and_a_failed_one_skips_the_registration(agency):
    item, other = factories.item(), factories.item("Other")
    follow()
    retitle(item, "Edited owls")
    assert state_of(item) == State.UPDATE_BEFORE_REGISTRATION
    doi = doi_of(item).doi
    agency.before = refusing(doi)
    run = organise("-r", "-d", "-s", "-u")
    assert run.code == 1
    assert [call for call in agency.calls if call[1] == doi] == [("update", doi)], "each action is tried once a run"
    assert state_of(item) == State.UPDATE_BEFORE_REGISTRATION
    assert state_of(other) == State.IS_REGISTERED
    agency.before = lambda call, name: None
    agency.calls.clear()
    assert organise("--register-doi", str(item.pk)).code == 0
    assert agency.calls == [("update", doi), ("register", doi)]
    assert "Edited owls" in agency.dois[doi.upper()].metadata


def test_after_an_update_the_state_is_the_one_before(agency, configure):
    registered = factories.item()
    everything()
    configure({"identifier.doi.on_archive": "reserve"})
    reserved = factories.item()
    everything()
    assert (state_of(registered), state_of(reserved)) == (State.IS_REGISTERED, State.IS_RESERVED)
    assert agency.dois[doi_of(reserved).doi.upper()].state == "draft"
    follow()
    retitle(registered, "One")
    retitle(reserved, "Two")
    assert (state_of(registered), state_of(reserved)) == (State.UPDATE_REGISTERED, State.UPDATE_RESERVED)
    assert organise("-u").code == 0
    assert (state_of(registered), state_of(reserved)) == (State.IS_REGISTERED, State.IS_RESERVED)
    assert ">Two</" in agency.dois[doi_of(reserved).doi.upper()].metadata
    assert ">One</" in agency.dois[doi_of(registered).doi.upper()].metadata


def test_what_the_agency_is_not_told_of_is_no_update(agency):
    item = factories.item()
    everything()
    follow()
    patch = editing.Patch(add=[("dc.description.provenance", Value("looked at", "en"))])
    editing.edit_metadata(acting_user=SYSTEM, obj=item, patch=patch, now=NOW)
    follow()
    assert state_of(item) == State.IS_REGISTERED


def test_an_item_edited_during_the_call_stays_to_be_updated(agency, monkeypatch):
    item = factories.item()
    everything()
    retitle(item, "First")
    agency.dois.clear()

    settle = Settling.settle

    def edited_meanwhile(self, answered):
        retitle(item, "Second")
        return settle(self, answered)

    with monkeypatch.context() as patch:
        patch.setattr(Settling, "settle", edited_meanwhile)  # the call is in another thread, on no connection
        organise("-u")
    assert state_of(item) == State.UPDATE_REGISTERED
    assert everything().code == 0
    assert ">Second</" in agency.dois[doi_of(item).doi.upper()].metadata
    assert state_of(item) == State.IS_REGISTERED


def test_an_item_that_the_preflight_refuses_is_not_sent(agency):
    item = factories.item(metadata=md(dc_title="Nobody's", dc_date_issued="2024"))
    run = organise("-r")
    assert run.code == 1
    assert "contributor.author" in run.err
    assert agency.calls == []
    assert state_of(item) == State.TO_BE_REGISTERED


def test_wrong_names_end_with_2(agency):
    item = factories.item()
    doi = doi_of(item).doi
    assert organise("--register-doi", "10.99999/none").code == 2
    assert organise("--update-doi", "nonsense").code == 2
    run = organise("--delete-doi", doi)
    assert run.code == 2
    assert "not marked for deletion: its state is TO_BE_REGISTERED" in run.err
    run = organise("-q", "--delete-doi", doi)
    assert (run.code, run.out, run.err) == (2, "", "")
    assert agency.calls == []


def test_a_deleted_item_has_its_doi_hidden_and_a_draft_deleted(agency, configure):
    registered = factories.item()
    configure({"identifier.doi.on_archive": "reserve"})
    reserved = factories.item()
    everything()
    dois = [doi_of(item).doi for item in (registered, reserved)]
    for item in (registered, reserved):
        items.expunge(acting_user=SYSTEM, item=item, now=NOW)
    follow()
    listed = organise("-l").out
    assert re.search(rf"DOIs queued for deletion: \n    doi:{re.escape(dois[0])} \(belongs to item with handle", listed)
    run = organise("--delete-doi", dois[0])
    assert run.out == f"It was possible to delete this identifier: doi:{dois[0]} online.\n"
    assert organise("-d").code == 0
    assert agency.dois[dois[0].upper()].state == "registered"
    assert dois[1].upper() not in agency.dois
    assert set(DOI.objects.values_list("state", flat=True)) == {State.DELETED}


def test_a_doi_taken_away_from_its_item_is_hidden_and_does_not_come_back(agency):
    item = factories.item()
    everything()
    doi = doi_of(item).doi
    services.IdentifierService([PROVIDER]).delete(item.pk, 2)
    assert "cannot determine handle of assigned object" in organise("-l").out
    everything()
    retitle(item, "Edited")
    assert DOI.objects.get(doi=doi).state == State.DELETED
    assert agency.dois[doi.upper()].state == "registered"


def test_where_dois_are_off_nothing_happens(db):
    run = organise("-u", "-s", "-r", "-d")
    assert run.code == 0
    assert "There are no DOIs here" in run.out
    assert organise("-u", "-q").out == ""


def test_what_a_killed_run_had_claimed_is_free_and_what_a_living_one_has_is_not(agency):
    item = factories.item()
    DOI.objects.update(run=7, leased_until=timezone.now() + timedelta(minutes=5))
    assert organise("-r").code == 0
    assert state_of(item) == State.IS_REGISTERED
    services.service().update(item.pk, 2)
    with claims.running() as run:
        DOI.objects.update(run=run, leased_until=timezone.now() + timedelta(minutes=5))
        organise("-u")
        assert state_of(item) == State.UPDATE_REGISTERED
        DOI.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        organise("-u")
        assert state_of(item) == State.IS_REGISTERED


def test_the_schedule_does_everything_at_one_and_at_thirteen(agency, settings):
    item = factories.item()
    [job] = [job for job in read_schedule(settings.DSPACE) if job.name == "doi-organiser"]
    assert job.cron == ("0", "1,13", "*", "*", "*")
    command, *arguments = job.command
    assert (command, sorted(arguments)) == ("doi-organiser", ["-d", "-q", "-r", "-s", "-u"])
    run = organise(*arguments)
    assert (run.code, run.out, run.err) == (0, "", "")
    assert state_of(item) == State.IS_REGISTERED


def test_send_again_shows_what_somebody_has_hidden_at_the_agency(agency):
    item = factories.item()
    everything()
    known = agency.dois[doi_of(item).doi.upper()]
    known.state = "registered"
    services.service().update(item.pk, 2)
    assert everything().code == 0
    assert known.state == "findable"


@pytest.mark.parametrize("asked", ["123456789/Owls", "123456789/oWLS", "10673/OWLS"])
def test_a_doi_is_named_by_a_former_handle_too_and_by_one_in_other_letters(agency, configure, asked):
    shelf = factories.collection()
    item = factories.item(within=shelf, handle="123456789/Owls")
    configure({"handle.additional.prefixes": "123456789", "handle.prefix": "10673"})
    prefixes.change_handle_prefix(acting_user=SYSTEM, old="123456789", new="10673", now=NOW)
    assert organise("--register-doi", asked).code == 0
    assert state_of(item) == State.IS_REGISTERED
    assert services.service().resolve(asked) == item.pk
    DOI.objects.all().delete()
    former = services.handle_of(shelf.pk).replace("10673", "123456789")
    assert organise("--mint-all", "--within", former, "--yes").out.startswith("1 items have a DOI now")
    configure({"handle.additional.prefixes": ""})
    assert organise("--register-doi", "123456789/Owls").code == 2, "it is somebody else's prefix now"


def test_single_dois_are_reserved_and_updated_by_name(agency, configure):
    configure({"identifier.doi.on_archive": "reserve"})
    item = factories.item()
    doi = doi_of(item).doi
    assert organise("--reserve-doi", f"https://doi.org/{doi}").out == (
        f"This identifier : doi:{doi} is successfully reserved.\n"
    )
    follow()
    retitle(item, "Later")
    assert organise("--update-doi", str(item.pk)).out == f"Successfully updated metadata of DOI doi:{doi}.\n"
