"""What may go wrong around a call: refusals, items that can't be described or written to, readers that go away."""

import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone

from identifiers import objects, services
from identifiers.connectors.port import AgencyUnavailable
from identifiers.doi import claims, console, preparing
from identifiers.doi.organiser import Organiser
from identifiers.doi.settling import Settling
from identifiers.doi.states import Action as DOIAction
from identifiers.doi.states import State
from identifiers.models import DOI
from identifiers.services import IdentifierRefused
from repository import wakeup
from repository.authorize import SYSTEM
from repository.constants import ANONYMOUS_GROUP, Action
from repository.metadata import Value
from repository.models import Item
from repository.services import editing, items, policies, prefixes
from tests import factories
from tests.factories import NOW, md
from tests.shared import ROOT
from tests.unit.identifiers.doi.conftest import BASE, doi_of, everything, follow, organise, state_of
from tests.unit.identifiers.doi.test_organiser import refusing, retitle

pytestmark = pytest.mark.django_db


def test_a_doi_that_was_refused_is_never_shown(agency, client):
    item = factories.item()
    follow()
    agency.before = refusing(doi_of(item).doi)
    everything()
    items.withdraw(acting_user=SYSTEM, item=item, now=NOW)
    follow()
    assert state_of(item) == State.PENDING
    items.reinstate(acting_user=SYSTEM, item=item, now=NOW)
    follow()
    assert state_of(item) == State.TO_BE_REGISTERED
    assert doi_of(item).doi not in client.get(f"/items/{item.pk}").content.decode()


def test_a_doi_that_may_be_registered_is_not_shown_before_the_agency_says_so(agency, client):
    item = factories.item()
    follow()
    register = agency.register

    def lost(*args: str) -> None:
        register(*args)
        raise AgencyUnavailable("half an answer")

    agency.register = lost
    everything()
    for act in (items.withdraw, items.reinstate):
        act(acting_user=SYSTEM, item=item, now=NOW)
        follow()
    assert state_of(item) == State.UPDATE_REGISTERED
    assert doi_of(item).doi not in client.get(f"/items/{item.pk}").content.decode()
    agency.register = register
    everything()
    assert doi_of(item).doi in client.get(f"/items/{item.pk}").content.decode()


def test_a_draft_is_never_taken_for_registered(agency, client):
    """To register got no answer, nothing had arrived; as a draft it was updated; then the item closed and opened."""
    item = factories.item()
    follow()

    def lost(call: str, doi: str) -> None:
        if call == "register":
            raise AgencyUnavailable("no answer in time")

    agency.before = lost
    everything()
    retitle(item, "Edited")
    organise("-u")
    assert agency.dois[doi_of(item).doi.upper()].state == "draft"
    for act in (items.withdraw, items.reinstate):
        act(acting_user=SYSTEM, item=item, now=NOW)
        follow()
    assert doi_of(item).doi not in client.get(f"/items/{item.pk}").content.decode()
    agency.before = lambda call, doi: None
    everything()
    assert state_of(item) == State.IS_REGISTERED
    assert agency.dois[doi_of(item).doi.upper()].state == "findable"


def test_of_an_item_that_was_hidden_a_moment_ago_nothing_is_sent(agency):
    item = factories.item()
    follow()
    agency.before = lambda call, doi: (_ for _ in ()).throw(AgencyUnavailable("half an answer"))
    register = agency.register
    everything()
    agency.before = lambda call, doi: None
    agency.register = register
    DOI.objects.update(sent_visible=True, may_be_known=True)  # as after an answer that was lost
    retitle(item, "Edited")
    assert state_of(item) == State.UPDATE_BEFORE_REGISTRATION
    items.withdraw(acting_user=SYSTEM, item=item, now=NOW)
    agency.calls.clear()
    everything()
    assert {call for call, _ in agency.calls} <= {"hide"}
    follow()
    everything()
    assert state_of(item) == State.PENDING


