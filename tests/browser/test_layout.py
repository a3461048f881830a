"""What a page looks like where there is much to show, or little room."""

import pytest

from tests import factories
from tests.browser.conftest import PASSWORD
from tests.browser.test_accessibility import NARROWEST, problems
from tests.factories import md

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDTHS = [NARROWEST, 768, 1100, 1400]


def box(locator) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom."""
    found = locator.bounding_box()
    return found["x"], found["y"], found["x"] + found["width"], found["y"] + found["height"]


def test_a_hundred_and_fifty_subjects_leave_the_details_in_sight_and_unfold(archive, open_page):
    names = [f"Owls of region {number}" for number in range(150)]
    item = factories.item(metadata=md(dc_title="Owls", dc_subject=names, dc_publisher="Owl Press"))
    page = open_page(NARROWEST, 640, javascript=False)
    page.goto(f"/items/{item.pk}")
    subjects, details = (page.get_by_role("heading", name=name).bounding_box() for name in ("Subjects", "Details"))
    assert details["y"] - subjects["y"] < 2 * 640
    last = page.get_by_role("link", name="Owls of region 149")
    assert not last.is_visible()
    page.get_by_text("Show all 150").click()
    assert last.is_visible()
    page.get_by_text("Show fewer").click()
    assert not last.is_visible()
    scripted = open_page(NARROWEST, 640)
    scripted.goto(f"/items/{item.pk}")
    scripted.get_by_text("Show all 150").click()
    assert problems(scripted) == []
    assert scripted.evaluate("document.documentElement.scrollWidth") <= NARROWEST


@pytest.mark.parametrize(
    "email", ["ada@example.org", "wilhelmina.vanderbilt-oglethorpe@library.university.example.org"]
)
def test_who_is_logged_in_stands_in_one_line_with_the_way_out(archive, open_page, email):
    factories.eperson(email)
    page = open_page()
    page.goto("/password-login")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        page.goto("/community-list")
        left, top, right, bottom = box(page.get_by_role("button", name="Log out"))
        who_left, who_top, who_right, who_bottom = box(page.locator(".who"))
        assert abs((top + bottom) / 2 - (who_top + who_bottom) / 2) < 3, width
        assert left - who_right >= 4, width
        assert who_left >= 0, width
        assert right <= width, width
        assert right - left < 120, width
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("kind", ["title", "dateissued"])
def test_no_letter_or_year_to_jump_to_stands_alone(archive, open_page, kind):
    page = open_page()
    for width in [*WIDTHS, 360, 600, 900, 1000]:
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(f"/browse?type={kind}")
        tops = page.evaluate(
            "document.fonts.ready.then(() => [...document.querySelectorAll('.jump a')]"
            ".map(link => Math.round(link.getBoundingClientRect().top)))"
        )
        rows = [tops.count(top) for top in sorted(set(tops))]
        assert min(rows) > 1, (width, rows)
        assert min(rows) >= max(rows) / 2, (width, rows)
