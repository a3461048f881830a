"""A DOI that the agency gives no answer about, an agency that gives none: what holds up what."""

import threading

import pytest
from django.core import mail

from identifiers.connectors.port import AgencyOutOfReach, AgencyRefusedLogin, AgencyUnavailable
from identifiers.doi import organiser
from identifiers.doi.states import State
from identifiers.models import DOI
from repository.authorize import SYSTEM
from repository.services import items
from tests import factories
from tests.doi_agencies import PASSWORD, PREFIX, RESET, USER, Reply, Tiny, injecting
from tests.factories import NOW
from tests.unit.identifiers.doi.conftest import doi_of, everything, follow, organise, state_of
from tests.unit.identifiers.doi.test_organiser import retitle

pytestmark = pytest.mark.django_db

WRONG = AgencyUnavailable("https://mds.example.org answered unexpectedly (500 Internal Server Error)")


def silent_about(*dois: str, error: Exception = WRONG):
    def before(call: str, doi: str) -> None:
        if doi in dois and not call.startswith("is_"):
            raise error

    return before


def answering(call: str, doi: str) -> None:
    """Nothing goes wrong."""


def registered() -> int:
    return DOI.objects.filter(state=State.IS_REGISTERED).count()


def nothing_counts(rows) -> bool:
    return {(row.tries, row.paused_until, row.run) for row in rows} == {(0, None, None)}


@pytest.mark.parametrize("concurrency", ["1", "4"])
def test_dois_that_are_never_answered_for_hold_up_no_other(agency, configure, concurrency):
    configure({"identifier.doi.concurrency": concurrency})
    made = [factories.item(f"Item {n}") for n in range(60)]
    follow()
    poison = [doi_of(made[n]).doi for n in (3, 13, 23, 33, 43)]
    agency.before = silent_about(*poison)
    run = everything()
    assert (run.code, registered()) == (1, 55)
    assert "Stopped" not in run.err
    for doi in poison:
        assert f"It wasn't possible to register this identifier: doi:{doi}. https://mds.example.org answered" in run.err
    [sent] = mail.outbox
    assert "5 DOIs failed" in sent.subject
    assert nothing_counts(DOI.objects.filter(doi__in=poison))
    later = factories.item("Later")
    agency.calls.clear()
    assert everything().code == 1
    tried = [doi for _, doi in agency.calls]
    assert (tried[0], sorted(tried[1:])) == (doi_of(later).doi, sorted(poison)), "each once, and last"
    agency.before = answering
    assert everything().code == 0
    assert registered() == 61


def test_a_withdrawn_item_is_hidden_in_the_run_in_which_another_doi_is_not_answered_for(agency):
    made = [factories.item(f"Item {n}") for n in range(9)]
    everything()
    for item in made[:8]:
        retitle(item, "Edited")
    items.withdraw(acting_user=SYSTEM, item=made[8], now=NOW)
    follow()
    agency.before = silent_about(doi_of(made[0]).doi)
    assert everything().code == 1
    assert agency.dois[doi_of(made[8]).doi.upper()].state == "registered"


def test_neighbours_that_are_never_answered_for_hold_up_the_others_for_one_run_at_most(agency, configure):
    configure({"identifier.doi.concurrency": "1"})
    made = [factories.item(f"Item {n}") for n in range(20)]
    poison = [doi_of(item).doi for item in made[4:9]]
    agency.before = silent_about(*poison)
    run = everything()
    assert (run.code, registered()) == (1, 4), "it was an outage, as far as anybody can tell"
    assert "Stopped, the rest waits for the next run" in run.err
    run = everything()
    assert (run.code, registered()) == (1, 15)
    assert "Stopped" not in run.err, "others were answered"
    assert everything().code == 1
    later = factories.item("Later")
    everything()
    assert state_of(later) == State.IS_REGISTERED
    assert nothing_counts(DOI.objects.filter(doi__in=poison))


@pytest.mark.parametrize("concurrency", ["1", "4"])
def test_updates_that_are_never_answered_for_hold_up_no_registration(agency, configure, concurrency):
    configure({"identifier.doi.concurrency": concurrency})
    poison = [factories.item(f"Item {n}") for n in range(5)]
    everything()
    for item in poison:
        retitle(item, "Poison")
    follow()
    new = factories.item("New")
    dois = [doi_of(item).doi for item in poison]
    agency.before = silent_about(*dois, doi_of(new).doi)
    DOI.objects.update(unanswered=2)
    run = everything()
    assert "Stopped, the rest waits" in run.err, "it was an outage, as far as anybody can tell"
    assert "wasn't possible to update" not in run.err
    DOI.objects.update(unanswered=2)
    agency.before = silent_about(*dois)
    run = everything()
    assert (run.code, state_of(new)) == (1, State.IS_REGISTERED)
    assert "Stopped" not in run.err
    assert all(run.err.count(doi) == 1 for doi in dois), "each was tried once, for somebody was answered"
    assert nothing_counts(DOI.objects.all())