def test_an_item_that_is_withdrawn_during_a_run_is_not_sent_to_a_slow_agency(agency, configure, monkeypatch):
    configure({"identifier.doi.concurrency": "1"})
    made = [factories.item(f"Item {n}") for n in range(5)]
    last = made[-1]
    monkeypatch.setattr(preparing, "FRESH", -1.0)  # all calls are slow
    accept = Settling._accept

    def withdrawn_meanwhile(self, said):
        if not Item.objects.get(pk=last.pk).withdrawn:
            items.withdraw(acting_user=SYSTEM, item=last, now=NOW)
        return accept(self, said)

    monkeypatch.setattr(Settling, "_accept", withdrawn_meanwhile)
    assert everything().code == 0
    assert doi_of(last).doi not in {doi for _, doi in agency.calls}
    assert state_of(last) == State.PENDING
    assert {state_of(item) for item in made[:-1]} == {State.IS_REGISTERED}


def test_of_an_item_that_is_not_public_a_reservation_tells_nothing(agency, configure):
    configure({"identifier.doi.on_archive": "reserve"})
    item = factories.item("Secret owls")
    policies.replace_policies(acting_user=SYSTEM, obj=item, action=Action.READ, specs=[], now=NOW)
    follow()
    assert everything().code == 0
    assert state_of(item) == State.IS_RESERVED
    known = agency.dois[doi_of(item).doi.upper()]
    assert ">:tba</" in known.metadata
    assert "Secret" not in known.metadata
    everyone = policies.PolicySpec(Action.READ, group_id=ANONYMOUS_GROUP)
    policies.replace_policies(acting_user=SYSTEM, obj=item, action=Action.READ, specs=[everyone], now=NOW)
    follow()
    assert everything().code == 0
    assert "Secret owls" in known.metadata


@pytest.mark.django_db(transaction=True)
def test_what_somebody_has_locked_for_a_moment_is_done_in_the_same_run(agency, monkeypatch):
    monkeypatch.setattr(wakeup, "wake", lambda consumers: None)
    shelf = factories.collection()
    made = [factories.item(f"Item {n}", within=shelf) for n in range(3)]
    locked, describe = doi_of(made[0]).pk, objects.describe_all
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            list(DOI.objects.select_for_update().filter(pk=locked))
            held.set()
            done.wait(30)
        connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(30)

    def described(*args):
        done.set()
        holder.join(30)
        return describe(*args)

    monkeypatch.setattr(objects, "describe_all", described)
    assert everything().code == 0
    assert {state_of(item) for item in made} == {State.IS_REGISTERED}


def test_a_named_doi_that_another_run_has_is_not_done(agency):
    item = factories.item()
    with claims.running() as run:
        DOI.objects.update(run=run, leased_until=timezone.now() + timedelta(minutes=5))
        named = organise("--register-doi", str(item.pk))
    assert named.code == 1
    assert "another run is at it" in named.err
    both = organise("-r", "--register-doi", str(item.pk))
    assert (both.code, "left alone" in both.err) == (0, False)


def test_a_named_doi_that_another_run_is_about_to_update_is_not_done(agency):
    item = factories.item()
    DOI.objects.update(state=State.UPDATE_BEFORE_REGISTRATION)
    with claims.running() as run:
        DOI.objects.update(run=run, leased_until=timezone.now() + timedelta(minutes=5))
        named = organise("--register-doi", str(item.pk))
    assert (named.code, named.err.count("another run is at it")) == (1, 1)
    assert organise("--register-doi", str(item.pk)).code == 0


def test_options_for_single_dois_may_be_given_more_than_once(agency):
    made = [factories.item(f"Item {n}") for n in range(3)]
    follow()
    named = [argument for item in made[:2] for argument in ("--register-doi", str(item.pk))]
    assert organise(*named).code == 0
    assert [state_of(item) for item in made] == [State.IS_REGISTERED, State.IS_REGISTERED, State.TO_BE_REGISTERED]


