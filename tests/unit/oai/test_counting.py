"""How many headers a list has between two dates is known, whoever wrote them: the blocks that triggers count."""

import random
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import Count, F, Sum
from django.utils import timezone

from identifiers.models import Handle
from oai.models import Block, Clock, Membership, Rendered, Rendition
from oai.store import counting, following
from repository import changes
from repository.authorize import SYSTEM
from repository.models import Item
from repository.services import items
from tests import factories as make
from tests.unit.oai.conftest import edit, look_again

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
FIRST = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def blocks_of_three():
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION oai_block_size() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 3'"
        )


def enter(records, stamp, view="request", spec=""):
    """Write headers as the publisher does: new ones, and over old ones."""
    Membership.objects.bulk_create(
        [
            Membership(record_id=n, view=view, spec=spec, datestamp=stamp, deleted=False, digest=0, local_id=n, sets="")
            for n in records
        ],
        update_conflicts=True,
        unique_fields=["record", "view", "spec"],
        update_fields=["datestamp"],
    )


def fail(records):
    """Let a stylesheet have failed on these."""
    rendition, _ = Rendition.objects.get_or_create(name="dim@1")
    Rendered.objects.bulk_create([Rendered(record_id=n, rendition=rendition, body="") for n in records])


def lengths(view="request", spec=""):
    """The headers of each block of a list, in their order."""
    return list(Block.objects.filter(view=view, spec=spec).order_by("after").values_list("headers", flat=True))


def check(chance, spans=20):
    """Compare with what PostgreSQL counts: whole lists, blocks, and sizes between any two moments."""
    listed = {(v, s): n for v, s, n in Membership.objects.values_list("view", "spec").annotate(Count("record"))}
    counted = {(v, s): n for v, s, n in Block.objects.values_list("view", "spec").annotate(Sum("headers"))}
    assert {key: n for key, n in counted.items() if n} == listed
    for view, spec in counted:
        headers = Membership.objects.filter(view=view, spec=spec)
        stamps = list(headers.values_list("datestamp", flat=True).distinct())
        moments = [stamp + n * SECOND for stamp in stamps for n in (-1, 0, 1)]
        moments += [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)]
        for _ in range(spans):
            earliest, latest = sorted(chance.choices(moments, k=2))
            between = headers.filter(datestamp__gte=earliest, datestamp__lte=latest).count()
            assert counting.size(view, spec, earliest, latest, "") == between, (view, spec, earliest, latest)


@pytest.mark.parametrize("seed", range(4))
def test_any_span_of_any_list_has_its_size_whatever_is_written(seed):
    chance = random.Random(seed)
    stamp = FIRST
    for _ in range(60):
        stamp += chance.choice((0, 0, 1, 5)) * SECOND
        some = chance.sample(range(1, 40), chance.choice((1, 2, 7)))
        match chance.choice(["enter", "enter", "enter", "restamp", "age", "forget", "count anew"]):
            case "enter":
                enter(some, stamp, spec=chance.choice(("", "set")))
            case "restamp":
                Membership.objects.filter(record__in=some).update(datestamp=stamp, deleted=True)
            case "age":
                Membership.objects.filter(record__in=some).update(
                    datestamp=F("datestamp") - chance.randrange(9) * SECOND
                )
            case "forget":
                Membership.objects.filter(record__in=some[:1]).delete()
            case "count anew":
                count_anew()
        check(chance, spans=8)


def count_anew():
    with connection.cursor() as cursor:
        cursor.execute("SELECT oai_count_anew('request')")


def test_a_block_begins_when_the_last_one_is_full():
    for n in range(8):
        enter([n + 1], FIRST + n * SECOND)
    assert lengths() == [3, 3, 2]


