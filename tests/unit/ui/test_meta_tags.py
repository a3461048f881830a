"""What search engines and reference managers read in the head of an item's page."""

import re

import pytest

from repository.metadata import Metadata
from tests import factories
from tests.factories import md
from ui import meta_tags, records
from ui.templatetags.records import clean_html, day, link, soft

pytestmark = pytest.mark.django_db


def tags(client, item) -> dict[str, list[str]]:
    from identifiers import services as identifiers

    text = client.get(f"/handle/{identifiers.handle_of(item.pk)}").content.decode()
    found: dict[str, list[str]] = {}
    for name, content in re.findall(r'<meta name="([^"]+)" content="([^"]*)"', text):
        found.setdefault(name, []).append(content)
    return found


def test_an_article_carries_its_citation(client):
    metadata = md(
        dc_title="Owls & others",
        dc_contributor_author=["Ørsted, Åse", "李, 明"],
        dc_date_issued="2024-05-17",
        dc_publisher="Owl Press",
        dc_language_iso="en",
        dc_subject=["owls", "night"],
        dc_type="Article",
        dc_identifier_issn="1234-5678",
    )
    files = [factories.new_file("notes.txt"), factories.new_file("paper.pdf", b"%PDF-1.4")]
    found = tags(client, factories.item(metadata=metadata, files=files))
    assert found["citation_title"] == ["Owls &amp; others"]
    assert found["citation_author"] == ["Ørsted, Åse", "李, 明"]
    assert found["citation_date"] == ["2024/05/17"]
    assert found["citation_publisher"] == ["Owl Press"]
    assert found["citation_keywords"] == ["owls; night; Article"]
    assert found["citation_issn"] == ["1234-5678"]
    assert found["citation_pdf_url"][0].endswith("/2/paper.pdf")
    assert found["citation_pdf_url"][0].startswith("http")
    assert found["DC.creator"] == ["Ørsted, Åse", "李, 明"]
    assert found["DCTERMS.issued"] == ["2024-05-17"]
    assert not any("provenance" in name.lower() for name in found)


def test_a_thesis_names_its_institution_not_a_publisher():
    found = {
        t.name for t in meta_tags.citation(Metadata(md(dc_title="T", dc_type="Thesis", dc_publisher="U")), "/", [])
    }
    assert "citation_dissertation_institution" in found
    assert "citation_publisher" not in found


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"dc_title": "Owls", "dc_contributor_author": ["A, B", "C, D"], "dc_date_issued": "2024-05"},
            "A, B; C, D (2024). Owls.",
        ),
        ({"dc_title": "Owls.", "dc_publisher": "Press"}, "Owls. Press."),
        ({"dc_identifier_citation": "A. Given: Owls (2024).", "dc_title": "Owls"}, "A. Given: Owls (2024)."),
        (
            {"dc_identifier_citation": "Owl Letters 5(49), 118", "dc_title": "On birds"},
            "On birds. Owl Letters 5(49), 118.",
        ),
        ({"dc_title": "Owls", "dc_date_issued": "2024"}, "Owls (2024)."),
    ],
)
def test_citations(fields, expected):
    assert records.citation(Metadata(md(**fields))) == expected


def test_dates_are_written_as_people_do_and_for_machines_beside():
    assert [day(d) for d in ("2024", "2024-03", "2024-03-01T10:00:00Z", "0850-00-00", "about <1900>")] == [
        '<time datetime="2024">2024</time>',
        '<time datetime="2024-03">March 2024</time>',
        '<time datetime="2024-03-01">1 March 2024</time>',
        '<time datetime="0850">850</time>',
        "about <1900>",
    ]


def test_an_items_date_has_one_form_wherever_it_stands(client):
    item = factories.item(metadata=md(dc_title="Owls", dc_date_issued="2024-05-17"))
    text = client.get(f"/items/{item.pk}").content.decode()
    written = '<time datetime="2024-05-17">17 May 2024</time>'
    assert text.count(written) == 2
    assert ">2024-05-17<" not in text
    assert written in client.get("/").content.decode()


def test_only_whole_web_addresses_and_dois_become_links():
    assert link("https://example.org/a?b=c") == "https://example.org/a?b=c"
    assert link("doi:10.1234/abc") == "https://doi.org/10.1234/abc"
    assert link("javascript:alert(1)") == ""
    assert link("see https://example.org") == ""


def test_plain_intro_texts_keep_their_paragraphs():
    picture = '<img src="http://elsewhere.example/x.png" alt="a bar"><img src="/static/y.png">'
    assert clean_html(picture) == '<img alt="a bar"><img src="/static/y.png">'
    assert clean_html("One & two\n\nThree") == "<p>One &amp; two</p><p>Three</p>"


def test_addresses_break_after_slashes_but_keep_a_handle_whole():
    assert soft("https://x.org/handle/1/2?a=<b>") == "https://x.org/<wbr>handle/<wbr>1/2?a=&lt;b&gt;"
