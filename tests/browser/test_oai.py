"""The provider as people see it: its responses as pages, made by the browser or by the server.

Links are followed with the keyboard: Chromium lays a banner of its own over pages that it makes by a stylesheet.
"""

from dataclasses import replace

import pytest
from django.utils import timezone

from oai import running, service
from repository import changes
from repository.authorize import SYSTEM
from repository.models import Item
from repository.services import items
from tests.browser.test_accessibility import NARROWEST, problems
from tests.configured import configure
from tests.factories import NOW
from tests.unit.oai.conftest import let_the_second_pass

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ADDRESSES = [
    "?verb=Identify",
    "?verb=ListMetadataFormats",
    "?verb=ListSets",
    "?verb=ListRecords&metadataPrefix=oai_dc",
    "?verb=ListRecords&metadataPrefix=mets",
    "?verb=ListIdentifiers&metadataPrefix=oai_dc",
    "?verb=ListRecords&metadataPrefix=nope",
    "?verb=ListRecords&metadataPrefix=oai_dc&until=1990-01-01",
    "",
]


@pytest.fixture
def harvestable(archive, monkeypatch):
    """The archive published, a note of it withdrawn since, in pages of five."""
    changes.run_all("oai", now=timezone.now)
    let_the_second_pass()
    note = Item.objects.get(metadata__contains={"dc.title": [{"value": "Owl note 3"}]})
    items.withdraw(acting_user=SYSTEM, item=note, now=NOW)
    changes.run_all("oai", now=timezone.now)
    let_the_second_pass()
    small = replace(running.current(), max_records=5, max_identifiers=5, max_sets=2)
    monkeypatch.setattr(service, "current", lambda: small)


@pytest.fixture(params=["browser", "server"])
def made_by(request, settings, open_page):
    """Who makes the pages."""
    configure(settings, {"oai.html": "true" if request.param == "server" else "false"})
    if request.param == "browser":
        open_page.expected += ["Applying inline style", "Executing inline event handler"]  # Chromium's banner again
    return request.param


def follow(link):
    with link.page.expect_navigation():
        link.press("Enter")


def test_from_identify_to_a_record(harvestable, made_by, open_page):
    page = open_page()
    follow(page.get_by_role("link", name="OAI-PMH for harvesters"))
    assert page.get_by_role("link", name="dspace-help@myu.edu").is_visible()
    requests = page.get_by_role("navigation", name="Requests")
    assert requests.get_by_role("link", name="About").get_attribute("aria-current") == "true"
    follow(requests.get_by_role("link", name="Formats"))
    assert page.get_by_role("heading", level=2, name="oai_dc", exact=True).is_visible()
    follow(page.get_by_role("navigation", name="Requests").get_by_role("link", name="Sets"))
    assert page.get_by_role("status").inner_text() == "1–2 of 3"
    assert page.get_by_role("heading", name="Faculty of Owls").is_visible()
    follow(page.get_by_role("link", name="Next page"))
    follow(page.get_by_role("link", name="Records of col_"))
    assert page.get_by_role("status").inner_text() == "1–5 of 16"
    follow(page.get_by_role("link", name="Next page"))
    assert page.get_by_role("status").inner_text() == "6–10 of 16"
    record = page.get_by_role("link", name="oai:localhost").first  # in no order that titles have
    identifier = record.inner_text()
    follow(record)
    assert page.get_by_role("heading", level=1).inner_text() == "One record"
    assert page.get_by_text(identifier).first.is_visible()
    follow(page.get_by_role("link", name="All formats"))
    follow(page.get_by_role("link", name="The record in mets"))
    assert "mets" in page.get_by_role("group", name="XML").inner_text()


def test_the_last_page_shows_what_is_deleted_and_leads_no_further(harvestable, made_by, open_page):
    page = open_page()
    page.goto("/oai/request?verb=ListIdentifiers&metadataPrefix=oai_dc")
    while page.get_by_role("link", name="Next page").count():
        follow(page.get_by_role("link", name="Next page"))
    assert page.get_by_role("status").inner_text() == "16–16 of 16"
    assert page.get_by_role("listitem").get_by_text("Deleted", exact=True).is_visible()


def test_an_error_is_explained(harvestable, made_by, open_page):
    page = open_page()
    page.goto("/oai/request?verb=ListRecords&metadataPrefix=nope")
    assert "cannotDisseminateFormat" in page.get_by_role("alert").inner_text()
    follow(page.get_by_role("link", name="formats", exact=True))
    assert page.get_by_role("heading", name="oai_dc", exact=True).is_visible()


def test_the_pages_are_accessible_and_fit_the_narrowest_phone(harvestable, settings, open_page):
    configure(settings, {"oai.html": "true"})  # the browser's own pages have a banner of the browser
    found = {}
    for width, dark in ((1280, False), (NARROWEST, True)):
        page = open_page(width, dark=dark)
        for address in ADDRESSES:
            page.goto(f"/oai/request{address}")
            too_wide = page.evaluate("document.documentElement.scrollWidth") > width
            if complaints := [*problems(page), *(["scrolls sideways"] if too_wide else [])]:
                found[address] = complaints
    assert found == {}


def test_the_list_of_contexts_is_accessible(archive, open_page):
    page = open_page(NARROWEST)
    for address in ("/oai/", "/oai/nothing"):
        page.goto(address)
        assert problems(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROWEST
