"""DOIs on pages: an item's own, and the administrators' list."""

import pytest
from django.test import Client

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
