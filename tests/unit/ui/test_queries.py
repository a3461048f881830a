"""How many questions a page asks of the database: few, and no more for more items."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from repository import changes
from tests import factories
from tests.factories import NOW, md

pytestmark = pytest.mark.django_db


def queries(client, url: str) -> int:
    client.get(url)  # fills what is read once per process
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def fill(collection, number: int) -> None:
    for n in range(number):
        fields = md(
            dc_title=f"Owls {n}", dc_contributor_author=f"Author {n}", dc_subject=f"Subject {n}", dc_date_issued="2020"
        )
        factories.item(within=collection, metadata=fields, files=[factories.new_file()])
    while changes.run("search", now=NOW):
        pass


@pytest.mark.parametrize("visitor", ["client", "reader"])
def test_an_item_page_asks_at_most_twelve(request, archive, visitor):
    client = request.getfixturevalue(visitor)
    files = [factories.new_file(f"{n}.txt") for n in range(20)]
    other = [factories.collection(f"More {n}", within=archive.community) for n in range(5)]
    large = factories.item(within=archive.collection, also_in=tuple(other), files=files)
    for view in ("", "?show=full"):
        few = queries(client, archive.url(archive.open) + view)
        assert few <= 12
        assert queries(client, archive.url(large) + view) == few


@pytest.mark.parametrize("visitor", ["client", "reader"])
def test_a_search_page_asks_at_most_fifteen(request, archive, visitor):
    client = request.getfixturevalue(visitor)
    url = "/search?query=owls&rpp=50"
    few = queries(client, url)
    fill(archive.collection, 15)
    assert queries(client, url) == few <= 15
    assert queries(client, f"{url}&scope={archive.collection.pk}") <= 15


@pytest.mark.parametrize(
    "page", ["/", "/community-list", "/browse?type=title", "/browse?type=author", "place", "community"]
)
def test_lists_ask_no_more_for_more(client, archive, page):
    url = {"place": archive.url(archive.collection), "community": archive.url(archive.community)}.get(page, page)
    few = queries(client, url)
    fill(archive.collection, 8)
    assert queries(client, url) == few <= 15
