"""Every page: no violation that axe finds, no horizontal scrolling on the narrowest phone."""

from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe

from repository import changes
from tests import factories
from tests.browser.conftest import PASSWORD
from tests.factories import NOW, md

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NARROWEST = 320  # CSS pixels: WCAG 1.4.10

PAGES = [
    "/",
    "/community-list",
    "community",
    "collection",
    "open",
    "open?show=full",
    "embargoed",
    "withdrawn",
    "/search?query=owl",
    "/search?query=owl&rpp=10&page=2",
    "/search?query=northern&filtertype_1=subject&filter_1=owls",
    "/search?query=nothingatall",
    "/search-filter?field=author",
    "/browse?type=title",
    "/browse?type=author",
    "/browse?type=author&value=Brandt,+Ida",
    "/browse?type=dateissued",
    "/browse?type=subject",
    "/password-login",
    "/nothing-here",
    "/search?page=%00&query=%00",
]


def problems(page) -> list[str]:
    results = Axe().run(page)
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in results.response["violations"]]


def address(archive: dict[str, str], page: str) -> str:
    name, _, query = page.partition("?")
    return archive[name] + (f"?{query}" if query else "") if name in archive else page


SOME = ["/", "open", "embargoed", "/search?query=owl", "/browse?type=title", "/password-login"]


@pytest.mark.parametrize(("width", "dark", "pages"), [(1280, False, PAGES), (NARROWEST, True, SOME)])
def test_axe_finds_no_violation_on_any_page(archive, open_page, width, dark, pages):
    found = {}
    page = open_page(width, dark=dark)
    for name in pages:
        page.goto(address(archive, name))
        if complaints := problems(page):
            found[name] = complaints
    assert found == {}


def test_no_page_scrolls_sideways_on_the_narrowest_phone(archive, open_page):
    page = open_page(NARROWEST, 640)
    too_wide = []
    for name in PAGES:
        page.goto(address(archive, name))
        if page.evaluate("document.documentElement.scrollWidth") > NARROWEST:
            too_wide.append(name)
    assert too_wide == []


@pytest.mark.parametrize("width", [NARROWEST, 1280])
def test_a_subject_without_a_space_breaks_rather_than_widening_the_page(archive, open_page, width):
    subject = "http://vocabulary.example.org/authorities/night-birds/" + "strigiformes" * 12
    item = factories.item("Owls with a long subject", metadata=md(dc_title="Owls", dc_subject=subject))
    while changes.run("search", now=NOW):
        pass
    page = open_page(width, 640)
    chosen = urlencode({"filtertype_1": "subject", "filter_1": subject})
    for url in (f"/items/{item.pk}", f"/search?{chosen}"):
        page.goto(url)
        assert page.get_by_text(subject).first.is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, url


def test_forms_with_errors_are_accessible_too(archive, open_page):
    page = open_page()
    page.goto("/password-login")
    page.get_by_label("E-mail address").fill("nobody@example.org")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    assert page.get_by_role("alert").is_visible()
    assert problems(page) == []


def test_pages_of_administrators_are_accessible_too(archive, open_page):
    factories.administrator("admin@example.org")
    page = open_page()
    page.goto("/password-login")
    page.get_by_label("E-mail address").fill("admin@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    for name in ("withdrawn", "withdrawn?show=full", "embargoed"):
        page.goto(address(archive, name))
        assert page.get_by_role("button", name="Log out").is_visible()
        assert problems(page) == []
