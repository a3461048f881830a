"""What the search page says and offers, by what was asked."""

import re

import pytest

from repository import changes
from tests import factories
from tests.factories import NOW, md

pytestmark = pytest.mark.django_db


def heading(page: str) -> str:
    return re.search(r"<h1>(.*?)</h1>", page)[1]


def status(page: str) -> str:
    return re.sub("<[^>]*>", "", re.search(r'role="status">(.*?)</p>', page)[1])


def orders(page: str) -> list[tuple[str, bool, str]]:
    select = page.split('id="sort"')[1].split("</select>")[0]
    found = re.findall(r'<option value="([^"]*)"( selected)?>([^<]*)<', select)
    return [(value, bool(selected), label) for value, selected, label in found]


def test_without_a_text_the_page_is_a_list_of_all_items_and_says_so(client, archive):
    for url in ("/search", "/search?query=", "/search?query=+"):
        page = client.get(url).content.decode()
        assert heading(page) == "All items"
        assert "<title>All items · " in page
        assert status(page) == "1–2 of 2 items"
    page = client.get(f"/search?scope={archive.collection.pk}").content.decode()
    assert heading(page) == "All items in Theses"
    assert (
        heading(client.get(f"/search?scope={archive.collection.pk}&query=owls").content.decode()) == "Search in Theses"
    )
    assert heading(client.get("/search?query=owls").content.decode()) == "Search"
    assert heading(client.get("/search?filtertype_1=subject&filter_1=owls").content.decode()) == "Search"


def test_an_empty_archive_gives_no_advice_about_words(client):
    page = client.get("/search").content.decode()
    assert status(page) == "There is nothing here yet."
    assert "other words" not in page


def test_where_nothing_is_found_the_advice_fits_what_was_asked(client, archive):
    page = client.get("/search?query=zzz").content.decode()
    assert status(page) == "Nothing was found."
    assert "Use fewer or other words." in page
    assert "Remove a filter." not in page
    page = client.get("/search?filtertype_1=subject&filter_1=zzz").content.decode()
    assert status(page) == "Nothing was found."
    assert "Use fewer or other words." not in page
    assert "Remove a filter." in page


def test_behind_the_last_page_a_link_leads_to_the_first(client, archive):
    page = client.get("/search?query=owls&page=7").content.decode()
    assert "There are not so many pages of results." in status(page)
    assert 'href="?query=owls">First page<' in page
    assert "other words" not in page


def test_a_text_typed_into_the_list_of_all_items_is_sorted_by_relevance(client):
    factories.item(metadata=md(dc_title="Owls owls owls", dc_subject="owls"))
    factories.item(metadata=md(dc_title="Newer", dc_description="Mentions owls once, far down."))
    changes.run("search", now=NOW)
    page = client.get("/search").content.decode()
    offered = orders(page)
    assert [label for _, selected, label in offered if selected] == ["Latest additions first"]
    assert "Most relevant first" not in [label for _, _, label in offered]
    value = next(value for value, selected, _ in offered if selected)
    found = client.get("/search", {"query": "owls", "sort_by": value, "rpp": "10"}).content.decode()
    assert [label for _, selected, label in orders(found) if selected] == ["Most relevant first"]
    assert found.index("Newer") > found.index("record-title")
    kept = client.get("/search", {"query": "owls", "sort_by": "dc.date.accessioned_desc"}).content.decode()
    assert [label for _, selected, label in orders(kept) if selected] == ["Latest additions first"]
    without = client.get("/search", {"query": "", "sort_by": "score_desc"}).content.decode()
    assert [label for _, selected, label in orders(without) if selected] == ["Latest additions first"]


def test_from_a_search_in_a_place_a_link_leads_everywhere(client, archive):
    page = client.get(f"/search?query=owls&scope={archive.collection.pk}").content.decode()
    assert '<a href="/search?query=owls">Search everywhere</a>' in page
    assert "Search everywhere" not in client.get("/search?query=owls").content.decode()
