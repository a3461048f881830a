"""What goes wrong for all DOIs, or for one that the agency never answers for; and the mail about it."""

import re
import shutil

import pytest
from django.core import mail

from identifiers.connectors.port import AgencyOutOfReach, AgencyUnavailable, DOIRefused, Refusal
from identifiers.doi import claims
from identifiers.doi.states import State
from identifiers.models import DOI
from tests import factories
from tests.unit.identifiers.doi.conftest import doi_of, everything, follow, organise, state_of
from tests.unit.identifiers.doi.test_organiser import retitle

pytestmark = pytest.mark.django_db

KERNEL_3 = (
    '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/">'
    '<resource xmlns="http://datacite.org/schema/kernel-3"/></xsl:template></xsl:stylesheet>'
)
BAD_STYLESHEETS = {"broken": "<xsl:stylesheet", "missing": None, "of another program": "<html/>", "old": KERNEL_3}


@pytest.fixture
def texts(settings, tmp_path):
    """The text of the mail, in a copy of the configuration folder."""
    shutil.copytree(settings.CONFIG_DIR, tmp_path / "config")
    settings.CONFIG_DIR = tmp_path / "config"
    return settings.CONFIG_DIR / "emails" / "doi_maintenance_error"


def answering_all_but(*dois: str):
    def before(call: str, doi: str) -> None:
        if doi in dois:
            raise AgencyUnavailable("https://mds.example.org answered unexpectedly (500 Internal Server Error)")

    return before


def test_a_doi_that_is_never_answered_for_holds_up_no_other(agency, configure):
    configure({"identifier.doi.concurrency": "1"})
    registered = factories.item("Registered")
    everything()
    follow()
    retitle(registered, "Poison")
    made = [factories.item(f"Item {n}") for n in range(5)]
    poison = {doi_of(registered).doi, doi_of(made[1]).doi}
    agency.before = answering_all_but(*poison)
    assert everything().code == 1
    others = [item for item in made if doi_of(item).doi not in poison]
    assert {state_of(item) for item in others} == {State.IS_REGISTERED}
    for doi in poison:
        row = DOI.objects.get(doi=doi)
        assert (row.tries, row.paused_until, row.run) == (0, None, None), "nothing counts against it"
        assert row.unanswered == 1
    agency.calls.clear()
    later = factories.item("Later")
    assert everything().code == 1
    assert agency.calls[0] == ("register", doi_of(later).doi)
    agency.before = lambda call, doi: None
    assert everything().code == 0
    assert set(DOI.objects.values_list("state", "unanswered", "last_error")) == {(State.IS_REGISTERED, 0, "")}


def test_the_mail_says_which_doi_is_never_answered_for(agency):
    item = factories.item()
    doi = doi_of(item).doi
    agency.before = answering_all_but(doi)
    for _ in range(3):
        everything()
    assert f"doi:{doi}, register" in mail.outbox[1].body
    assert "times in a row" not in mail.outbox[1].body
    assert "It has had no answer 3 times in a row: simplify the metadata of its item" in mail.outbox[2].body
    others = [factories.item("Another"), factories.item("A third")]
    agency.before = answering_all_but(doi, *(doi_of(other).doi for other in others))
    everything()
    assert f"doi:{doi} was tried last; if others have an answer, it is the reason." in mail.outbox[3].body
    assert "It has had no answer 4 times in a row: simplify the metadata of its item" in mail.outbox[3].body


@pytest.mark.parametrize("kind", BAD_STYLESHEETS)
def test_a_stylesheet_that_can_t_be_used_stops_the_run_and_counts_against_no_doi(agency, configure, tmp_path, kind):
    item = factories.item()
    path = tmp_path / "DIM2DataCite.xsl"
    if text := BAD_STYLESHEETS[kind]:
        path.write_text(text)
    configure({"crosswalk.dissemination.DataCite.stylesheet": str(path)})
    run = everything()
    assert run.code == 2
    assert str(path) in run.err
    [sent] = mail.outbox
    assert str(path) in sent.body
    row = doi_of(item)
    assert (row.state, row.tries, row.paused_until) == (State.TO_BE_REGISTERED, 0, None)
    configure({"crosswalk.dissemination.DataCite.stylesheet": "crosswalks/DIM2DataCite.xsl"})
    assert everything().code == 0


