"""The administrators' list of DOIs in a browser."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection

from identifiers.connectors.port import DOIRefused, Refusal
from tests import factories
from tests.browser.conftest import PASSWORD
from tests.unit.identifiers.doi.conftest import (  # noqa: F401 - fixtures
    agency,
    configure,
    doi_of,
    everything,
    with_dois,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_failed_doi_is_found_read_and_tried_again(archive, agency, open_page):  # noqa: F811
    with connection.cursor() as cursor:  # a long one, so that the width does not hang on the tests before this one
        cursor.execute("SELECT setval('identifiers_doi_number', 98765432)")
    item = factories.item("Refused owls")

    def refuse(call, doi):
        raise DOIRefused(Refusal.BAD_REQUEST, "the publisher is missing: fill in dc.publisher")

    agency.before = refuse
    everything()
    factories.administrator("admin@example.org")
    page = open_page(320, 640)
    page.goto("/password-login")
    page.get_by_label("E-mail address").fill("admin@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.goto(f"/items/{item.pk}")
    page.get_by_role("link", name="DOI of this item").click()
    assert page.get_by_text("fill in dc.publisher").is_visible()
    page.evaluate("document.fonts.ready.then(() => true)")  # until then another font is wider
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert [v["id"] for v in Axe().run(page).response["violations"]] == []
    page.get_by_role("button", name="Try again").click()
    assert page.get_by_role("status").is_visible()
    assert doi_of(item).paused_until is None
    page.goto("/admin/dois?state=TO_BE_REGISTERED")
    assert page.get_by_text(doi_of(item).doi).first.is_visible()
