"""EZID: what the connector says in ANVL, and what the provider does when an item is deposited, edited, withdrawn."""

import threading

import pytest
from django.db import connections, transaction
from hypothesis import given
from hypothesis import strategies as st

from crosswalks import ezid as crosswalk
from identifiers.connectors import connector
from identifiers.connectors.ezid import anvl, parsed
from identifiers.connectors.port import AgencyRefusedLogin, AgencyUnavailable, DOIRefused, Refusal
from identifiers.doi.states import State
from identifiers.models import DOI
from identifiers.providers import ezid
from repository import changes
from repository.authorize import SYSTEM
from repository.metadata import Value
from repository.models import Item
from repository.services import editing, items
from tests import factories
from tests.configured import configure
from tests.contracts.test_doi_connectors import settings_for
from tests.doi_agencies import PASSWORD, RESET, USER, Reply, TinyEZID, injecting
from tests.factories import NOW

SHOULDER = "10.5072/FK2"
ELEMENTS = '<elements><element name="datacite.title">100%\nOwls</element></elements>'
URL = "https://repo.example.org/handle/1/2"


@pytest.fixture
def injected():
    agency = TinyEZID(SHOULDER)
    with injecting(agency) as (injector, host):
        injector.tiny, injector.host = agency, host
        yield injector


@pytest.fixture
def made(injected):
    return connector(settings_for("ezid", injected.host))


TEXTS = st.text(st.characters(exclude_categories=["Cs"])).map(str.strip).filter(lambda text: "\x85" not in text)


@given(st.dictionaries(TEXTS.filter(bool), TEXTS))
def test_anvl_comes_back_as_it_went(elements):
    assert parsed(anvl(elements)) == elements


def test_anvl_escapes_percent_line_ends_and_colons_of_names():
    assert anvl({"a:b%": "c: 1%\r\n"}) == "a%3Ab%25: c: 1%25%0D%0A\n"


def test_a_doi_is_made_by_put_with_target_status_and_elements(made, injected):
    with pytest.raises(DOIRefused, match=r"missing mandatory element datacite\.creator") as caught:
        made.register(f"{SHOULDER}7", ELEMENTS, URL)
    assert caught.value.code == Refusal.BAD_REQUEST
    [request] = injected.requests
    assert (request.method, request.path) == ("PUT", "/id/doi:10.5072/FK27")
    assert request.headers["Content-Type"] == "text/plain; charset=UTF-8"
    assert request.body.decode().splitlines() == [
        "_profile: datacite",
        "datacite.title: 100%25%0AOwls",
        f"_target: {URL}",
        "_status: public",
    ]


def test_a_datacite_document_is_sent_whole(made, injected):
    made.register(f"{SHOULDER}7", '<resource xmlns="http://datacite.org/schema/kernel-4"/>', URL)
    assert injected.tiny.dois[f"{SHOULDER}7"]["datacite"] == '<resource xmlns="http://datacite.org/schema/kernel-4"/>'


CALLS = {
    "is_reserved": lambda made: made.is_reserved(f"{SHOULDER}7"),
    "is_registered": lambda made: made.is_registered(f"{SHOULDER}7"),
    "reserve": lambda made: made.reserve(f"{SHOULDER}7", ELEMENTS),
    "register": lambda made: made.register(f"{SHOULDER}7", ELEMENTS, URL),
    "update": lambda made: made.update(f"{SHOULDER}7", ELEMENTS, URL, registered=True),
    "hide": lambda made: made.hide(f"{SHOULDER}7"),
    "delete": lambda made: made.delete(f"{SHOULDER}7"),
}


@pytest.mark.parametrize("call", CALLS)
def test_each_fault_is_an_outage_or_the_refusal_of_one_doi(made, injected, call):
    injected.for_ever = True
    outages = [Reply(500, b"error: internal server error"), Reply(503, b"error: concurrency limit exceeded"), RESET]
    outages += [Reply(200, b"success: doi:10.50"), Reply(200, b"x" * 90, cut=9), Reply(302, b""), Reply(200, b"<html>")]
    for fault in outages:
        injected.faults = [fault]
        with pytest.raises(AgencyUnavailable, match=r"127\.0\.0\.1"):
            CALLS[call](made)
    injected.faults = [Reply(401, f"error: unauthorized {PASSWORD}".encode())]
    with pytest.raises(AgencyRefusedLogin, match=r"identifier\.doi\.ezid\.user") as login:
        CALLS[call](made)
    assert PASSWORD not in str(login.value)
    for status, code in ((403, Refusal.FOREIGN_DOI), (400, Refusal.BAD_REQUEST)):
        injected.faults = [Reply(status, b"error: no")]
        with pytest.raises(DOIRefused, match="error: no") as caught:
            CALLS[call](made)
        assert caught.value.code == code


@pytest.mark.parametrize(("date", "year"), [("2024", "2024"), ("2024-05", "2024"), ("2024-05-06", "2024")])
@pytest.mark.parametrize("name", ["DateToYear", "org.dspace.identifier.ezid.DateToYear"])
def test_a_date_becomes_its_year(name, date, year):
    assert crosswalk.transform(name)(date) == year