@pytest.mark.parametrize("concurrency", [1, 4])
def test_an_outage_of_5xx_stops_the_run_and_counts_against_no_doi(agency, configure, concurrency):
    configure({"identifier.doi.concurrency": str(concurrency)})
    made = [factories.item(f"Item {n}") for n in range(40)]
    alone = doi_of(made[2]).doi
    out_of_order = threading.Event()

    def before(call: str, doi: str) -> None:
        if doi == alone or out_of_order.is_set():
            raise WRONG
        if doi == doi_of_20:
            out_of_order.set()

    doi_of_20 = doi_of(made[20]).doi
    agency.before = before
    run = everything()
    assert run.code == 1
    assert len(agency.calls) <= 21 + organiser_threads(concurrency)
    assert "Stopped, the rest waits for the next run" in run.err
    assert run.err.count("It wasn't possible") == 1, "only the one that others were answered after"
    assert alone in run.err
    [sent] = mail.outbox
    assert "the DOI agency can't be asked" in sent.subject
    assert "1 DOI" in sent.body
    assert nothing_counts(DOI.objects.all())
    assert set(DOI.objects.exclude(doi=alone).values_list("last_error", flat=True)) == {""}
    agency.before = answering
    assert everything().code == 0
    assert registered() == 40


def organiser_threads(concurrency: int) -> int:
    return concurrency + 3


@pytest.mark.parametrize("last", [WRONG, AgencyOutOfReach("refused")])
def test_what_had_no_answer_before_an_outage_shows_did_not_fail(agency, configure, last):
    """One that is to be updated, one that is to be reserved; the outage shows with those to be registered."""
    configure({"identifier.doi.concurrency": "1"})
    first = factories.item("Updated")
    everything()
    retitle(first, "Edited")
    configure({"identifier.doi.on_archive": "reserve"})
    second = factories.item("Reserved")
    DOI.objects.filter(object_id=second.pk).update(last_error="of a former day")
    configure({"identifier.doi.on_archive": "register"})
    others = [factories.item(f"Item {n}") for n in range(5)]
    follow()
    rows = list(DOI.objects.order_by("pk").values("state", "last_error", "tries", "paused_until", "run"))

    third = doi_of(others[0]).doi

    def before(call: str, doi: str) -> None:
        raise last if doi == third else WRONG

    agency.before = before
    run = everything()
    assert "Stopped, the rest waits for the next run" in run.err
    assert "It wasn't possible" not in run.err
    assert list(DOI.objects.order_by("pk").values("state", "last_error", "tries", "paused_until", "run")) == rows
    assert ({row.unanswered for row in DOI.objects.all()} == {0}) == isinstance(last, AgencyOutOfReach)
    [sent] = mail.outbox
    assert "failed" not in sent.body
    agency.before = answering
    assert everything().code == 0
    assert {state_of(item) for item in (first, *others)} == {State.IS_REGISTERED}


def test_named_dois_that_had_no_answer_before_an_outage_shows_did_not_fail(agency, configure):
    made = [factories.item(f"Item {n}") for n in range(4)]
    agency.before = silent_about(*(doi_of(item).doi for item in made))
    run = organise(*(argument for item in made for argument in ("--register-doi", str(item.pk))))
    assert run.code == 1
    assert "Stopped, the rest waits for the next run" in run.err
    assert "It wasn't possible" not in run.err
    assert "left alone" not in run.err
    run = organise("--register-doi", str(made[0].pk))
    assert (run.code, run.err.count("It wasn't possible")) == (1, 1), "one alone is no outage"


@pytest.mark.parametrize("error", [AgencyOutOfReach("refused"), AgencyRefusedLogin("wrong password")])
def test_what_is_about_no_doi_stops_the_run_at_once(agency, configure, error):
    configure({"identifier.doi.concurrency": "1"})
    made = [factories.item(f"Item {n}") for n in range(9)]
    agency.before = silent_about(doi_of(made[4]).doi, error=error)
    run = everything()
    assert (run.code, registered()) == (1, 4)
    assert "It wasn't possible" not in run.err
    assert f"Stopped, the rest waits for the next run: {error}" in run.err
    row = doi_of(made[4])
    assert (row.unanswered, row.last_error, row.run) == (0, "", None), "nothing is said of the DOI"


def test_dois_that_are_slow_to_fail_while_others_are_answered_are_no_outage(agency, configure):
    configure({"identifier.doi.concurrency": "4"})
    made = [factories.item(f"Item {n}") for n in range(20)]
    follow()
    slow = {doi_of(item).doi for item in made[:3]}
    together, others = threading.Barrier(3), threading.Event()

    def before(call: str, doi: str) -> None:
        if doi in slow and not call.startswith("is_"):
            others.wait(30)
            together.wait(30)
            raise WRONG
        if doi == doi_of_19 and call == "register":
            others.set()

    doi_of_19 = doi_of(made[19]).doi
    agency.before = before
    run = everything()
    assert (run.code, registered()) == (1, 17)
    assert "Stopped" not in run.err
    assert run.err.count("It wasn't possible") == 3


