"""From metadata to a document, and its pure helpers."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from repository.hiding import is_hidden
from repository.metadata import Metadata
from search.backend import FacetValue, Fragment
from search.documents import Source, build
from search.highlight import highlights, snippets
from search.query import parse
from search.years import year_ranges
from tests.factories import md

ITEM = UUID(int=1)


def document(hidden=(), **fields):
    source = Source(ITEM, md(**fields), datetime(2026, 1, 1, tzinfo=UTC), False, None, (), ())
    return build(source, lambda field: field in hidden)


def test_texts_have_the_weight_of_their_field():
    built = document(
        dc_description_abstract="D",
        dc_title="A",
        dc_title_alternative="A too",
        dc_contributor_author="B",
        dc_creator="B too",
        dc_subject_lcsh="C",
        dc_date_accessioned="never",
        dc_description_provenance="never",
    )
    assert built.texts == (("A", ("A", "A too")), ("B", ("B", "B too")), ("C", ("C",)), ("D", ("D",)))


def test_contributors_hold_the_authors_and_all_others_once():
    built = document(
        dc_contributor_author=["A", " A "], dc_contributor_editor="E", dc_creator="C", dc_subject=[" ", "S"]
    )
    assert (built.authors, built.contributors, built.subjects) == (("A", "C"), ("A", "E", "C"), ("S",))


def test_hidden_fields_do_not_exist():
    built = document(hidden={"dc.contributor.author", "dc.title"}, dc_title="T", dc_contributor_author="A", dc_type="x")
    assert (built.texts, built.authors, built.title_key) == ((("D", ("x",)),), (), "")


@pytest.mark.parametrize(
    ("dates", "issued", "year"),
    [
        ("2010", "2010-00-00", 2010),
        ("2010-05", "2010-05-00", 2010),
        (["soon", "1999-12-31T00:00:00Z"], "1999-12-31", 1999),
        ("soon", "", None),
    ],
)
def test_the_first_date_that_can_be_read_counts(dates, issued, year):
    built = document(dc_date_issued=dates)
    assert (built.issued, built.year) == (issued, year)


@pytest.mark.parametrize(
    ("keys", "field", "hidden"),
    [
        ({"metadata.hide.dc.description.provenance": "true"}, "dc.description.provenance", True),
        ({"metadata.hide.dc.description.provenance": "true"}, "dc.description", False),
        ({"metadata.hide.dc.description": "true"}, "dc.description", True),
        ({"metadata.hide.dc.description": "true"}, "dc.description.abstract", False),
        ({"metadata.hide.dc.description": "false"}, "dc.description", False),
    ],
)
def test_configuration_says_what_is_hidden(settings, keys, field, hidden):
    class Configuration:
        def bool(self, key, default=False):
            return keys.get(key, "") == "true"

    settings.DSPACE = Configuration()
    assert is_hidden(field) is hidden


@pytest.mark.parametrize(
    ("years", "limit", "expected"),
    [
        ({}, 10, []),
        ({2001: 2, 2003: 1}, 10, [("2003", 1), ("2001", 2)]),
        ({1999: 1, 2001: 2, 2009: 3}, 2, [("[2000 TO 2009]", 5), ("[1990 TO 1999]", 1)]),
        ({1: 1, 2000: 1}, 1, [("[0 TO 9999]", 2)]),
    ],
)
def test_years_or_ranges(years, limit, expected):
    assert [(v.value, v.count) for v in year_ranges(years, limit)] == expected


def test_a_range_is_labelled_with_a_dash():
    assert year_ranges({2001: 1, 2011: 1, 2021: 1}, 2)[0] == FacetValue("[2020 TO 2039]", "2020 – 2039", 1)


def marked(text, query):
    found = highlights(Metadata(md(dc_title=text)), parse(query)).get("dc.title", ((),))[0]
    return "".join(f"[{f.text}]" if f.marked else f.text for f in found)


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("The Barn Owl", "owl", "The Barn [Owl]"),
        ("The Barn Owl", "ow*", "The Barn [Owl]"),
        ("The Barn Owl", '"barn owl"', "The [Barn] [Owl]"),
        ("Owl and barn owl", '"barn owl"', "Owl and [barn] [owl]"),
        ("Über alles", "uber", "[Über] alles"),
        ("U\u0308ber alles", "uber", "[U\u0308ber] alles"),
        ("大学図書館の", "図書館", "大学[図書館]の"),
        ("大学図書館の", "図", "大学[図書]館の"),
        ("The Barn Owl", "author:owl", ""),
        ("The Barn Owl", "bat", ""),
    ],
)
def test_marks(text, query, expected):
    assert marked(text, query) == expected


def test_snippets_are_cut_at_blanks_around_what_matched():
    text = "word " * 200 + "owl " + "word " * 200 + "owl " + "word " * 200
    metadata = Metadata(md(dc_description_abstract=text))
    first, second = highlights(metadata, parse("owl"))["dc.description.abstract"]
    for snippet in (first, second):
        whole = "".join(f.text for f in snippet)
        assert len(whole) <= 250
        assert whole.startswith("word ")
        assert whole.endswith(" word")
        assert [f.text for f in snippet if f.marked] == ["owl"]


def test_a_match_at_the_end_of_a_snippet_is_whole():
    (snippet,) = snippets("owl", [(0, 3)])
    assert snippet == (Fragment("owl", True),)