@pytest.mark.parametrize("date", ["05/2024", "2024-13", "c2024", ""])
def test_what_is_no_date_has_no_year(date):
    with pytest.raises(ValueError, match="no date"):
        crosswalk.transform("DateToYear")(date)


# The provider


@pytest.fixture
def by_ezid(settings, injected, monkeypatch):
    """Items get DOIs by EZID; `injected.tiny.dois` are those it has."""
    monkeypatch.setattr(ezid, "_resting_until", 0.0)
    settings.CHANGE_CONSUMERS = {"doi": "identifiers.services.follow_changes"}
    use(settings, injected)
    return injected


def use(settings, injected, **changes):
    keys = {
        "identifier.providers": "identifiers.providers.ezid.EZIDProvider",
        "identifier.doi.ezid.shoulder": SHOULDER,
        "identifier.doi.ezid.user": USER,
        "identifier.doi.ezid.password": PASSWORD,
        "identifier.doi.ezid.publisher": "Example Press",
        "EZID_SCHEME": "http",
        "EZID_HOST": injected.host,
    }
    configure(settings, keys | changes)


def follow():
    from django.utils import timezone

    changes.run_all("doi", now=timezone.now)


@pytest.mark.django_db(transaction=True)
def test_a_deposit_has_its_doi_when_it_is_done(by_ezid):
    item = factories.item("On owls")
    [(doi, elements)] = by_ezid.tiny.dois.items()
    assert doi.startswith(SHOULDER)
    assert {name: elements[name] for name in elements if name.startswith("datacite")} == {
        "datacite.creator": "Ørsted, Åse",
        "datacite.title": "On owls",
        "datacite.publisher": "Example Press",
        "datacite.publicationyear": "2024",
        "datacite.resourcetype": "JournalArticle/Article",
    }
    assert elements["_target"].endswith("/handle/" + item_handle(item))
    assert DOI.objects.get(object_id=item.pk).state == State.IS_REGISTERED
    assert Item.objects.get(pk=item.pk).md.values("dc.identifier.uri").count(f"https://doi.org/{doi}") == 1


def item_handle(item):
    from identifiers.services import handle_of

    return handle_of(item.pk)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fault", [Reply(503, b"error: concurrency limit exceeded"), RESET, Reply(401, b"error")])
def test_an_outage_queues_the_doi_and_the_deposit_goes_on(by_ezid, monkeypatch, fault):
    by_ezid.faults, by_ezid.for_ever = [fault], True
    item = factories.item()
    assert DOI.objects.get(object_id=item.pk).state == State.TO_BE_REGISTERED
    asked = len(by_ezid.requests)
    factories.item("The next one does not wait")
    assert len(by_ezid.requests) == asked
    by_ezid.faults.clear()
    monkeypatch.setattr(ezid, "_resting_until", 0.0)
    ezid.tell([item.pk])
    assert DOI.objects.get(object_id=item.pk).state == State.IS_REGISTERED


@pytest.mark.django_db(transaction=True)
def test_a_refusal_is_kept_with_its_reason_and_the_deposit_goes_on(by_ezid):
    by_ezid.faults = [Reply(400, b"error: bad request - no")]
    row = DOI.objects.get(object_id=factories.item().pk)
    assert row.state == State.TO_BE_REGISTERED
    assert "bad request - no" in row.last_error


@pytest.mark.django_db(transaction=True)
def test_later_edits_are_sent(by_ezid):
    item = factories.item("On owls")
    follow()
    [elements] = by_ezid.tiny.dois.values()
    before = len(by_ezid.requests)
    follow()
    assert len(by_ezid.requests) == before
    patch = editing.Patch(replace={"dc.title": [Value("On eagle owls")]})
    editing.edit_metadata(acting_user=SYSTEM, obj=item, patch=patch, now=factories.NOW)
    follow()
    assert elements["datacite.title"] == "On eagle owls"
    assert DOI.objects.get(object_id=item.pk).state == State.IS_REGISTERED


@pytest.mark.django_db(transaction=True)
def test_the_map_of_the_configuration_says_what_is_sent(by_ezid, settings):
    use(
        settings,
        by_ezid,
        **{
            "identifier.doi.ezid.crosswalk.datacite.publisher": "dc.title",
            "identifier.doi.ezid.crosswalk.erc.when": "dc.date.issued",
            "identifier.doi.ezid.crosswalkTransform.datacite.publisher": "builtins.ascii",
        },
    )
    factories.item("Öwls")
    [elements] = by_ezid.tiny.dois.values()
    assert elements["datacite.publisher"] == "'\\xd6wls'"
    assert elements["erc.when"] == "2024-05"