@pytest.mark.parametrize("much", ["--resend-all", "--mint-all"])
def test_a_no_ends_it_all(agency, configure, monkeypatch, much):
    registered = factories.item()
    everything()
    retitle(registered, "Edited")
    configure({"identifier.providers": "identifiers.providers.handle.HandleProvider"})
    factories.item("Without a DOI")
    configure(BASE)
    agency.calls.clear()
    monkeypatch.setattr("builtins.input", lambda: "n")
    run = organise(much, "-u", "-r")
    assert "Nothing has been changed." in run.out
    assert (run.code, agency.calls, DOI.objects.count()) == (0, [], 1)


@pytest.mark.parametrize("spelling", ["https://doi.org/{upper}", "doi:{upper}", "https://DOI.org/{doi}?x=1#y"])
@pytest.mark.parametrize("field", ["dc.identifier.uri", "dc.relation.isversionof"])
def test_a_doi_is_noted_once_whatever_its_letters_and_never_told_of_itself(agency, configure, spelling, field):
    configure({"identifier.doi.metadata": field})
    item = factories.item()
    doi = doi_of(item).doi
    value = Value(spelling.format(doi=doi, upper=doi.upper()))
    editing.edit_metadata(acting_user=SYSTEM, obj=item, patch=editing.Patch(add=[(field, value)]), now=NOW)
    assert everything().code == 0
    follow()
    assert state_of(item) == State.IS_REGISTERED
    assert value.value in Item.objects.get(pk=item.pk).md.values(field)
    assert not any("doi.org" in text for text in Item.objects.get(pk=item.pk).md.values(field) if text != value.value)
    assert agency.dois[doi.upper()].metadata.upper().count(doi.upper()) == 1


def test_a_hidden_doi_gets_the_address_of_another_handle_prefix(agency):
    item = factories.item()
    everything()
    items.withdraw(acting_user=SYSTEM, item=item, now=NOW)
    follow()
    everything()
    prefixes.change_handle_prefix(acting_user=SYSTEM, old=services.prefix(), new="10673", now=NOW)
    follow()
    assert everything().code == 0
    known = agency.dois[doi_of(item).doi.upper()]
    assert "/handle/10673/" in known.url
    assert known.state == "registered"


def not_for_numbers(item_ids, now):
    """A filter with a mistake: for `identifier.doi.filter`."""
    return {
        pk for pk, metadata in Item.objects.filter(pk__in=item_ids).values_list("pk", "metadata") if check(metadata)
    }


def check(metadata) -> bool:
    if metadata["dc.title"][0]["value"] == "1984":
        raise TypeError("a number")
    return True


def test_an_item_that_can_t_be_described_keeps_no_other_one(agency, configure):
    bad, good = factories.item("1984"), factories.item("Good")
    configure({"identifier.doi.filter": f"{__name__}.not_for_numbers"})
    assert everything().code == 1
    assert (state_of(bad), state_of(good)) == (State.TO_BE_REGISTERED, State.IS_REGISTERED)
    assert "TypeError('a number')" in doi_of(bad).last_error
    assert not doi_of(bad).may_be_known


def test_one_that_waits_and_can_t_be_looked_at_keeps_no_other_one(agency, configure):
    bad, good = factories.item("1984"), factories.item("Good")
    DOI.objects.update(state=State.PENDING)
    configure({"identifier.doi.filter": f"{__name__}.not_for_numbers"})
    assert everything().code == 0
    assert (state_of(bad), state_of(good)) == (State.PENDING, State.IS_REGISTERED)
    DOI.objects.update(told="")
    assert organise("--review-all").code == 0
    assert state_of(good) == State.UPDATE_REGISTERED


