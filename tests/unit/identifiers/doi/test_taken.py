"""A DOI that the agency has from somebody else is neither overwritten nor hidden."""

import pytest
from django.utils import timezone

from identifiers import objects
from identifiers.connectors.memory import FINDABLE, Known
from identifiers.connectors.port import AgencyUnavailable, DOIRefused, Refusal
from identifiers.doi import claims, registry
from identifiers.doi.states import Action, State
from identifiers.models import DOI
from repository.authorize import SYSTEM
from repository.services import items
from tests import factories
from tests.factories import NOW
from tests.unit.identifiers.doi.conftest import doi_of, everything, follow, organise, state_of
from tests.unit.identifiers.doi.test_organiser import refusing, retitle

pytestmark = pytest.mark.django_db


@pytest.fixture
def theirs(agency) -> Known:
    """What another program has registered."""
    return Known("<theirs/>", "https://other.example.org/1", FINDABLE)


@pytest.fixture
def taken(agency, theirs):
    """An item whose DOI is that one."""
    item = factories.item()
    agency.dois[doi_of(item).doi.upper()] = theirs
    return item


@pytest.mark.parametrize("wish", ["register", "reserve"])
@pytest.mark.parametrize("edited", [False, True])
def test_it_is_refused_and_stays_as_it_is(agency, configure, theirs, wish, edited):
    configure({"identifier.doi.on_archive": wish})
    item, other = factories.item(), factories.item("Other")
    agency.dois[doi_of(item).doi.upper()] = theirs
    follow()
    if edited:
        retitle(item, "Edited")
    before = state_of(item)
    for arguments in (
        ("-u", "-s", "-r"),
        (f"--{'update' if edited and wish == 'register' else wish}-doi", str(item.pk)),
    ):
        run = organise(*arguments)
        assert run.code == 1
        assert "at the agency already, and not from here" in run.err
        assert "DOI_ALREADY_EXISTS" in run.err
    assert theirs == Known("<theirs/>", "https://other.example.org/1", FINDABLE)
    assert state_of(item) == before
    assert state_of(other) in (State.IS_REGISTERED, State.IS_RESERVED)


def test_it_is_not_hidden_when_the_item_goes(agency, taken, theirs):
    everything()
    items.expunge(acting_user=SYSTEM, item=taken, now=NOW)
    follow()
    assert everything().code == 0
    assert theirs.state == FINDABLE
    assert DOI.objects.get().state == State.DELETED


def test_it_is_let_go_when_the_item_goes_during_the_call(agency, taken, theirs, monkeypatch):
    describe = objects.describe_all

    def going(*args):
        found = describe(*args)
        monkeypatch.setattr(objects, "describe_all", describe)
        items.expunge(acting_user=SYSTEM, item=taken, now=NOW)
        follow()
        return found

    monkeypatch.setattr(objects, "describe_all", going)
    assert "DOI_ALREADY_EXISTS" in everything().err
    row = DOI.objects.get()
    assert (row.state, row.last_error, row.paused_until) == (State.DELETED, "", None)
    assert everything().code == 0
    assert (DOI.objects.get().state, theirs.state) == (State.DELETED, FINDABLE)


@pytest.mark.parametrize("wish", ["register", "reserve"])
def test_it_is_let_go_when_the_item_goes_while_the_agency_is_asked(agency, configure, monkeypatch, wish):
    configure({"identifier.doi.on_archive": wish})
    item = factories.item()
    sending = claims.sending

    def going(*args):
        items.expunge(acting_user=SYSTEM, item=item, now=NOW)
        follow()
        return sending(*args)

    monkeypatch.setattr(claims, "sending", going)
    assert everything().code == 0
    assert (DOI.objects.get().state, agency.calls) == (State.DELETED, [])


def test_a_run_that_is_killed_before_the_agency_was_asked_lets_nothing_be_overwritten(agency, taken, theirs):
    which = claims.Which(Action.REGISTER, now=timezone.now(), began=timezone.now())
    with claims.running() as run:
        assert claims.claim(run, which, limit=8)
    assert "DOI_ALREADY_EXISTS" in everything().err
    assert theirs.metadata == "<theirs/>"


def test_an_outage_before_anything_was_sent_lets_nothing_be_overwritten_later(agency, taken, theirs):
    def away(call: str, doi: str) -> None:
        raise AgencyUnavailable("no route")

    agency.before = away
    assert everything().code == 1
    agency.before = lambda call, doi: None
    assert "DOI_ALREADY_EXISTS" in everything().err
    assert theirs.metadata == "<theirs/>"


def test_the_item_gets_another_one(agency, taken, theirs):
    everything()
    former = doi_of(taken).doi
    registry.replace(doi_of(taken).pk)
    assert everything().code == 0
    assert state_of(taken) == State.IS_REGISTERED
    assert doi_of(taken).doi != former
    assert theirs.metadata == "<theirs/>"
    assert DOI.objects.get(doi=former).state == State.DELETED
    with pytest.raises(registry.NoDOI, match="stays with its item"):
        registry.replace(doi_of(taken).pk)


def test_it_is_taken_over_when_somebody_says_so(agency, taken):
    everything()
    registry.take_over(doi_of(taken).pk)
    assert everything().code == 0
    assert agency.dois[doi_of(taken).doi.upper()].url.endswith(f"/{doi_handle(taken)}")


