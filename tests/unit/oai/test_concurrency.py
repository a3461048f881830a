"""No lost update: real threads, real transactions (DESIGN decision 6)."""

import random
import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from identifiers.services import handle_of
from oai import running
from oai.models import Clock, Membership, Record, Rendered
from oai.store import clock, content, following, maintenance
from oai.store.database import DatabaseStore
from oai.store.port import Selection
from oai.store.publisher import apply_changes
from repository import changes
from repository.authorize import SYSTEM
from repository.models import Item
from repository.services import items
from tests import factories as make
from tests.unit.oai.conftest import (
    DC,
    OAI,
    Harvester,
    edit,
    in_thread,
    let_the_second_pass,
    waiting_for_lock,
    waiting_for_lock_of_another,
    waiting_for_row,
)
from tests.unit.oai.conftest import handle_of as handle_of_header

pytestmark = pytest.mark.django_db(transaction=True)

LIST = Selection("oai_dc")


def publish(*item_ids):
    with transaction.atomic():
        apply_changes(list(item_ids), timezone.now())


def page():
    store = DatabaseStore(running.current().contexts["request"], "oai:test:")
    return store.page(LIST, after=None, limit=100, metadata=True, count=False)


def test_what_a_page_does_not_show_gets_a_later_datestamp_than_its_response_date():
    item = make.item()
    before = page()
    publish(item.pk)
    after = page()
    stamp = Membership.objects.filter(view="request", spec="").get().datestamp
    assert before.response_date < stamp
    assert not after.content or after.response_date >= stamp


def test_a_reader_waits_for_a_publisher_that_has_its_stamp():
    item = make.item()
    with transaction.atomic():
        apply_changes([item.pk], timezone.now())
        reader = in_thread(page)
        waiting_for_lock("oai_clock")
        assert not reader.done()
        stamp = Membership.objects.filter(view="request", spec="").get().datestamp
    read = reader.result(timeout=30)
    assert read.number == (1 if read.response_date >= stamp else 0)


def test_a_publisher_waits_for_a_reader_and_stamps_later_than_its_response_date():
    item = make.item()
    with transaction.atomic():
        read = page()
        publisher = in_thread(lambda: publish(item.pk))
        waiting_for_lock("oai_clock")
        assert not publisher.done()
    publisher.result(timeout=30)
    assert Membership.objects.filter(view="request", spec="").get().datestamp > read.response_date


def test_stamps_never_go_back_when_the_clock_does():
    item = make.item()
    future = timezone.now().replace(microsecond=0) + timedelta(hours=1)
    Clock.objects.update_or_create(pk=1, defaults={"last": future, "earliest": future})
    publish(item.pk)
    assert Membership.objects.filter(view="request", spec="").get().datestamp == future
    assert not page().content, "and lists wait for their time"


def test_the_earliest_datestamp_does_not_rise_when_the_clock_is_lost():
    publish(make.item().pk)
    Membership.objects.update(datestamp=timezone.now().replace(microsecond=0) - timedelta(days=9))
    oldest = Membership.objects.first().datestamp
    Clock.objects.all().delete()
    publish(make.item().pk)
    assert Clock.objects.get().earliest == oldest
    assert Clock.objects.get().last > oldest


def test_two_publishers_of_one_item_take_turns():
    item = make.item()
    with transaction.atomic(), connection.cursor() as cursor:
        clock.one_publisher(cursor)
        other = in_thread(lambda: publish(item.pk))
        waiting_for_lock("oai_publisher")
        apply_changes([item.pk], timezone.now())
    other.result(timeout=30)
    assert Record.objects.count() == 1


def test_a_reader_that_keeps_texts_and_a_publisher_that_writes_others_do_not_block_each_other():
    first, second = sorted((make.item(), make.item()), key=lambda item: item.pk, reverse=True)
    publish(first.pk)
    publish(second.pk)
    records = [Record.objects.get(item=item.pk) for item in (first, second)]
    assert records[0].pk < records[1].pk, "their numbers are in the opposite order of their items'"
    Rendered.objects.all().delete()

    def rebuild():
        with transaction.atomic():
            apply_changes([first.pk, second.pk], timezone.now(), rebuild=True)

    with transaction.atomic():
        Record.objects.select_for_update().get(pk=records[1].pk)
        publisher = in_thread(rebuild)
        waiting_for_lock_of_another(1)
        reader = in_thread(lambda: content.keep("dim@test", records, ["<metadata/>"] * 2))
        waiting_for_lock_of_another(2)
    publisher.result(timeout=30)
    reader.result(timeout=30)


def test_a_changed_configuration_and_a_runner_of_marks_do_not_block_each_other():
    publish(make.item().pk)
    Clock.objects.update(configuration="another")
    with transaction.atomic(), connection.cursor() as cursor:
        changes._lock(cursor, "oai")
        follower = in_thread(following.follow_configuration)
        waiting_for_lock_of_another(1)
        clock.next_stamp(cursor)
    assert follower.result(timeout=30)


def test_threads_that_see_a_changed_configuration_at_once_take_it_over_once(caplog):
    publish(make.item().pk)
    following.follow_configuration()
    for configuration in ("one", "and another"):
        Clock.objects.update(configuration=configuration)
        running._holder._seen = None  # its file was written
        caplog.clear()
        with transaction.atomic(), connection.cursor() as cursor:
            changes._lock(cursor, "oai")
            followers = [in_thread(following.follow_configuration) for _ in range(4)]
            waiting_for_lock_of_another(4)
        assert sorted(follower.result(timeout=30) for follower in followers) == [False, False, False, True]
        assert "another process" not in caplog.text