def test_an_item_that_can_t_be_written_to_keeps_no_other_one(agency, monkeypatch):
    bad, good = factories.item("Bad"), factories.item("Good")
    note = objects.note

    def broken(addresses, now):
        if bad.pk in addresses:
            raise DatabaseError("a trigger of somebody's")
        note(addresses, now)

    monkeypatch.setattr(objects, "note", broken)
    assert everything().code == 1
    assert (state_of(bad), state_of(good)) == (State.TO_BE_REGISTERED, State.IS_REGISTERED)
    monkeypatch.setattr(objects, "note", note)
    DOI.objects.update(paused_until=None)
    assert everything().code == 0
    assert state_of(bad) == State.IS_REGISTERED


def test_whoever_stops_reading_leaves_no_call_unwritten(agency, monkeypatch):
    for n in range(12):
        factories.item(f"Item {n}")
    say, said = console.Console._say, []

    def stops(self, outcome):
        said.append(outcome)
        if len(said) == 3:
            raise KeyboardInterrupt
        say(self, outcome)

    monkeypatch.setattr(console.Console, "_say", stops)
    with pytest.raises(KeyboardInterrupt):
        everything()
    assert DOI.objects.filter(state=State.IS_REGISTERED).count() == len(agency.calls)
    assert not DOI.objects.exclude(run=None).exists()


def test_behind_a_pool_only_the_time_of_a_lease_counts(agency, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    item = factories.item()
    DOI.objects.update(run=7, leased_until=timezone.now() + timedelta(minutes=5))
    assert organise("-r").code == 0
    assert agency.calls == [], "whether that run is alive nobody can tell"
    assert organise("--register-doi", str(item.pk)).code == 1
    DOI.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert organise("-r").code == 0
    assert state_of(item) == State.IS_REGISTERED
    services.service().update(item.pk, 2)
    assert everything().code == 0
    assert [call for call, _ in agency.calls] == ["register", "show"]


def test_a_run_that_was_held_up_sends_nothing_that_another_has_taken_over(agency, monkeypatch):
    made = [factories.item(f"Item {n}") for n in range(8)]
    monkeypatch.setattr(preparing, "RENEW", -1.0)
    describe, stolen = objects.describe_all, doi_of(made[5])

    def stealing(*args):
        DOI.objects.filter(pk=stolen.pk).update(run=other)
        DOI.objects.exclude(pk=stolen.pk).update(leased_until=timezone.now())
        return describe(*args)

    monkeypatch.setattr(objects, "describe_all", stealing)
    with claims.running() as other, claims.running() as run:
        done = Organiser(agency, run=run, now=timezone.now)
        assert len(list(done.work(DOIAction.REGISTER))) == 7
    assert stolen.doi not in {doi for _, doi in agency.calls}
    assert timedelta(minutes=20) < claims.LEASE


@pytest.mark.parametrize(("arguments", "code"), [(["-x"], 2), (["--update-doi"], 2), (["extra"], 2), (["-q"], 0)])
def test_the_command_line_ends_with_2_where_it_means_nothing(arguments, code):
    command = [sys.executable, "manage.py", "doi-organiser", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert done.stdout == ""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("known", [True, False])
def test_of_two_items_that_bring_the_same_doi_at_once_one_has_it(agency, monkeypatch, known):
    monkeypatch.setattr(wakeup, "wake", lambda consumers: None)
    shelf = factories.collection()
    if known:
        DOI.objects.create(doi="10.12345/repo-9", state=State.DELETED)
    metadata = md(dc_title="Owls", dc_identifier_doi="10.12345/repo-9")
    gate, refused = threading.Barrier(2), []

    def bring() -> None:
        try:
            gate.wait(10)
            factories.item(metadata=metadata, within=shelf)
        except IdentifierRefused as error:
            refused.append(str(error))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=bring) for _ in range(2)]
    [thread.start() for thread in threads]
    [thread.join(60) for thread in threads]
    assert refused == ["10.12345/repo-9 is already the DOI of another item"]
    assert DOI.objects.get().object_id == Item.objects.get().pk
