"""From changes to documents, whole passes, and the command."""

from datetime import date, timedelta
from functools import partial
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from identifiers.services import handle_of
from repository import changes
from repository.authorize import ANONYMOUS, SYSTEM
from repository.constants import ANONYMOUS_GROUP, Action
from repository.models import Item, Mark
from repository.services import items, policies
from search import indexing, reindexing
from search.backend import DEFAULT_FACETS, Browse, BrowseIndex, Query, get_backend
from search.models import Entry
from tests import factories
from tests.factories import NOW, md

pytestmark = pytest.mark.django_db


def add(shelf, count):
    made = []
    for number in range(count):
        fields = md(
            dc_title=f"Owl {number}", dc_contributor_author=f"Author {number}", dc_subject=["Birds", f"S{number}"]
        )
        made.append(factories.item(within=shelf, metadata=fields, files=[factories.new_file()]))
    return made


def index(now=NOW):
    return changes.run_all("search", now=lambda: now)


def statements(function):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        function()
    return len(captured)


def test_a_batch_takes_as_many_statements_as_one_item():
    made = [item.id for item in add(factories.collection(), 12)]
    single = statements(lambda: indexing.apply_changes(made[:1], NOW))
    assert statements(lambda: indexing.apply_changes(made[1:], NOW)) <= single
    assert single <= 17


def test_a_search_takes_two_statements_however_many_hits():
    shelf = factories.collection()
    add(shelf, 2)
    index()
    query = Query(ANONYMOUS, "owl", scope=shelf.id, facets=DEFAULT_FACETS, size=50)
    few = statements(lambda: get_backend().search(query))
    add(shelf, 10)
    index()
    assert get_backend().search(query).total == 12
    assert few == statements(lambda: get_backend().search(query)) == 2


def test_a_search_without_hits_takes_three_statements_more_for_a_suggestion():
    add(factories.collection(), 1)
    index()
    assert statements(lambda: get_backend().search(Query(ANONYMOUS, "auther"))) <= 5


@pytest.mark.parametrize("name", BrowseIndex)
def test_a_browse_page_takes_few_statements_however_long_it_is(name):
    shelf = factories.collection()
    backend, browse = get_backend(), Browse(ANONYMOUS, name, size=50)
    pages = [partial(backend.browse_items, browse), partial(backend.browse_values, browse)]
    counts = []
    for count in (2, 10):
        add(shelf, count)
        index()
        counts.append([statements(page) for page in pages])
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 3


def test_an_embargo_ends_on_its_day_without_anybody_doing_anything():
    item = factories.item()
    opens = policies.PolicySpec(Action.READ, group_id=ANONYMOUS_GROUP, start_date=date(2026, 6, 1))
    policies.replace_policies(acting_user=SYSTEM, obj=item, action=Action.READ, specs=[opens], now=NOW)
    index()
    assert not Entry.objects.get(item_id=item.id).is_public
    index(now=NOW.replace(month=5, day=31))
    assert not Entry.objects.get(item_id=item.id).is_public
    index(now=NOW.replace(month=6, day=1))
    assert Entry.objects.get(item_id=item.id).is_public


def test_the_differences_between_index_and_repository_are_found_from_both_sides(monkeypatch):
    monkeypatch.setattr(reindexing, "_BATCH", 2)
    made = add(factories.collection(), 7)
    index()
    assert list(reindexing.differences()) == []
    hidden, lost = made[0], made[1:4]
    Item.objects.filter(id=hidden.id).update(discoverable=False)
    Entry.objects.filter(item_id__in=[item.id for item in lost]).delete()
    found = set().union(*reindexing.differences())
    assert found == {hidden.id, *(item.id for item in lost)}
    Entry.objects.all().delete()
    assert set().union(*reindexing.differences()) == {item.id for item in made[1:]}


def run(*arguments):
    out = StringIO()
    call_command("index_discovery", *arguments, stdout=out)
    return out.getvalue()


