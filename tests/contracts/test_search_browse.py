"""What every adapter of the search port must do: browse lists. A new adapter joins ADAPTERS."""

import base64

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from repository import changes
from repository.authorize import ANONYMOUS
from repository.models import Item
from search.backend import Browse, BrowseIndex, Sort
from tests import factories
from tests.contracts.search_helpers import add, found, index, listed, titles, values
from tests.factories import NOW, md

pytestmark = pytest.mark.django_db


class TestBrowse:
    def test_values_stand_in_the_order_of_a_catalogue_with_their_counts(self, engine, shelf):
        add(shelf, "One", dc_contributor_author=["Zola", "Ångström"], dc_contributor_editor="Abel")
        add(shelf, "Two", dc_contributor_author="zola", dc_creator="Anders")
        index()
        assert values(engine, BrowseIndex.AUTHOR) == [("Abel", 1), ("Anders", 1), ("Ångström", 1), ("Zola", 2)]

    def test_a_corrected_spelling_is_shown_at_once(self, engine, shelf):
        item = add(shelf, "One", dc_subject="owls")
        index()
        Item.objects.filter(id=item.id).update(metadata=md(dc_title="One", dc_subject="Owls"))
        changes.mark([item.id], now=NOW)
        index()
        assert values(engine, BrowseIndex.SUBJECT) == [("Owls", 1)]

    def test_the_items_of_one_value(self, engine, shelf):
        add(shelf, "Two", dc_contributor_editor="Abel", dc_date_issued="2001")
        add(shelf, "One", dc_contributor_author="Abel", dc_date_issued="2002")
        add(shelf, "Three", dc_contributor_author="Abe")
        index()
        assert listed(engine, BrowseIndex.AUTHOR, value="abel") == ["One", "Two"]
        assert listed(engine, BrowseIndex.AUTHOR, value="Abel", sort=Sort.DATE_ISSUED) == ["Two", "One"]
        assert listed(engine, BrowseIndex.AUTHOR, value="nobody") == []

    def test_pages_lead_forth_and_back_without_loss(self, engine, shelf):
        for letter in "abcdefg":
            add(shelf, letter, dc_subject=letter)
        index()
        for kind in ("items", "values"):
            forth, back, position = [], [], ""
            while True:
                page, shown = self._page(engine, kind, position)
                forth.append(shown)
                if not page.next:
                    break
                position = page.next
            while page.previous:
                page, shown = self._page(engine, kind, page.previous)
                back.append(shown)
            assert forth == [list("abc"), list("def"), ["g"]]
            assert back == [list("def"), list("abc")]

    def _page(self, engine, kind, position):
        if kind == "items":
            page = engine.browse_items(Browse(ANONYMOUS, BrowseIndex.TITLE, position=position, size=3))
            return page, titles(page)
        page = engine.browse_values(Browse(ANONYMOUS, BrowseIndex.SUBJECT, position=position, size=3))
        return page, [v.value for v in page.values]

    def test_jump_to_a_letter_or_a_year(self, engine, shelf):
        for year, title in [(2001, "Alpha"), (2002, "The Ärmel"), (2003, "Beta")]:
            add(shelf, title, dc_date_issued=str(year), dc_subject=title)
        index()
        assert listed(engine, BrowseIndex.TITLE, starts_with="Ar") == ["The Ärmel", "Beta"]
        assert listed(engine, BrowseIndex.DATE_ISSUED, starts_with="2002") == ["The Ärmel", "Beta"]
        assert listed(engine, BrowseIndex.DATE_ISSUED, starts_with="2002", descending=True) == ["The Ärmel", "Alpha"]
        assert values(engine, BrowseIndex.SUBJECT, starts_with="b") == [("Beta", 1), ("The Ärmel", 1)]
        jumped = engine.browse_items(Browse(ANONYMOUS, BrowseIndex.TITLE, starts_with="b"))
        assert titles(jumped) == ["Beta"]
        assert jumped.previous

    def test_dates_list_only_what_has_one(self, engine, shelf):
        add(shelf, "Dated", dc_date_issued="2001")
        add(shelf, "Undated")
        index()
        page = engine.browse_items(Browse(ANONYMOUS, BrowseIndex.DATE_ISSUED))
        assert (titles(page), page.total) == (["Dated"], 1)

    def test_a_position_of_brackets_within_brackets_begins_the_list(self, engine, shelf):
        add(shelf, "Owls")
        index()
        position = base64.urlsafe_b64encode(b"[" * 1500).decode()
        assert listed(engine, BrowseIndex.TITLE, position=position) == ["Owls"]

    @given(st.text(), st.text(), st.sampled_from(BrowseIndex), st.booleans())
    @settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_no_position_or_jump_is_an_error(self, engine, position, starts_with, name, descending):
        browse = Browse(
            ANONYMOUS, name, position=position, starts_with=starts_with, value=starts_with, descending=descending
        )
        engine.browse_items(browse)
        engine.browse_values(browse)

    def test_scope_is_a_collection_or_everything_below_a_community(self, engine):
        top = factories.community("Top")
        sub = factories.community("Sub", parent=top)
        deep, other = factories.collection("Deep", within=sub), factories.collection("Other")
        add(deep, "Deep one", dc_subject="x")
        factories.item(within=other, also_in=(deep,), metadata=md(dc_title="Mapped", dc_subject="x"))
        add(other, "Elsewhere", dc_subject="x")
        index()
        for scope in (top.id, sub.id, deep.id):
            assert set(found(engine, scope=scope)) == {"Deep one", "Mapped"}
            assert set(listed(engine, BrowseIndex.TITLE, scope=scope)) == {"Deep one", "Mapped"}
            assert values(engine, BrowseIndex.SUBJECT, scope=scope) == [("x", 2)]
        assert values(engine, BrowseIndex.SUBJECT) == [("x", 3)]