def test_it_is_taken_over_during_a_call(agency, taken, monkeypatch):
    everything()
    registry.retry(doi_of(taken).pk)
    describe = objects.describe_all

    def taking(*args):
        monkeypatch.setattr(objects, "describe_all", describe)
        registry.take_over(doi_of(taken).pk)
        return describe(*args)

    monkeypatch.setattr(objects, "describe_all", taking)
    everything()
    assert everything().code == 0
    assert agency.dois[doi_of(taken).doi.upper()].url.endswith(f"/{doi_handle(taken)}")


def doi_handle(item) -> str:
    from identifiers.services import handle_of

    return handle_of(item.pk)


def test_one_that_an_import_brings_along_is_ours(agency, theirs):
    agency.dois["10.12345/REPO-77"] = theirs
    metadata = factories.md(dc_title="Owls", dc_contributor_author="A", dc_date_issued="2024", dc_type="Article")
    metadata |= factories.md(dc_identifier_doi="10.12345/repo-77")
    item = factories.item(metadata=metadata)
    assert everything().code == 0
    assert theirs.url.endswith(doi_handle(item))


@pytest.mark.parametrize("edited", [False, True])
def test_under_a_wrong_prefix_that_the_agency_has_refused_the_item_gets_one_under_the_right_one(
    agency, configure, client, edited
):
    def before(call: str, doi: str) -> None:
        if doi.startswith("10.12354/") and not call.startswith("is_"):
            raise DOIRefused(Refusal.FOREIGN_DOI, f"{doi} belongs to another account")

    agency.before = before
    configure({"identifier.doi.prefix": "10.12354"})
    item = factories.item()
    wrong = doi_of(item)
    if edited:
        follow()
        retitle(item, "Edited")
        follow()
    for _ in range(2):
        assert "FOREIGN_DOI" in everything().err
        DOI.objects.update(paused_until=None)
    configure({"identifier.doi.prefix": "10.12345"})
    assert "FOREIGN_DOI" in everything().err, "it stays as it is until somebody says so"
    client.force_login(factories.administrator(), backend="django.contrib.auth.backends.ModelBackend")
    shown = client.get("/admin/dois").content.decode()
    assert ('value="replace"' in shown, 'value="take-over"' in shown) == (True, False)
    client.post("/admin/dois/act", {"wish": "replace", "doi": str(wrong.pk)})
    assert everything().code == 0
    assert (state_of(item), doi_of(item).doi.startswith("10.12345/")) == (State.IS_REGISTERED, True)
    assert list(agency.dois) == [doi_of(item).doi.upper()]


@pytest.mark.parametrize("is_gone", [False, True])
def test_one_that_was_taken_for_known_under_a_wrong_prefix_is_let_go_by_trying_it_again(
    agency, configure, client, is_gone
):
    """As runs left it before they knew that an agency which refuses a prefix has none of its DOIs from us."""

    def before(call: str, doi: str) -> None:
        if doi.startswith("10.12354/"):
            raise DOIRefused(Refusal.FOREIGN_DOI, f"{doi} belongs to another account")

    agency.before = before
    configure({"identifier.doi.prefix": "10.12354"})
    item = factories.item()
    follow()
    wrong = doi_of(item)
    DOI.objects.update(may_be_known=True)
    assert "FOREIGN_DOI" in everything().err
    configure({"identifier.doi.prefix": "10.12345"})
    if is_gone:
        items.expunge(acting_user=SYSTEM, item=item, now=NOW)
        follow()
        assert "FOREIGN_DOI" in everything().err
    client.force_login(factories.administrator(), backend="django.contrib.auth.backends.ModelBackend")
    assert 'value="replace"' not in client.get("/admin/dois").content.decode()
    client.post("/admin/dois/act", {"wish": "retry", "doi": str(wrong.pk)})
    if not is_gone:
        assert 'value="replace"' in client.get("/admin/dois").content.decode()
        client.post("/admin/dois/act", {"wish": "replace", "doi": str(wrong.pk)})
    assert everything().code == 0
    wrong.refresh_from_db()
    assert (wrong.state, wrong.last_error) == (State.DELETED, "")
    if not is_gone:
        assert (state_of(item), doi_of(item).doi.startswith("10.12345/")) == (State.IS_REGISTERED, True)


def test_one_under_a_former_prefix_that_was_registered_stays_with_its_item(agency, configure, client):
    configure({"identifier.doi.prefix": "10.12354"})
    item = factories.item()
    everything()
    configure({"identifier.doi.prefix": "10.12345"})
    agency.before = refusing(doi_of(item).doi, Refusal.FOREIGN_DOI)
    retitle(item, "Edited")
    follow()
    for _ in range(2):
        assert "FOREIGN_DOI" in everything().err
        registry.retry(doi_of(item).pk)
    assert doi_of(item).may_be_known


def test_one_that_the_agency_calls_taken_when_it_is_sent_can_be_replaced_or_taken_over(agency, client):
    def before(call: str, doi: str) -> None:
        if not call.startswith("is_"):
            raise DOIRefused(Refusal.DOI_ALREADY_EXISTS, f"{doi} is taken at the agency")

    item, agency.before = factories.item(), before
    assert "DOI_ALREADY_EXISTS" in everything().err
    client.force_login(factories.administrator(), backend="django.contrib.auth.backends.ModelBackend")
    shown = client.get("/admin/dois").content.decode()
    assert ('value="replace"' in shown, 'value="take-over"' in shown) == (True, True)
    assert not doi_of(item).may_be_known