@pytest.mark.django_db(transaction=True)
def test_the_datacite_document_is_sent_where_that_is_configured(by_ezid, settings):
    use(settings, by_ezid, **{"identifier.doi.ezid.generateDataciteXML": "true"})
    factories.item()
    [(doi, elements)] = by_ezid.tiny.dois.items()
    assert f'<identifier identifierType="DOI">{doi}</identifier>' in elements["datacite"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("transform", ["no.such.module", "builtins.nothing", "nothing", "builtins.int"])
def test_a_transform_that_can_not_be_used_is_named_with_the_item(by_ezid, settings, transform):
    use(settings, by_ezid, **{"identifier.doi.ezid.crosswalkTransform.datacite.title": transform})
    row = DOI.objects.get(object_id=factories.item().pk)
    assert row.state == State.TO_BE_REGISTERED
    assert "item 123456789/" in row.last_error
    assert not by_ezid.tiny.dois


@pytest.mark.django_db(transaction=True)
def test_a_transform_that_makes_no_text_is_no_harm(by_ezid, settings):
    use(settings, by_ezid, **{"identifier.doi.ezid.crosswalkTransform.datacite.title": "builtins.int"})
    factories.item("1984")
    [elements] = by_ezid.tiny.dois.values()
    assert elements["datacite.title"] == "1984"


@pytest.mark.django_db(transaction=True)
def test_a_refused_doi_rests_until_its_item_is_edited(by_ezid):
    by_ezid.faults, by_ezid.for_ever = [Reply(400, b"error: bad request - no")], True
    item = factories.item("On owls")
    follow()
    asked = len(by_ezid.requests)
    provenance = editing.Patch(add=[("dc.description.provenance", Value("looked at"))])
    editing.edit_metadata(acting_user=SYSTEM, obj=item, patch=provenance, now=NOW)
    follow()
    assert len(by_ezid.requests) == asked
    by_ezid.faults.clear()
    retitled = editing.Patch(replace={"dc.title": [Value("On more owls")]})
    editing.edit_metadata(acting_user=SYSTEM, obj=item, patch=retitled, now=NOW)
    follow()
    assert DOI.objects.get().state == State.IS_REGISTERED
    [elements] = by_ezid.tiny.dois.values()
    assert elements["datacite.title"] == "On more owls"


@pytest.mark.django_db(transaction=True)
def test_a_withdrawn_item_is_unavailable_and_a_reinstated_one_public_again(by_ezid):
    item = factories.item("On owls")
    follow()
    for act, status in ((items.withdraw, "unavailable"), (items.reinstate, "public")):
        act(acting_user=SYSTEM, item=item, now=NOW)
        follow()
        [elements] = by_ezid.tiny.dois.values()
        assert elements["_status"].startswith(status)
        assert DOI.objects.get().state == State.IS_REGISTERED


@pytest.mark.django_db(transaction=True)
def test_what_ezid_refuses_is_explained_in_its_own_terms(by_ezid):
    factories.item("On owls")
    with_elements = [request.path for request in by_ezid.requests]
    assert with_elements
    by_ezid.faults, by_ezid.for_ever = [Reply(422, b"error: no")], True
    factories.item("On more owls")
    error = DOI.objects.exclude(last_error="").get().last_error
    assert "identifier.doi.ezid.crosswalk" in error
    assert "DIM2DataCite" not in error


@pytest.mark.django_db(transaction=True)
def test_a_taken_doi_and_a_missing_publisher_name_the_settings_of_ezid(by_ezid, settings):
    use(settings, by_ezid, **{"dspace.name": "", "identifier.doi.ezid.publisher": ""})
    row = DOI.objects.get(object_id=factories.item("On owls").pk)
    assert "set identifier.doi.ezid.publisher to the name of your institution" in row.last_error
    assert "crosswalk.dissemination" not in row.last_error
    use(settings, by_ezid, **{"dspace.name": "", "identifier.doi.ezid.publisher": "Example Press"})
    number = int(row.doi.removeprefix(SHOULDER))
    by_ezid.tiny.dois[f"{SHOULDER}{number + 1}"] = {"_status": "public"}
    taken = DOI.objects.get(object_id=factories.item("On more owls").pk)
    assert "another program uses your shoulder" in taken.last_error
    assert "set another identifier.doi.ezid.shoulder for those to come" in taken.last_error
    assert "identifier.doi.prefix" not in taken.last_error
    assert "namespaceseparator" not in taken.last_error
    ezid.tell([row.object_id])
    assert DOI.objects.get(pk=row.pk).state == State.TO_BE_REGISTERED, "it rests"
    DOI.objects.update(paused_until=None)
    ezid.tell([row.object_id])
    assert by_ezid.tiny.dois[row.doi]["datacite.publisher"] == "Example Press"


@pytest.mark.django_db(transaction=True)
def test_a_doi_that_somebody_has_locked_for_longer_than_a_deposit_waits_is_no_error(by_ezid, caplog):
    by_ezid.faults = [Reply(503, b"error: concurrency limit exceeded")]
    item = factories.item()
    DOI.objects.update(unanswered=0, last_try=None)
    ezid._resting_until = 0.0
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            DOI.objects.select_for_update().get(object_id=item.pk)
            held.set()
            done.wait(30)
        connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(30)
    caplog.clear()
    ezid.tell([item.pk])
    done.set()
    thread.join(30)
    assert "its row is locked" in caplog.text
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
    ezid.tell([item.pk])
    assert DOI.objects.get(object_id=item.pk).state == State.IS_REGISTERED