def total():
    return get_backend().search(Query(SYSTEM)).total


class TestCommand:
    @pytest.fixture
    def made(self):
        made = add(factories.collection("Shelf"), 3)
        Mark.objects.all().delete()
        return made

    def test_without_options_it_works_off_marks_and_adds_what_is_missing(self, made):
        changes.mark([made[0].id], now=NOW)
        assert "Indexing: 1 item" in run()
        assert total() == 3

    @pytest.mark.parametrize("options", [["-b"], ["-f"], ["-b", "-c", "-f", "-s"]])
    def test_everything_is_indexed_and_leftovers_go(self, made, options):
        run("-b")
        gone = made[0]
        Item.objects.filter(id=gone.id).update(discoverable=False, metadata=md(dc_title="Bat"))
        Item.objects.filter(id=made[1].id).update(metadata=md(dc_title="Changed"))
        assert ": 3 items" in run(*options)
        assert [hit.item.id for hit in get_backend().search(Query(SYSTEM, "changed")).hits] == [made[1].id]
        assert total() == 2

    @pytest.mark.parametrize("option", ["-o", "-s"])
    def test_tidying_up_indexes_nothing(self, made, option):
        assert run(option) == ""
        assert total() == 0

    def test_clean_removes_what_should_not_be_there(self, made):
        run("-b")
        Item.objects.filter(id=made[0].id).delete()
        Mark.objects.all().delete()
        assert "Cleaning: 1 item" in run("-c")
        assert total() == 2

    def test_what_fails_is_named_and_the_others_go_on(self, made, monkeypatch):
        build = indexing.build

        def fails_for_one(source, hidden):
            if source.item_id == made[1].id:
                raise ValueError("odd metadata")
            return build(source, hidden)

        monkeypatch.setattr(indexing, "build", fails_for_one)
        err = StringIO()
        call_command("index_discovery", "-b", stdout=StringIO(), stderr=err)
        assert f"{made[1].id} could not be indexed" in err.getvalue()
        assert "odd metadata" in err.getvalue()
        assert total() == 2

    @pytest.mark.parametrize("name", ["item", "collection", "community", "uuid"])
    def test_one_object_and_what_is_in_it(self, made, name):
        shelf = made[0].owning_collection
        obj = {"item": made[0], "collection": shelf, "community": shelf.community, "uuid": made[0]}[name]
        run("-i", str(obj.id) if name == "uuid" else handle_of(obj.id))
        assert total() == (1 if obj is made[0] else 3)
        run("-r", handle_of(obj.id))
        assert total() == 0

    def test_an_expunged_items_handle_still_cleans_up(self, made):
        run("-b")
        handle = handle_of(made[0].id)
        items.expunge(acting_user=SYSTEM, item=made[0], now=NOW)
        Mark.objects.all().delete()
        run("-i", handle)
        assert total() == 2

    @pytest.mark.parametrize("name", ["123456789/999", "nonsense", "00000000-0000-0000-0000-000000000000", "\0"])
    def test_an_unknown_object_is_one_clear_line(self, name):
        with pytest.raises(CommandError, match="UUID"):
            run("-i", name)


def test_a_pass_over_the_index_troubles_no_other_consumer():
    shelf = factories.collection()
    [item, _] = add(shelf, 2)
    index()
    Entry.objects.filter(item_id=item.pk).delete()
    Mark.objects.all().delete()
    reindexing.mark_everything(NOW)
    reindexing.mark_differences(NOW)
    for named in (item, shelf, shelf.community):
        reindexing.mark_object(str(named.pk), NOW)
    assert set(Mark.objects.values_list("consumer", flat=True)) == {"search"}
    assert Mark.objects.count() == 2 + 1 + 1 + 2 + 2


def test_marks_due_later_wait():
    shelf = factories.collection()
    add(shelf, 1)
    changes.mark([i.id for i in Item.objects.all()], now=NOW, due=NOW + timedelta(days=1))
    assert reindexing.outstanding(NOW) == 1
