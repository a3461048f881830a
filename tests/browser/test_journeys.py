"""What people come for, driven through Chromium."""

import hashlib
from pathlib import Path

import pytest

from tests import factories
from tests.browser.conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("javascript", [True, False])
def test_from_home_through_the_tree_to_a_download(archive, open_page, javascript):
    page = open_page(javascript=javascript)
    page.get_by_role("link", name="Faculty of Owls").click()
    page.get_by_role("link", name="Institute for Night Birds").click()
    page.get_by_role("link", name="Owl Theses").click()
    page.get_by_role("link", name="All items here").click()
    page.get_by_label("Sort").select_option(label="Title, A to Z")
    page.get_by_role("button", name="Apply").click()
    page.get_by_role("link", name="Open owls of the northern woods").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Open owls of the northern woods"
    with page.expect_download() as downloading:
        page.get_by_role("link", name="open owls – náhled.txt").click(modifiers=["Alt"])
    download = downloading.value
    assert download.suggested_filename == "open owls – náhled.txt"
    assert hashlib.md5(Path(download.path()).read_bytes()).digest() == hashlib.md5(b"All about owls.\n" * 200).digest()


def test_from_search_through_a_facet_to_an_item(archive, open_page):
    page = open_page()
    page.get_by_role("searchbox").fill("northern owls")
    page.get_by_role("button", name="Search").click()
    assert "1–2 of 2 items" in page.get_by_role("status").inner_text()
    assert page.locator("mark").first.inner_text().lower() in ("owls", "northern")
    page.get_by_role("complementary").get_by_role("link", name="Ørsted, open").click()
    assert "1–1 of 1 item" in page.get_by_role("status").inner_text()
    page.get_by_role("link", name="Remove filter Author: Ørsted, open").click()
    assert "1–2 of 2 items" in page.get_by_role("status").inner_text()
    page.get_by_role("complementary").get_by_role("link", name="Ørsted, open").click()
    page.get_by_role("link", name="Open owls of the northern woods").click()
    page.get_by_role("link", name="Full record").click()
    assert page.get_by_role("rowheader", name="dc.contributor.author").count() == 2


def test_a_misspelt_word_leads_to_what_was_meant(archive, open_page):
    page = open_page()
    page.get_by_role("searchbox").fill("northren")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="northern").click()
    assert "of 2 items" in page.get_by_role("status").inner_text()


def test_browsing_authors_and_jumping_to_a_letter(archive, open_page):
    page = open_page()
    page.get_by_role("link", name="Authors").click()
    page.get_by_role("navigation", name="Jump to a letter").get_by_role("link", name="O").click()
    page.get_by_role("link", name="Ørsted, open").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Ørsted, open"
    page.get_by_role("link", name="Open owls of the northern woods").click()


def test_logging_in_comes_back_to_the_page_and_opens_what_was_closed(archive, open_page):
    factories.administrator("admin@example.org")
    page = open_page()
    page.goto(archive["withdrawn"])
    assert page.get_by_role("heading", level=1).inner_text() == "No longer available"
    page.get_by_role("link", name="Log in").click()
    page.get_by_label("E-mail address").fill("admin@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    assert page.url.endswith(archive["withdrawn"])
    assert "Withdrawn owls" in page.get_by_role("heading", level=1).inner_text()
    page.get_by_role("button", name="Log out").click()
    assert page.get_by_role("link", name="Log in").is_visible()


def test_everything_is_reached_with_the_keyboard_alone(archive, open_page):
    page = open_page()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "home-query"
    page.keyboard.type("northern")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?**")
    for _ in range(40):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", page.evaluate("document.activeElement.outerHTML")
        if "Open owls" in page.evaluate("document.activeElement.textContent"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/handle/**")
    assert "Open owls" in page.get_by_role("heading", level=1).inner_text()
