"""What every adapter of the search port must do: highlights, suggestions, upkeep. A new adapter joins ADAPTERS."""

import pytest

from repository.authorize import ANONYMOUS
from search.backend import BrowseIndex, Field, Filter, Fragment, Op, Query
from tests.contracts.search_helpers import add, found, index, values

pytestmark = pytest.mark.django_db


class TestHighlightsAndSuggestions:
    def test_matches_are_marked_in_title_authors_and_abstract(self, engine, shelf):
        add(
            shelf,
            "Über Eulen",
            dc_contributor_author=["Ørsted, Åse", "Doe, Jane"],
            dc_description_abstract="Eulen jagen nachts.",
        )
        index()
        (hit,) = engine.search(Query(ANONYMOUS, "uber eulen orsted")).hits
        assert hit.highlights == {
            "dc.title": ((Fragment("Über", True), Fragment(" "), Fragment("Eulen", True)),),
            "dc.contributor.author": ((Fragment("Ørsted", True), Fragment(", Åse")),),
            "dc.description.abstract": ((Fragment("Eulen", True), Fragment(" jagen nachts.")),),
        }

    def test_markup_in_metadata_stays_text(self, engine, shelf):
        add(shelf, "<b>Owls</b> & co")
        index()
        (hit,) = engine.search(Query(ANONYMOUS, "owls")).hits
        assert hit.highlights["dc.title"] == ((Fragment("<b>"), Fragment("Owls", True), Fragment("</b> & co")),)

    @pytest.mark.parametrize(
        ("typed", "meant"),
        [
            ("climete change", "climate change"),
            ("Klimate", "climate"),
            ('"climat change" -owl', '"climate change" -owl'),
        ],
    )
    def test_a_misspelt_word_is_suggested_rightly(self, engine, shelf, typed, meant):
        add(shelf, "Climate change", dc_subject="climate")
        index()
        assert engine.search(Query(ANONYMOUS, typed)).did_you_mean == meant

    def test_nothing_is_suggested_that_finds_nothing(self, engine, shelf):
        add(shelf, "Climate")
        index()
        filters = (Filter(Field.AUTHOR, Op.EQUALS, "Nobody"),)
        assert engine.search(Query(ANONYMOUS, "climete", filters=filters)).did_you_mean is None
        assert engine.search(Query(ANONYMOUS, "zzzzqqq")).did_you_mean is None
        assert engine.search(Query(ANONYMOUS, "climate")).did_you_mean is None


class TestUpkeep:
    def test_removed_items_are_no_longer_known(self, engine, shelf):
        owl, bat = add(shelf, "Owl"), add(shelf, "Bat")
        index()
        assert sorted(i for batch in engine.indexed_ids() for i in batch) == sorted([owl.id, bat.id])
        assert engine.remove([owl.id, shelf.id]) == 1
        assert list(engine.indexed_ids()) == [[bat.id]]
        assert found(engine, "owl") == []

    def test_tidying_up_leaves_what_is_used(self, engine, shelf):
        add(shelf, "Climate", dc_contributor_author="Abel", dc_contributor_editor="Bach", dc_subject="Weather")
        index()
        engine.maintain()
        assert values(engine, BrowseIndex.AUTHOR) == [("Abel", 1), ("Bach", 1)]
        assert values(engine, BrowseIndex.SUBJECT) == [("Weather", 1)]
        assert engine.search(Query(ANONYMOUS, "climite")).did_you_mean == "climate"
