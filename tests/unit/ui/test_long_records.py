"""Items and places with very long and very many values: a page stays readable, and nothing is lost."""

import re
from urllib.parse import urlencode

import pytest

from repository import changes
from tests import factories
from tests.factories import NOW, md

pytestmark = pytest.mark.django_db

HUGE = "owl " * 50_000


def index() -> None:
    while changes.run("search", now=NOW):
        pass


def test_a_huge_title_or_name_is_cut_in_lists_trails_and_citations(client):
    community = factories.community(HUGE)
    collection = factories.collection("Theses", within=community)
    metadata = md(dc_title=HUGE, dc_contributor_author="Brandt, Ida", dc_date_issued="2024")
    item = factories.item(within=collection, metadata=metadata)
    index()
    for url in ("/", "/community-list", "/search?query=owl", "/browse?type=title", f"/collections/{collection.pk}"):
        page = client.get(url)
        assert page.status_code == 200
        assert 500 < len(page.content) < 100_000, url
        assert "owl owl…" in page.content.decode(), url
    page = client.get(f"/items/{item.pk}").content.decode()
    assert page.split('class="cite"')[1].split("</p>")[0].count("owl") < 300


@pytest.mark.parametrize(
    "field",
    [
        "dc_title",
        "dc_contributor_author",
        "dc_contributor_editor",
        "dc_date_issued",
        "dc_subject",
        "dc_publisher",
        "dc_description",
        "dc_identifier_uri",
        "dc_identifier_doi",
    ],
)
def test_a_huge_value_of_an_item_is_whole_in_its_full_record_only(client, field):
    huge = "https://owls.example.org/" + "owl/" * 50_000 + "end" if field.endswith("uri") else HUGE.strip()
    item = factories.item(metadata=md(**{"dc_title": "Owls", field: huge}))
    page = client.get(f"/items/{item.pk}").content.decode()
    assert len(page) < 40_000
    assert "…" in page
    full = client.get(f"/items/{item.pk}?show=full").content.decode()
    assert re.sub("<wbr>", "", full).count(huge) == 1
    assert len(full) < len(huge) * (2 if field.endswith("uri") else 1) + 40_000


def test_of_a_fact_that_is_cut_a_link_leads_to_the_whole_text(client):
    item = factories.item(metadata=md(dc_title="Owls", dc_description=HUGE, dc_publisher="Owl Press"))
    facts = client.get(f"/items/{item.pk}").content.decode().split('class="facts"')[1]
    [link] = re.findall(
        r'<a href="([^"]*show=full)">Whole text<span class="visually-hidden">: Description</span>', facts
    )
    assert HUGE.strip() in client.get(link).content.decode()


def test_an_abstract_is_whole_on_the_page_and_for_reference_managers(client):
    abstract = "All about owls. " * 200
    page = client.get(f"/items/{factories.item(metadata=md(dc_title='Owls', dc_description_abstract=abstract)).pk}")
    text = page.content.decode()
    assert f'<meta name="DCTERMS.abstract" content="{abstract}"' in text
    assert f">{abstract}</p>" in text


def test_a_place_with_a_huge_name_has_usable_pages(client):
    community = factories.community(HUGE)
    for url in (f"/communities/{community.pk}", f"/browse?scope={community.pk}", f"/search?scope={community.pk}"):
        page = client.get(url).content.decode()
        assert len(page) < 20_000, url
        assert "owl owl…" in page, url


def test_a_huge_filter_and_a_huge_value_of_a_list_are_cut_and_work(client):
    subject = "owl " * 1000 + "end"
    factories.item(metadata=md(dc_title="Wordy", dc_subject=subject))
    index()
    search = client.get("/search?" + urlencode({"filtertype_1": "subject", "filter_1": subject})).content.decode()
    assert ">Wordy<" in search
    pill = search.split('class="pills"')[1].split("</ul>")[0]
    assert "owl owl…" in pill
    assert pill.count("owl ") < 300
    browse = client.get("/browse?" + urlencode({"type": "subject", "value": subject})).content.decode()
    assert ">Wordy<" in browse
    assert re.search(r"<h1>(.*?)</h1>", browse)[1].count("owl ") < 300


def test_of_many_subjects_twenty_are_seen_and_the_rest_unfolds(client):
    names = [f"Owls of region {number}" for number in range(150)]
    item = factories.item(metadata=md(dc_title="Owls", dc_subject=names))
    page = client.get(f"/items/{item.pk}").content.decode()
    section = page.split('id="subjects"')[1].split("</section>")[0]
    assert re.findall(r"<a [^>]*>([^<]*)</a>", section) == names
    seen, folded = section.split("<details")
    assert seen.count("<li>") == 20
    assert folded.count("<li>") == 130
    assert ">Show all 150<" in folded
    assert page.count('<meta name="DC.subject"') == 150
    assert all(name in page.split('name="citation_keywords" content="')[1].split('"')[0] for name in names)


def test_of_many_values_of_a_fact_the_rest_unfolds_too(client):
    names = [f"Editor {number}" for number in range(40)]
    item = factories.item(metadata=md(dc_title="Owls", dc_subject=["a"] * 20, dc_contributor_editor=names))
    page = client.get(f"/items/{item.pk}").content.decode()
    assert page.count("<details") == 1
    facts = page.split('class="facts"')[1]
    assert re.findall(r"Editor \d+", facts) == names
    assert re.findall(r"Editor \d+", facts.split("<details")[1]) == names[20:]