def test_harvesters_that_go_on_from_response_dates_miss_nothing(client, small_pages):
    """Three writers edit, withdraw, move and reinstate; two harvesters read increments; in the end all agree."""
    small_pages(3)
    first, second = make.collection("First"), make.collection("Second")
    things = [make.item(f"Item {n}", within=first) for n in range(12)]
    publish(*(thing.pk for thing in things))
    stop = threading.Event()
    copies = [Copy(first_page=True), Copy(first_page=False)]

    def write(seed):
        chance = random.Random(seed)
        for n in range(40):
            change(chance, chance.choice(things).pk, f"{seed}.{n}", first, second)

    def harvest(copy):
        while not stop.is_set():
            copy.update()

    readers = [in_thread(lambda copy=copy: harvest(copy)) for copy in copies]
    writers = [in_thread(lambda seed=seed: write(seed)) for seed in range(3)]
    for writer in writers:
        writer.result(timeout=120)
    stop.set()
    for reader in readers:
        reader.result(timeout=60)
    let_the_second_pass()
    publish(*(thing.pk for thing in things))
    let_the_second_pass()
    expected = Harvested(client).records()
    for copy in copies:
        copy.update()
        assert copy.records == expected


def change(chance, item_id, text, first, second):
    """Change an item one way or another, and publish it in the same transaction, as the runner of marks does later."""
    with transaction.atomic():
        item = Item.objects.select_for_update().get(pk=item_id)
        now = timezone.now()
        if item.withdrawn:
            items.reinstate(acting_user=SYSTEM, item=item, now=now)
        elif chance.random() < 0.2:
            items.withdraw(acting_user=SYSTEM, item=item, now=now)
        elif chance.random() < 0.2:
            target = second if item.owning_collection_id == first.pk else first
            items.move_item(acting_user=SYSTEM, item=item, collection=target, now=now)
        else:
            edit(item, dc_title=f"Title {text}")
    publish(item_id)


class Harvested(Harvester):
    def records(self, **arguments):
        """Return by handle what a record says: deleted or not, its sets, its title."""
        found = {}
        for current in self.pages(**arguments):
            self.dates.append(current.findtext(f"{OAI}responseDate"))
            for record in current.iter(f"{OAI}record"):
                header = record.find(f"{OAI}header")
                sets = tuple(e.text for e in header.findall(f"{OAI}setSpec"))
                found[handle_of_header(header)] = (header.get("status"), sets, record.findtext(f".//{DC}title"))
        return found

    def __init__(self, client):
        super().__init__(client, validating=False)  # the schemas are not read by several threads at once
        self.dates = []


class Copy:
    """A harvester's copy, kept up to date from the responseDate of the first or last page of its last list."""

    def __init__(self, *, first_page):
        self.at = 0 if first_page else -1
        self.client = Client()
        self.records = {}
        self.since = None

    def update(self):
        harvested = Harvested(self.client)
        arguments = {"from_": self.since} if self.since else {}
        self.records |= harvested.records(**arguments)
        self.since = harvested.dates[self.at]


def test_a_handle_that_was_listed_is_listed_once():
    thing = make.item()
    publish(thing.pk)
    publish(thing.pk)
    assert Record.objects.get().local_id == handle_of(thing.pk)


def test_documents_are_compiled_again_in_the_order_in_which_publishers_lock_their_records():
    """Else one could have what the other waits for, and wait for what that has."""
    later, earlier = sorted((make.item().pk for _ in range(2)), reverse=True)
    publish(later)
    publish(earlier)
    maintenance.erase_compiled_items()
    first, second = (Record.objects.get(item=pk) for pk in (later, earlier))
    assert first.pk < second.pk
    with transaction.atomic():
        Record.objects.select_for_update().get(pk=first.pk)
        compiling = in_thread(lambda: maintenance.compile_items(lambda _: None))
        waiting_for_row()
        assert Record.objects.select_for_update(nowait=True).get(pk=second.pk), "it has no lock but waits for the first"
    assert compiling.result(timeout=30) == 2
    assert not Record.objects.filter(document="").exists()


def test_texts_are_thrown_away_in_the_order_in_which_publishers_lock_their_records():
    later, earlier = sorted((make.item().pk for _ in range(2)), reverse=True)
    publish(later)
    publish(earlier)
    first, second = (Record.objects.get(item=pk) for pk in (later, earlier))
    texts = Rendered.objects.count()
    with transaction.atomic():
        Record.objects.select_for_update().get(pk=first.pk)
        cleaning = in_thread(maintenance.clean_cache)
        waiting_for_row()
        Rendered.objects.filter(record=second).delete()  # by a publisher that has locked both
    assert cleaning.result(timeout=30) == texts - 1


def test_a_reader_that_keeps_the_first_text_of_a_kind_and_a_publisher_do_not_block_each_other():
    publish(make.item().pk)
    records, bodies = [Record.objects.get()], ["<metadata/>"]
    with transaction.atomic():
        Record.objects.select_for_update().get()
        reader = in_thread(lambda: content.keep("dim@test", records, bodies))
        waiting_for_row()
        content.keep("dim@test", records, bodies)
    reader.result(timeout=30)
    assert Rendered.objects.filter(rendition__name="dim@test").count() == 1


def test_two_who_keep_texts_of_the_same_records_in_different_orders_do_not_block_each_other():
    """As contexts do that offer one format, and list records in different orders."""
    publish(*(make.item().pk for _ in range(60)))
    first, *others = Record.objects.order_by("pk")

    def keep(*records):
        content.keep("dim@test", records, ["<metadata/>"] * len(records))

    keep()  # the name of these texts is known
    with transaction.atomic():
        keep(first)
        other = in_thread(lambda: keep(*reversed(others), first))
        waiting_for_row()
        keep(*others)
    other.result(timeout=30)
    assert Rendered.objects.filter(rendition__name="dim@test").count() == 60
