"""What every adapter of the search port must do: who may see what. A new adapter joins ADAPTERS."""

from datetime import date

import pytest

from repository.authorize import ANONYMOUS, SYSTEM, actor_for
from repository.constants import ANONYMOUS_GROUP, Action
from repository.models import Item
from repository.services import groups, items, policies
from search import backend as port
from search.backend import Browse, BrowseIndex, Field, Query
from tests import factories
from tests.contracts.search_helpers import add, found, index, listed, titles, values
from tests.factories import NOW, md

pytestmark = pytest.mark.django_db


class TestVisibility:
    """Everybody finds exactly what they may read, and no number tells of anything else."""

    @pytest.fixture
    def people(self, shelf):
        member, collection_admin, community_admin, mapped_admin = (factories.eperson() for _ in range(4))
        team = groups.create_group(acting_user=SYSTEM, name="Team", now=NOW)
        outer = groups.create_group(acting_user=SYSTEM, name="Outer", now=NOW)
        groups.add_member(acting_user=SYSTEM, group=team, eperson=member)
        groups.add_subgroup(acting_user=SYSTEM, group=outer, child=team)
        elsewhere = factories.collection("Elsewhere")
        self._grant(shelf, Action.ADMIN, eperson_id=collection_admin.pk)
        self._grant(shelf.community, Action.ADMIN, eperson_id=community_admin.pk)
        self._grant(elsewhere, Action.ADMIN, eperson_id=mapped_admin.pk)
        self._items(shelf, elsewhere, outer)
        index()
        return {
            "anonymous": ANONYMOUS,
            "stranger": actor_for(factories.eperson()),
            "member": actor_for(member),
            "collection admin": actor_for(collection_admin),
            "community admin": actor_for(community_admin),
            "mapped admin": actor_for(mapped_admin),
            "admin": actor_for(factories.administrator()),
            "system": SYSTEM,
        }

    def _grant(self, obj, action, **subject):
        policies.add_policy(acting_user=SYSTEM, obj=obj, spec=policies.PolicySpec(action, **subject), now=NOW)

    def _items(self, shelf, elsewhere, outer):
        read = {
            "public": [policies.ANONYMOUS_READ],
            "embargoed": [policies.PolicySpec(Action.READ, group_id=ANONYMOUS_GROUP, start_date=date(2999, 1, 1))],
            "expired": [policies.PolicySpec(Action.READ, group_id=ANONYMOUS_GROUP, end_date=date(2020, 1, 1))],
            "restricted": [policies.PolicySpec(Action.READ, group_id=outer.pk)],
            "private": [policies.ANONYMOUS_READ],
            "withdrawn": [policies.ANONYMOUS_READ],
        }
        for title, specs in read.items():
            fields = md(dc_title=title, dc_contributor_author="Common", dc_subject=f"of {title}", dc_date_issued="2001")
            item = factories.item(within=shelf, also_in=(elsewhere,), metadata=fields)
            policies.replace_policies(acting_user=SYSTEM, obj=item, action=Action.READ, specs=specs, now=NOW)
            if title == "private":
                items.set_discoverable(acting_user=SYSTEM, item=item, discoverable=False, now=NOW)
            if title == "withdrawn":
                items.withdraw(acting_user=SYSTEM, item=item, now=NOW)

    PUBLIC = {"public"}
    LISTED = {"public", "embargoed", "expired", "restricted"}
    SEES = {
        "anonymous": PUBLIC,
        "stranger": PUBLIC,
        "member": {"public", "restricted"},
        "collection admin": LISTED,
        "community admin": LISTED,
        "mapped admin": PUBLIC,
        "admin": LISTED,
        "system": LISTED,
    }

    @pytest.mark.parametrize("who", SEES)
    def test_matrix(self, engine, people, who, shelf):
        actor, expected = people[who], self.SEES[who]
        result = engine.search(Query(actor, "common", facets=port.DEFAULT_FACETS))
        assert (set(titles(result)), result.total) == (expected, len(expected))
        counts = {facet.field: {v.value: v.count for v in facet.values} for facet in result.facets}
        assert counts == {
            Field.AUTHOR: {"Common": len(expected)},
            Field.SUBJECT: {f"of {title}": 1 for title in expected},
            Field.DATE_ISSUED: {"2001": len(expected)},
            Field.HAS_FILE: {"false": len(expected)},
        }
        for scope in (None, shelf.id, shelf.community_id):
            page = engine.browse_items(Browse(actor, BrowseIndex.TITLE, scope=scope))
            assert (set(titles(page)), page.total) == (expected, len(expected))
            assert values(engine, BrowseIndex.AUTHOR, actor=actor, scope=scope) == [("Common", len(expected))]
            subjects = values(engine, BrowseIndex.SUBJECT, actor=actor, scope=scope)
            assert subjects == sorted((f"of {title}", 1) for title in expected)
        assert set(listed(engine, BrowseIndex.AUTHOR, actor=actor, value="Common")) == expected

    def test_suggestions_tell_nothing_of_hidden_items(self, engine, people):
        assert engine.search(Query(people["member"], "restrictad")).did_you_mean == "restricted"
        assert engine.search(Query(ANONYMOUS, "restrictad")).did_you_mean is None

    @pytest.mark.parametrize("typed", ["publik -restrictad", "publik OR restrictad"])
    def test_a_suggestion_never_holds_a_word_of_hidden_items_only(self, engine, people, typed):
        assert "restricted" in engine.search(Query(people["member"], typed)).did_you_mean
        assert "restricted" not in engine.search(Query(ANONYMOUS, typed)).did_you_mean

    def test_a_word_of_a_hidden_item_gets_the_suggestion_it_would_get_without_that_item(self, engine, people, shelf):
        add(shelf, "publik")
        hidden = Item.objects.get(metadata__contains=md(dc_title="publik"))
        policies.replace_policies(acting_user=SYSTEM, obj=hidden, action=Action.READ, specs=[], now=NOW)
        index()
        assert engine.search(Query(ANONYMOUS, "publik")).did_you_mean == "public"
        assert engine.search(Query(SYSTEM, "publik")).did_you_mean is None

    def test_a_hit_that_may_no_longer_be_read_is_left_out_before_the_index_knows(self, engine, people):
        (item,) = (hit.item for hit in engine.search(Query(ANONYMOUS, "common")).hits)
        policies.replace_policies(acting_user=SYSTEM, obj=item, action=Action.READ, specs=[], now=NOW)
        assert found(engine, "common") == []
        assert listed(engine, BrowseIndex.TITLE) == []

    def test_withdrawing_reinstating_and_expunging_are_followed(self, engine, shelf):
        item = add(shelf, "Owls")
        index()
        item = items.withdraw(acting_user=SYSTEM, item=item, now=NOW)
        index()
        assert engine.search(Query(SYSTEM, "owls")).total == 0
        item = items.reinstate(acting_user=SYSTEM, item=item, now=NOW)
        index()
        assert engine.search(Query(ANONYMOUS, "owls")).total == 1
        items.expunge(acting_user=SYSTEM, item=item, now=NOW)
        index()
        assert engine.search(Query(SYSTEM, "owls")).total == 0

    def test_a_moved_item_is_found_in_its_new_place(self, engine, shelf):
        item, other = add(shelf, "Owls"), factories.collection("Other")
        items.move_item(acting_user=SYSTEM, item=item, collection=other, now=NOW)
        index()
        assert (found(engine, scope=shelf.id), found(engine, scope=other.community_id)) == ([], ["Owls"])
