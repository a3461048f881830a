"""What the verbs may expect of the store, whichever storage the lists come from: oai/store/port.py."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from identifiers.services import handle_of
from oai.models import Membership, Record, Rendered
from oai.store.port import Selection
from repository.authorize import SYSTEM
from repository.models import Item
from repository.services import items
from tests import factories as make
from tests.contracts.oai_store_helpers import OAI_DC, age, let_the_second_pass, publish, store, walk

pytestmark = pytest.mark.django_db


def handles(content):
    return [h.decode() for h in re.findall(rb"<identifier>oai:test.example.org:([^<]*)</identifier>", content)]


def spec(kind, obj):
    return f"{kind}_{handle_of(obj.pk).replace('/', '_')}"


@pytest.fixture
def five(storage):
    """Five records of two collections, published one minute after another, the last one first made."""
    first, second = make.collection("First"), make.collection("Second")
    made = [make.item(f"Item {n}", within=(first, second)[n % 2]) for n in range(5)]
    publish()
    for minutes, item in enumerate(made):
        stamps = Membership.objects.filter(record__item=item.pk)
        stamps.update(datestamp=stamps.first().datestamp - timedelta(minutes=minutes))
    age()
    storage()
    return list(reversed(made)), first, second


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6])
def test_pages_follow_each_other_in_the_order_of_datestamps(five, limit):
    order = [handle_of(item.pk) for item in five[0]]
    found = walk(store(), limit=limit)
    assert [handles(content) for content in found.content] == [order[n : n + limit] for n in range(0, 5, limit)]
    assert [page.number for page in found.pages] == [len(order[n : n + limit]) for n in range(0, 5, limit)]
    assert [page.more for page in found.pages] == [True] * (len(found.pages) - 1) + [False]
    assert found.pages[0].size == (5 if limit < 5 else None)
    assert all(page.size is None for page in found.pages[1:])


def test_the_place_of_a_page_is_that_of_its_last_record(five):
    rows = Membership.objects.filter(view="request", spec="").order_by("datestamp", "record")
    places = list(rows.values_list("datestamp", "record"))
    assert [page.last for page in walk(store(), limit=2).pages[:2]] == [places[1], places[3]]


def test_records_of_equal_datestamps_are_in_the_order_of_their_numbers(storage):
    home = make.collection()
    made = [make.item(f"Item {n}", within=home) for n in range(4)]
    publish()
    Membership.objects.update(datestamp=Membership.objects.first().datestamp)
    age()
    storage()
    numbers = (
        Membership.objects.filter(view="request", spec="").order_by("record").values_list("record__item", flat=True)
    )
    assert handles(walk(store(), limit=3).joined) == [handle_of(pk) for pk in numbers]
    assert len(made) == 4


def test_headers_and_records_agree(five):
    records, headers = walk(store()), walk(store(), metadata=False)
    assert handles(records.joined) == handles(headers.joined)
    assert b"<metadata>" in records.joined
    assert b"<metadata>" not in headers.joined


def test_a_set_lists_its_own_and_counts_them(five):
    made, first, second = five
    for home in (first, second):
        selection = Selection("oai_dc", spec("col", home))
        found = walk(store(), selection, limit=1)
        owned = [item for item in made if Item.objects.get(pk=item.pk).owning_collection_id == home.pk]
        assert handles(found.joined) == [handle_of(item.pk) for item in owned]
        assert found.pages[0].size == len(owned)


@pytest.mark.parametrize("name", ["col_1_999", "no such set", '"', "x) OR (*:*", "a\\", "{!term f=id}oai_state", "§"])
def test_a_set_that_is_none_lists_nothing(five, name):
    page = store().page(Selection("oai_dc", name), after=None, limit=2, metadata=True, count=True)
    assert (page.content, page.number, page.last, page.more) == ([], 0, None, False)


def test_from_and_until_are_inclusive(five):
    order = [handle_of(item.pk) for item in five[0]]
    rows = Membership.objects.filter(view="request", spec="").order_by("datestamp")
    stamps = list(rows.values_list("datestamp", flat=True))
    for a in range(5):
        for b in range(a, 5):
            found = walk(store(), Selection("oai_dc", None, stamps[a], stamps[b]))
            assert handles(found.joined) == order[a : b + 1]
            assert found.pages[0].size == (b - a + 1 if b - a > 1 else None)
    second = timedelta(seconds=1)
    assert handles(walk(store(), Selection("oai_dc", None, stamps[1] + second, None)).joined) == order[2:]
    assert handles(walk(store(), Selection("oai_dc", None, None, stamps[3] - second)).joined) == order[:3]


def test_dates_far_away_are_dates_like_others(five):
    far = timezone.now().replace(year=1, month=1, day=2), timezone.now().replace(year=9999, microsecond=999999)
    assert walk(store(), Selection("oai_dc", None, *far)).records == 5
    assert walk(store(), Selection("oai_dc", None, None, far[0])).records == 0
    assert walk(store(), Selection("oai_dc", None, far[1], None)).records == 0


def test_a_tombstone_stays_in_its_lists(five, storage):
    made, first, second = five
    items.withdraw(acting_user=SYSTEM, item=made[0], now=timezone.now())
    publish()
    age(2)
    storage()
    handle = handle_of(made[0].pk)
    home = Item.objects.get(pk=made[0].pk).owning_collection
    for selection in (OAI_DC, Selection("oai_dc", spec("col", home))):
        found = walk(store(), selection)
        assert handles(found.joined)[-1] == handle, "it is new"
        assert found.joined.count(b'status="deleted"') == 1
    other = second if home == first else first
    assert b"deleted" not in walk(store(), Selection("oai_dc", spec("col", other))).joined


def test_an_item_that_moves_leaves_a_tombstone_in_the_set_it_left(five, storage):
    made, first, second = five
    items.move_item(acting_user=SYSTEM, item=made[0], collection=first, now=timezone.now())
    items.move_item(acting_user=SYSTEM, item=Item.objects.get(pk=made[0].pk), collection=second, now=timezone.now())
    publish()
    age(2)
    storage()
    left = walk(store(), Selection("oai_dc", spec("col", first))).joined
    entered = walk(store(), Selection("oai_dc", spec("col", second))).joined
    assert (handle_of(made[0].pk) in handles(entered)) is True
    assert handle_of(made[0].pk) in handles(left)
    assert left.count(b'status="deleted"') == 1


def test_a_context_lists_what_its_filter_lets_through(storage):
    home = make.collection()
    article = make.md(
        dc_title="On owls",
        dc_contributor_author="Ørsted, Åse",
        dc_date_issued="2024-05-06",
        dc_language_iso="en_US",
        dc_type="article",
    )
    shown = make.item(within=home, metadata=article, files=[make.new_file()])
    make.item("No article", within=home)
    publish()
    age()
    storage()
    assert handles(walk(store("driver")).joined) == [handle_of(shown.pk)]
    assert handles(walk(store("driver"), Selection("oai_dc", "driver")).joined) == [handle_of(shown.pk)]
    assert walk(store()).records == 2
    assert b"info:eu-repo/semantics/article" in walk(store("driver")).joined


def test_what_was_just_published_is_listed_when_its_second_has_passed(five, storage):
    made, _, _ = five
    items.withdraw(acting_user=SYSTEM, item=made[4], now=timezone.now())
    publish()
    let_the_second_pass()
    storage()
    found = walk(store())
    assert found.records == 5
    assert handles(found.joined)[-1] == handle_of(made[4].pk)
    newest = Membership.objects.order_by("-datestamp").first().datestamp
    assert all(page.response_date >= newest for page in found.pages)


def test_the_last_record_at_or_before_a_place(five):
    found = walk(store(), limit=3)
    for page in found.pages[:-1]:
        assert handles(store().last(OAI_DC, place=page.last, metadata=True)) == handles(b"".join(page.content))[-1:]


def test_a_page_without_texts_makes_them(five):
    before = walk(store()).content
    Rendered.objects.all().delete()
    assert walk(store()).content == before
    assert Rendered.objects.count() == 5


def test_headers_of_records_that_fail_are_left_out_as_the_records_are(five):
    handles_before = handles(walk(store()).joined)
    failing = Rendered.objects.filter(record__local_id__in=handles_before[1:4:2])
    assert failing.update(body="") == 2
    kept = handles_before[::2]
    for metadata in (True, False):
        found = walk(store(), limit=2, metadata=metadata)
        assert handles(found.joined) == kept
        assert [(page.number, page.size) for page in found.pages] == [(1, 3), (1, None), (1, None)]
        place = found.pages[1].last
        assert handles(store().last(OAI_DC, place=place, metadata=metadata)) == kept[1:2]


@pytest.mark.parametrize("metadata", [True, False], ids=["records", "headers"])
def test_long_pages_keep_their_order_and_leave_out_what_fails(storage, metadata):
    """PostgreSQL joins some elements at a time: what fails stands at both ends of such, and at that of a page."""
    for _ in range(50):
        make.item()
    publish()
    age()
    storage()
    order = Membership.objects.filter(view="request", spec="").order_by("datestamp", "record").values_list("record")
    records = [record for (record,) in order]
    fails = [records[place - 1] for place in (20, 21, 45)]
    assert Rendered.objects.filter(record__in=fails, rendition__name__startswith="oaidc@").update(body="") == 3
    found = walk(store(), limit=45, metadata=metadata)
    local_ids = dict(Record.objects.values_list("id", "local_id"))
    shown = [local_ids[record] for record in records if record not in fails]
    assert [handles(content) for content in found.content] == [shown[:42], shown[42:]]
    assert [(page.number, page.more) for page in found.pages] == [(42, True), (5, False)]