def test_a_field_that_is_not_registered_stops_the_run_before_anything_is_sent(agency, configure):
    factories.item()
    configure({"identifier.doi.metadata": "dc.identifier.nowhere"})
    run = organise("-r", "-q")
    assert (run.code, run.out, run.err) == (2, "", "")
    assert agency.calls == []
    [sent] = mail.outbox
    assert "dc.identifier.nowhere" in sent.body


def test_the_mail_has_the_text_of_the_configuration(agency, texts):
    item = factories.item()
    texts.write_text(
        "# {9} in a comment is nothing\nSubject: Owls: {1}\n\nDear colleagues,\n\nstopped: {3}\n\n{4}:\n{5}\n\nYours\n"
    )

    def refuse(call: str, doi: str) -> None:
        raise DOIRefused(Refusal.BAD_REQUEST, "fill in {0} dc.publisher")

    agency.before = refuse
    everything()
    [sent] = mail.outbox
    assert sent.subject == "Owls: 1 DOI failed"
    assert sent.body == (
        f"Dear colleagues,\n\n1 DOI:\ndoi:{doi_of(item).doi}, register\n"
        "    fill in {0} dc.publisher (BAD_REQUEST)\n\nYours\n"
    )


@pytest.mark.parametrize("text", ["", "No subject", "Subject: {7}", "Subject: one\nSubject: two"])
def test_a_text_that_can_t_be_used_loses_no_mail(agency, texts, text):
    factories.item()
    texts.write_text(text)

    def away(call: str, doi: str) -> None:
        raise AgencyOutOfReach("https://mds.example.org can't be reached")

    agency.before = away
    everything()
    [sent] = mail.outbox
    assert "the DOI agency can't be asked" in sent.subject
    assert "https://mds.example.org can't be reached" in sent.body
    assert re.search("doi_maintenance_error: .*(Subject|parameters)", sent.body)


def test_whatever_else_breaks_a_run_is_logged_and_mailed_and_quiet_is_quiet(agency, monkeypatch, caplog):
    factories.item()

    def broken(*args: object, **kwargs: object) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(claims, "claim", broken)
    run = organise("-r", "-q")
    assert (run.code, run.out, run.err) == (1, "", "")
    assert "the disk is gone" in caplog.text
    [sent] = mail.outbox
    assert "the disk is gone" in sent.body
    assert "the disk is gone" in organise("-r").err


@pytest.mark.parametrize("error", [AgencyUnavailable("half an answer"), DOIRefused(Refusal.BAD_REQUEST, "too long")])
def test_the_mail_of_a_run_that_breaks_off_names_what_was_done_and_failed(agency, configure, monkeypatch, error):
    configure({"identifier.doi.concurrency": "1"})
    done, failed = factories.item("Done"), factories.item("Failed")

    def before(call: str, doi: str) -> None:
        if doi == doi_failed:
            raise error

    def broken(*args: object, **kwargs: object) -> None:
        raise OSError("the disk is gone")

    doi_failed = doi_of(failed).doi
    agency.before = before
    monkeypatch.setattr(claims, "is_left", broken)
    assert "the disk is gone" in organise("-r").err
    [sent] = mail.outbox
    assert "doi-organiser broke off" in sent.subject
    assert "it was done with 1 DOI." in sent.body
    assert f"1 DOI failed and stay as they are until the reason is mended:\ndoi:{doi_failed}, register" in sent.body
    assert state_of(done) == State.IS_REGISTERED
