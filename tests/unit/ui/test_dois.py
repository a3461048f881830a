"""DOIs on pages: an item's own, and the administrators' list."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client

from identifiers import services
from identifiers.connectors.memory import FINDABLE, Known
from identifiers.connectors.port import DOIRefused, Refusal
from identifiers.doi.states import State
from identifiers.models import DOI
from tests import factories
from tests.unit.identifiers.doi.conftest import (  # noqa: F401 - fixtures
    agency,
    configure,
    doi_of,
    everything,
    state_of,
    with_dois,
)

pytestmark = pytest.mark.django_db
PAGE = "/admin/dois"


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def press(client: Client, wish: str, **fields: str) -> None:
    answer = client.post(f"{PAGE}/act", {"wish": wish, **fields})
    assert answer.status_code == 302
    assert answer["Location"].startswith(f"{PAGE}?")


def test_an_item_shows_its_doi_when_it_is_registered_and_not_before(client, agency):  # noqa: F811
    item = factories.item()
    doi = doi_of(item).doi
    assert doi not in text(client, f"/items/{item.pk}")
    everything()
    assert f'href="https://doi.org/{doi}"' in text(client, f"/items/{item.pk}")


def test_only_administrators_see_the_list(client, reader, agency):  # noqa: F811
    factories.item()
    for stranger in (client, reader):
        assert stranger.get(PAGE).status_code == 404
        assert stranger.post(f"{PAGE}/act", {"wish": "retry", "doi": "1"}).status_code == 404


def test_where_dois_are_off_there_is_no_list(administrator):
    assert administrator.get(PAGE).status_code == 404


def test_a_failed_doi_is_listed_with_its_error_and_can_be_tried_again(administrator, agency):  # noqa: F811
    item = factories.item()
    row = doi_of(item)

    def refuse(call, doi):
        raise DOIRefused(Refusal.BAD_REQUEST, "fill in <dc.publisher>")

    agency.before = refuse
    everything()
    shown = text(administrator, PAGE)
    assert row.doi in shown
    assert "fill in &lt;dc.publisher&gt;" in shown
    assert row.doi in text(administrator, f"{PAGE}?state=TO_BE_REGISTERED")
    assert row.doi not in text(administrator, f"{PAGE}?state=IS_REGISTERED")
    press(administrator, "retry", doi=str(row.pk), state="TO_BE_REGISTERED")
    assert doi_of(item).paused_until is None
    agency.before = lambda call, doi: None
    everything()
    assert state_of(item) == State.IS_REGISTERED


def test_an_item_without_a_doi_gets_one(administrator, agency, configure):  # noqa: F811
    configure({"identifier.doi.on_archive": "none"})
    item = factories.item()
    assert "This item has no DOI" in text(administrator, f"{PAGE}?item={item.pk}")
    assert f"{PAGE}?item={item.pk}" in text(administrator, f"/items/{item.pk}")
    press(administrator, "reserve", item=str(item.pk))
    assert state_of(item) == State.TO_BE_RESERVED
    everything()
    press(administrator, "register", item=str(item.pk), doi=str(doi_of(item).pk))
    assert state_of(item) == State.TO_BE_REGISTERED
    everything()
    press(administrator, "update", doi=str(doi_of(item).pk))
    assert state_of(item) == State.UPDATE_REGISTERED


def test_a_deleted_one_is_not_registered(administrator, agency):  # noqa: F811
    row = DOI.objects.create(doi="10.12345/repo-0", state=State.DELETED)
    press(administrator, "register", doi=str(row.pk))
    row.refresh_from_db()
    assert row.state == State.DELETED


@pytest.mark.parametrize("query", ["?state=NONE", "?before=x", "?before=-1", "?before=9999999999999999999"])
def test_nonsense_shows_the_list(administrator, agency, query):  # noqa: F811
    text(administrator, PAGE + query)


@pytest.mark.parametrize(
    ("fields", "status"),
    [({}, 400), ({"wish": "retry"}, 404), ({"wish": "retry", "doi": "²"}, 404), ({"wish": "retry", "item": "x"}, 404)],
)
def test_nonsense_presses_nothing(administrator, agency, fields, status):  # noqa: F811
    assert administrator.post(f"{PAGE}/act", fields).status_code == status


def test_a_doi_is_found_by_its_name_or_its_item(administrator, agency):  # noqa: F811
    item, other = factories.item("One"), factories.item("Other")
    doi = doi_of(item).doi
    for wanted in (doi, f" https://doi.org/{doi.upper()} ", str(item.pk), services.handle_of(item.pk)):
        shown = text(administrator, f"{PAGE}?{urlencode({'doi': wanted})}")
        assert f'name="doi" value="{doi_of(item).pk}"' in shown
        assert doi_of(other).doi not in shown
    for wanted in ("10.12345/nothing", "x\0", "<b>"):
        assert "There is no such DOI here." in text(administrator, f"{PAGE}?{urlencode({'doi': wanted})}")


def test_nothing_that_failed_is_said_so(administrator, agency):  # noqa: F811
    assert "No DOI has failed." in text(administrator, PAGE)


def test_all_that_rest_are_tried_again_by_one_button(administrator, agency):  # noqa: F811
    for name in ("One", "Two"):
        factories.item(name)

    def refuse(call, doi):
        raise DOIRefused(Refusal.BAD_REQUEST, "fill in dc.publisher")

    agency.before = refuse
    everything()
    assert "Try all 2 that rest again" in text(administrator, PAGE)
    press(administrator, "retry-all")
    assert not DOI.objects.exclude(paused_until=None).exists()
    agency.before = lambda call, doi: None
    assert everything().code == 0
    assert "that rest again" not in text(administrator, PAGE)


def test_a_button_leads_back_to_its_page_of_the_list(administrator, agency):  # noqa: F811
    item = factories.item()
    fields = {"doi": str(doi_of(item).pk), "state": "TO_BE_REGISTERED", "before": "77", "doi_wanted": "10.1/a"}
    answer = administrator.post(f"{PAGE}/act", {"wish": "retry", **fields})
    assert parse_qs(urlsplit(answer["Location"]).query) == {
        "state": ["TO_BE_REGISTERED"],
        "before": ["77"],
        "doi": ["10.1/a"],
    }
    shown = text(administrator, f"{PAGE}?state=TO_BE_REGISTERED&before={doi_of(item).pk + 1}")
    assert f'name="before" value="{doi_of(item).pk + 1}"' in shown
    assert 'href="?state=TO_BE_REGISTERED"' in shown


def test_a_doi_that_somebody_else_has_registered_is_replaced_or_taken_over(administrator, agency):  # noqa: F811
    replaced, taken = factories.item("Replaced"), factories.item("Taken over")
    for item in (replaced, taken):
        agency.dois[doi_of(item).doi.upper()] = Known("<theirs/>", "https://other.example.org/", FINDABLE)
    everything()
    former = doi_of(replaced)
    assert text(administrator, PAGE).count('value="replace"') == 2
    press(administrator, "replace", doi=str(former.pk))
    press(administrator, "take-over", doi=str(doi_of(taken).pk))
    assert everything().code == 0
    assert doi_of(replaced).doi != former.doi
    assert agency.dois[former.doi.upper()].metadata == "<theirs/>"
    assert "theirs" not in agency.dois[doi_of(taken).doi.upper()].metadata
    press(administrator, "replace", doi=str(doi_of(taken).pk))
    assert state_of(taken) == State.IS_REGISTERED


def test_only_a_doi_that_resolves_is_a_link(administrator, agency):  # noqa: F811
    item = factories.item()
    address = f'href="https://doi.org/{doi_of(item).doi}"'
    assert address not in text(administrator, f"{PAGE}?item={item.pk}")
    everything()
    assert address in text(administrator, f"{PAGE}?item={item.pk}")


def test_a_button_wants_the_token_of_a_form(agency, reader):  # noqa: F811
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(f"{PAGE}/act", {"wish": "retry-all"}).status_code == 403