def test_headers_of_one_datestamp_are_in_one_block():
    for n in range(4):
        enter([2 * n, 2 * n + 1], FIRST + n // 3 * SECOND)
    assert lengths() == [6, 2]


def test_blocks_that_became_empty_go():
    for round_ in range(20):
        for n in range(5):
            enter([2 * n, 2 * n + 1], FIRST + (5 * round_ + n) * SECOND)
    assert sum(lengths()) == 10
    assert len(lengths()) <= 5


def test_what_changes_twice_fills_no_block_that_is_full():
    enter(range(3), FIRST)
    for n in range(1, 20):
        enter([3], FIRST + n * SECOND)
    assert lengths() == [3, 1]


def test_counted_anew_many_headers_of_one_datestamp_have_a_block_to_themselves():
    for n, records in enumerate(([1], range(2, 12), [12], [13], [14, 15], [16])):
        enter(records, FIRST + n * SECOND)
    count_anew()
    assert lengths() == [1, 10, 4, 1]
    check(random.Random(1))


def test_what_stylesheets_fail_on_is_not_counted_and_of_very_many_the_first_are_looked_up():
    enter(range(1, 3001), FIRST)
    sizes = []
    for failed in (range(1, 101), range(101, counting.MOST + 1), range(2001, 2501)):
        fail(failed)
        sizes.append(counting.size("request", "", FIRST, FIRST, "dim@1"))
    assert sizes == [2900, 2000, 2000]
    assert counting.size("request", "", FIRST, FIRST, "dim@2") == 3000


# --- All that writes headers ---


def act(chance, homes):
    """Do something to an item, as people do."""
    made = list(Item.objects.order_by("pk"))
    item = chance.choice(made) if made else None
    who = {"acting_user": SYSTEM, "item": item, "now": timezone.now()}
    match chance.choice(["new", "edit", "edit", "move", "map", "withdraw", "expunge", "handle"]) if item else "new":
        case "new":
            for _ in range(chance.randint(1, 5)):
                make.item("Owls", within=chance.choice(homes))
        case "edit":
            edit(item, dc_title=chance.choice(("Owls", "Hawks", "Eagles")), dc_type=chance.choice(("Thesis", "Book")))
        case "move":
            items.move_item(**who, collection=chance.choice(homes))
        case "map":
            items.map_item(**who, collection=homes[2])
        case "withdraw":
            (items.reinstate if item.withdrawn else items.withdraw)(**who)
        case "expunge":
            items.expunge(**who)
        case "handle":
            Handle.objects.filter(object_id=item.pk).update(handle=f"98765/{chance.randrange(10**9)}")
            changes.mark([item.pk], now=timezone.now())


@pytest.fixture
def filter_of_theses(own_folder):
    """Give uketd_dc in xoai.xml its filter, or take it away, as an administrator does with an editor."""
    path = own_folder / "xoai.xml"
    with_filter = path.read_text()
    without = with_filter.replace('<Filter ref="thesisFilter"/>', "")
    assert with_filter != without

    def follow(*, is_there):
        path.write_text(with_filter if is_there else without)
        look_again()
        following.follow_configuration()

    return follow


def one_after_another(count):
    home = make.collection()
    for n in range(count):
        make.item(f"Item {n}", within=home)
        Clock.objects.update(last=F("last") + SECOND)
        changes.run_all("oai", now=timezone.now)


def test_a_list_that_is_copied_has_blocks_as_short_as_others(filter_of_theses):
    filter_of_theses(is_there=False)
    one_after_another(7)
    filter_of_theses(is_there=True)
    assert lengths("request/uketd_dc") == [2, 3, 2]


def test_what_a_list_got_at_once_has_a_block_to_itself(filter_of_theses):
    filter_of_theses(is_there=True)
    one_after_another(7)
    filter_of_theses(is_there=False)
    assert lengths() == [7]


@pytest.mark.parametrize("seed", range(2))
def test_any_span_of_any_list_has_its_size_whatever_happens_to_items(seed, filter_of_theses):
    chance = random.Random(seed)
    homes = [make.collection(name) for name in ("First", "Second", "Third")]
    filter_of_theses(is_there=True)
    for step in range(20):
        Clock.objects.update(last=F("last") + SECOND)
        act(chance, homes)
        changes.run_all("oai", now=timezone.now)
        match step % 10:
            case 3:
                call_command("oai", "import", "--restamp", stdout=StringIO())
            case 5:
                call_command("oai", "import", "-c", stdout=StringIO())
            case 7:
                filter_of_theses(is_there=step > 10)
        check(chance, spans=2)
