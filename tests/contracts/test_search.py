"""What every adapter of the search port must do (what is found, pages, filters, facets). A new one joins ADAPTERS."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from repository import changes
from repository.authorize import ANONYMOUS
from repository.models import Item
from search import backend as port
from search.backend import BrowseIndex, FacetRequest, Field, Filter, Op, Query, Sort
from tests import factories
from tests.contracts.search_helpers import add, found, index, listed, titles, values
from tests.factories import NOW, md

pytestmark = pytest.mark.django_db


class TestWhatIsFound:
    @pytest.mark.parametrize(
        "text",
        [
            "owls",
            "OWLS",
            "owls night",
            '"barn owls"',
            "ow*",
            "title:owls",
            "author:ørsted",
            "author:orsted",
            'author:"Ørsted, Åse"',
            "subject:birds",
            "nocturnal",
            "year:2024",
            "owls -daylight",
            "daylight OR owls",
            "10.5072/owl.7",
        ],
    )
    def test_an_item_is_found_by(self, engine, shelf, text):
        add(
            shelf,
            "Barn owls at night",
            dc_contributor_author="Ørsted, Åse",
            dc_subject="Birds",
            dc_description_abstract="Nocturnal habits.",
            dc_date_issued="2024-05",
            dc_identifier_doi="10.5072/owl.7",
        )
        index()
        assert found(engine, text) == ["Barn owls at night"]

    @pytest.mark.parametrize(
        "text",
        [
            '"owls barn"',
            "owls daylight",
            "-owls",
            "title:nocturnal",
            "author:owls",
            "year:2023",
            "bar",
            '"night Ørsted"',
        ],
    )
    def test_an_item_is_not_found_by(self, engine, shelf, text):
        add(shelf, "Barn owls at night", dc_contributor_author="Ørsted, Åse", dc_description_abstract="Nocturnal.")
        index()
        assert found(engine, text) == []

    @pytest.mark.parametrize(
        ("title", "text"),
        [
            ("北京大学图书馆的历史", "图书馆"),
            ("北京大学图书馆的历史", "史"),
            ("北京大学图书馆的历史", "图"),
            ("東京の図書館について", "図書館"),
            ("한국어 도서관", "도서관"),
            ("한국어 도서관에서", "도서관"),
            ("Python入門", "python"),
            ("Python入門", "Python入門"),
            ("हिन्दी साहित्य", "हिन्दी"),
            ("Русская литература", "РУССКАЯ"),
            ("Straße nach Łódź", "strasse lodz"),
            ("Çatalhöyük", "catalhoyuk"),
            ("Çatalhöyük", "ÇATALHÖYÜK"),
        ],
    )
    def test_every_script_is_searched(self, engine, shelf, title, text):
        add(shelf, title)
        add(shelf, "Something else")
        index()
        assert found(engine, text) == [title]

    def test_a_handle_finds_its_item(self, engine, shelf):
        item = add(shelf, "Owls")
        add(shelf, "Bats")
        index()
        handle = item.md.first("dc.identifier.uri").split("/handle/")[-1]
        assert found(engine, handle) == ["Owls"]

    def test_a_word_in_the_title_counts_more_than_one_in_the_abstract(self, engine, shelf):
        add(shelf, "Bats", dc_description_abstract="They hunt where owls hunt.")
        add(shelf, "Owls", dc_description_abstract="They hunt at night.")
        index()
        assert found(engine, "owls") == ["Owls", "Bats"]
        assert found(engine, "owls", sort=Sort.RELEVANCE, descending=False) == ["Owls", "Bats"]

    def test_hidden_fields_and_provenance_are_not_searched(self, engine, shelf, settings, monkeypatch):
        monkeypatch.setattr("search.indexing.is_hidden", lambda field: field == "dc.description")
        add(shelf, "Owls", dc_description="secret", dc_description_provenance="Submitted by Xavier")
        index()
        assert found(engine, "secret") == found(engine, "Xavier") == found(engine, "Submitted") == []

    def test_a_change_replaces_what_was_found_before(self, engine, shelf):
        item = add(shelf, "Owls", dc_subject="Birds")
        index()
        Item.objects.filter(id=item.id).update(metadata=md(dc_title="Bats", dc_subject="Mammals"))
        changes.mark([item.id], now=NOW)
        index()
        assert (found(engine, "owls"), found(engine, "bats")) == ([], ["Bats"])
        engine.maintain()
        assert values(engine, BrowseIndex.SUBJECT) == [("Mammals", 1)]

    @given(st.text(st.sampled_from("ab \"-:*()'\\&|!<>\0[]{}~^図é\U0001f600\u0301\ud800 year:title:OR")))
    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_no_text_is_an_error(self, engine, text):
        engine.search(Query(actor=ANONYMOUS, text=text, facets=port.DEFAULT_FACETS))

    @given(st.sampled_from(Field), st.sampled_from(Op), st.text())
    @settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_no_filter_is_an_error(self, engine, field, op, value):
        engine.search(
            Query(actor=ANONYMOUS, filters=(Filter(field, op, value),), facets=(FacetRequest(field, prefix=value),))
        )


class TestPages:
    def test_sorted_by_title_accents_and_articles_are_ignored(self, engine, shelf):
        for title in ["Zebra", "The Apple", "Äpfel", "apricot", "Über", "Item 10", "Item 9"]:
            add(shelf, title)
        index()
        expected = ["Äpfel", "The Apple", "apricot", "Item 9", "Item 10", "Über", "Zebra"]
        assert found(engine, sort=Sort.TITLE, descending=False) == expected
        assert listed(engine, BrowseIndex.TITLE) == expected

    def test_sorted_by_date(self, engine, shelf):
        for issued in ["2010", "2010-05", "1999-12-31", "not a date"]:
            add(shelf, issued, dc_date_issued=issued)
        index()
        assert found(engine, sort=Sort.DATE_ISSUED) == ["2010-05", "2010", "1999-12-31", "not a date"]

    def test_without_text_the_latest_comes_first(self, engine, shelf):
        for day in (1, 3, 2):
            factories.item(within=shelf, metadata=md(dc_title=f"Day {day}"), now=NOW.replace(day=day))
        changes.run_all("search", now=lambda: NOW.replace(day=4))
        assert found(engine) == ["Day 3", "Day 2", "Day 1"]

    def test_pages_cover_everything_once(self, engine, shelf):
        for number in range(7):
            add(shelf, f"Owl {number}")
        index()
        pages = [engine.search(Query(ANONYMOUS, "owl", page=page, size=3)) for page in (1, 2, 3, 4)]
        assert sorted(title for page in pages for title in titles(page)) == [f"Owl {n}" for n in range(7)]
        assert [(p.total, p.pages, p.first_number, p.too_deep) for p in pages] == [
            (7, 3, 1, False),
            (7, 3, 4, False),
            (7, 3, 7, False),
            (7, 3, 0, False),
        ]

    def test_a_page_beyond_the_limit_says_so(self, engine, shelf):
        add(shelf, "Owls")
        index()
        result = engine.search(Query(ANONYMOUS, page=10**9, size=10))
        assert (result.too_deep, result.hits, result.total) == (True, (), 1)

    @pytest.mark.parametrize(("page", "size"), [(0, 0), (-5, -5), (1, 10**9)])
    def test_absurd_pages_are_made_sensible(self, engine, shelf, page, size):
        add(shelf, "Owls")
        index()
        assert len(engine.search(Query(ANONYMOUS, page=page, size=size)).hits) == 1


class TestFiltersAndFacets:
    @pytest.fixture
    def owls(self, engine, shelf):
        add(
            shelf,
            "The Owl",
            dc_contributor_author=["Ørsted, Åse", "Doe, Jane"],
            dc_subject="Birds",
            dc_date_issued="2009-01",
        )
        add(
            shelf,
            "A Bat",
            dc_contributor_author="Doe, Jane",
            dc_subject=["Mammals", "Birds"],
            dc_date_issued="2010-05-06",
        )
        factories.item(within=shelf, metadata=md(dc_title="Cat", dc_subject="mammals"), files=[factories.new_file()])
        index()
        return engine

    @pytest.mark.parametrize(
        ("field", "op", "value", "expected"),
        [
            (Field.AUTHOR, Op.EQUALS, "doe, JANE", {"The Owl", "A Bat"}),
            (Field.AUTHOR, Op.EQUALS, "doe", set()),
            (Field.AUTHOR, Op.NOT_EQUALS, "Ørsted, Åse", {"A Bat", "Cat"}),
            (Field.AUTHOR, Op.CONTAINS, "orsted", {"The Owl"}),
            (Field.AUTHOR, Op.NOT_CONTAINS, "jane", {"Cat"}),
            (Field.SUBJECT, Op.EQUALS, "Mammals", {"A Bat", "Cat"}),
            (Field.TITLE, Op.EQUALS, "the owl", {"The Owl"}),
            (Field.TITLE, Op.EQUALS, "owl", {"The Owl"}),
            (Field.TITLE, Op.CONTAINS, "cat", {"Cat"}),
            (Field.TITLE, Op.CONTAINS, "", set()),
            (Field.DATE_ISSUED, Op.EQUALS, "2010", {"A Bat"}),
            (Field.DATE_ISSUED, Op.EQUALS, "2010-05", {"A Bat"}),
            (Field.DATE_ISSUED, Op.EQUALS, "2010-06", set()),
            (Field.DATE_ISSUED, Op.EQUALS, "[2000 TO 2009]", {"The Owl"}),
            (Field.DATE_ISSUED, Op.EQUALS, "[2010 TO *]", {"A Bat"}),
            (Field.DATE_ISSUED, Op.NOT_EQUALS, "2010", {"The Owl", "Cat"}),
            (Field.DATE_ISSUED, Op.EQUALS, "soon", set()),
            (Field.HAS_FILE, Op.EQUALS, "true", {"Cat"}),
            (Field.HAS_FILE, Op.EQUALS, "false", {"The Owl", "A Bat"}),
        ],
    )
    def test_filter(self, owls, field, op, value, expected):
        assert set(found(owls, filters=(Filter(field, op, value),))) == expected

    def test_filters_join_with_the_text(self, owls):
        filters = (Filter(Field.SUBJECT, Op.EQUALS, "Birds"), Filter(Field.AUTHOR, Op.EQUALS, "Doe, Jane"))
        assert found(owls, "bat", filters=filters) == ["A Bat"]

    def test_facets_count_all_results_and_not_the_page(self, owls):
        result = owls.search(Query(ANONYMOUS, size=1, facets=port.DEFAULT_FACETS))
        counted = {facet.field: [(v.label, v.count) for v in facet.values] for facet in result.facets}
        assert counted == {
            Field.AUTHOR: [("Doe, Jane", 2), ("Ørsted, Åse", 1)],
            Field.SUBJECT: [("Birds", 2), ("Mammals", 2)],
            Field.DATE_ISSUED: [("2010", 1), ("2009", 1)],
            Field.HAS_FILE: [("true", 1), ("false", 2)],
        }

    def test_each_facet_value_leads_to_as_many_results_as_it_says(self, owls):
        for facet in owls.search(Query(ANONYMOUS, facets=port.DEFAULT_FACETS)).facets:
            for value in facet.values:
                filters = (Filter(facet.field, Op.EQUALS, value.value),)
                assert owls.search(Query(ANONYMOUS, filters=filters)).total == value.count, value

    def test_a_facet_has_pages_and_a_prefix(self, engine, shelf):
        for number, name in enumerate(["Ånd", "Abel", "Bach", "Cage"]):
            for _ in range(4 - number):
                add(shelf, "X", dc_contributor_author=name)
        index()

        def author(**kwargs):
            (facet,) = engine.search(Query(ANONYMOUS, facets=(FacetRequest(Field.AUTHOR, **kwargs),))).facets
            return [v.value for v in facet.values], facet.more

        assert author(limit=2) == (["Ånd", "Abel"], True)
        assert author(limit=2, offset=2) == (["Bach", "Cage"], False)
        assert author(prefix="a") == (["Ånd", "Abel"], False)

    def test_of_equally_frequent_values_a_facet_shows_the_first_in_the_alphabet(self, engine, shelf):
        for name in ("Dora", "Bert", "Cleo", "Åsa"):
            add(shelf, "X", dc_contributor_author=name)
        add(shelf, "X", dc_contributor_author="Zoë")
        add(shelf, "X", dc_contributor_author="Zoë")
        index()

        def author(limit, offset=0):
            facets = (FacetRequest(Field.AUTHOR, limit=limit, offset=offset),)
            (facet,) = engine.search(Query(ANONYMOUS, facets=facets)).facets
            return [v.value for v in facet.values], facet.more

        assert author(3) == (["Zoë", "Åsa", "Bert"], True)
        assert author(3, offset=3) == (["Cleo", "Dora"], False)

    def test_many_years_become_ranges_that_can_be_drilled_down(self, engine, shelf):
        for year in range(1985, 2005):
            add(shelf, str(year), dc_date_issued=str(year))
        index()

        def ranges(*filters):
            facets = (FacetRequest(Field.DATE_ISSUED, limit=10),)
            (facet,) = engine.search(Query(ANONYMOUS, filters=filters, facets=facets)).facets
            return [(v.value, v.count) for v in facet.values]

        assert ranges()[:2] == [("[2000 TO 2004]", 5), ("[1995 TO 1999]", 5)]
        assert ranges(Filter(Field.DATE_ISSUED, Op.EQUALS, "[2000 TO 2004]"))[0] == ("2004", 1)