def test_dois_that_fail_while_others_take_their_time_to_be_answered_are_no_outage(agency, configure):
    configure({"identifier.doi.concurrency": "4"})
    made = [factories.item(f"Item {n}") for n in range(12)]
    follow()
    poison, slow = ({doi_of(made[n]).doi for n in places} for places in ((0, 2, 4), (1, 3)))
    failed, all_failed = set(), threading.Event()

    def before(call: str, doi: str) -> None:
        if doi in slow and call == "register":
            all_failed.wait(30)
        if doi in poison and call == "register":
            failed.add(doi)
            if failed == poison:
                all_failed.set()
            raise WRONG

    agency.before = before
    run = everything()
    assert (run.code, registered()) == (1, 9)
    assert "Stopped" not in run.err
    assert run.err.count("It wasn't possible") == 3


def test_what_was_not_answered_for_is_updated_and_registered_by_the_next_run(agency):
    made = [factories.item(f"Item {n}") for n in range(3)]
    follow()
    for item in made:
        retitle(item, "Edited")
    follow()
    assert {state_of(item) for item in made} == {State.UPDATE_BEFORE_REGISTRATION}
    agency.before = silent_about(*(doi_of(item).doi for item in made))
    assert everything().code == 1
    agency.before = answering
    assert everything().code == 0
    assert registered() == 3


@pytest.mark.parametrize("arguments", [["-u", "-s", "-r", "-d"], ["--register-doi", "{doi}"]])
def test_an_item_that_has_changed_since_it_was_looked_at_is_registered_as_it_is_now(agency, configure, arguments):
    item = factories.item("Item")
    follow()
    configure({"crosswalk.dissemination.DataCite.publisher": "Another press"})
    assert organise(*(argument.format(doi=doi_of(item).doi) for argument in arguments)).code == 0
    assert state_of(item) == State.IS_REGISTERED
    assert "Another press" in agency.dois[doi_of(item).doi.upper()].metadata


@pytest.fixture(params=["datacite_mds", "datacite_rest"])
def injected(request, with_dois, configure):
    """DataCite, with faults to come: what is there of it, its port, and twelve items to register."""
    agency = Tiny()
    with injecting(agency) as (injector, host):
        configure({"identifier.doi.connector": request.param, "DATACITE_SCHEME": "http", "DATACITE_HOST": host})
        configure({"identifier.doi.user": USER, "identifier.doi.password": PASSWORD, "identifier.doi.prefix": PREFIX})
        for n in range(12):
            factories.item(f"Item {n}")
        yield injector


@pytest.mark.parametrize(
    "fault", [Reply(500, b"Sorry"), RESET, Reply(201, b"half", cut=1)], ids=["500", "reset", "cut"]
)
def test_what_datacite_can_t_answer_about_one_doi_stops_nothing(injected, fault):
    poison = DOI.objects.order_by("pk")[4].doi
    injected.when = lambda request: poison in request.path or poison.encode() in request.body
    injected.faults, injected.for_ever = [fault], True
    run = everything()
    assert (run.code, registered()) == (1, 11)
    assert f"It wasn't possible to register this identifier: doi:{poison}." in run.err
    injected.faults.clear()
    assert everything().code == 0


def test_an_outage_of_datacite_stops_the_run_after_a_few_requests(injected):
    injected.faults, injected.for_ever = [Reply(503, b"Sorry")], True
    run = everything()
    assert (run.code, registered()) == (1, 0)
    assert len(injected.requests) <= 4
    assert "503 Service Unavailable" in run.err
    injected.faults.clear()
    assert everything().code == 0
    assert registered() == 12


def test_lines_come_in_the_order_of_the_ids(agency, configure):
    configure({"identifier.doi.concurrency": "4"})
    made = [factories.item(f"Item {n}") for n in range(24)]
    follow()
    dois = [doi_of(item).doi for item in made]
    second = threading.Event()

    def before(call: str, doi: str) -> None:
        if call == "register" and doi == dois[0]:
            second.wait(10)
        if call == "register" and doi == dois[3]:
            second.set()

    agency.before = before
    run = everything()
    assert run.out.splitlines() == [f"This identifier: doi:{doi} is successfully registered." for doi in dois]
    assert [doi for _, doi in agency.calls] != [], "the first call ended after the fourth"


def test_few_outcomes_wait_for_one_that_is_slow(agency, configure, monkeypatch):
    configure({"identifier.doi.concurrency": "2"})
    monkeypatch.setattr(organiser, "WINDOW", 4)
    made = [factories.item(f"Item {n}") for n in range(30)]
    follow()
    first, meanwhile = doi_of(made[0]).doi, []
    is_alone, wait = threading.Event(), organiser.wait

    def waiting(flying, **how):
        if len(flying) == 1:  # the run waits for the first one, and begins no other
            is_alone.set()
        return wait(flying, **how)

    def before(call: str, doi: str) -> None:
        if (call, doi) == ("register", first):
            is_alone.wait(30)
            meanwhile.append(len(agency.calls))

    monkeypatch.setattr(organiser, "wait", waiting)
    agency.before = before
    assert everything().code == 0
    assert registered() == 30
    assert meanwhile == [4]
