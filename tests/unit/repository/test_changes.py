"""No change is lost: marks, their runners, and what kills them."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction

from repository import changes, wakeup
from repository.models import Item, Mark
from tests import factories
from tests.factories import NOW

LATER = NOW + timedelta(minutes=1)
seen: list[list] = []
failing: set = set()
pause = threading.Event()
inside = threading.Event()


def record(item_ids, now):
    """A consumer that keeps what it was told, and fails for the objects named in `failing`."""
    if failing & set(item_ids):
        raise ValueError("cannot digest this one")
    seen.append(list(item_ids))


def dawdle(item_ids, now):
    """A consumer that has read the titles and is in the middle of its work until `pause` is set."""
    titles = list(Item.objects.filter(pk__in=item_ids).values_list("metadata__dc.title__0__value", flat=True))
    inside.set()
    pause.wait(10)
    seen.append(titles)


@pytest.fixture(autouse=True)
def consumer(settings):
    settings.CHANGE_CONSUMERS = {"probe": f"{__name__}.record", "slow": f"{__name__}.dawdle"}
    seen.clear(), failing.clear(), pause.clear(), inside.clear()


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr(wakeup, "wake", lambda consumers: None)


@pytest.mark.django_db
def test_marks_of_one_object_are_one_visit_and_exactly_those_read_are_deleted():
    item_id = uuid4()
    for _ in range(3):
        changes.mark([item_id], now=NOW)
    assert changes.run("probe", now=LATER) == 3
    assert seen == [[item_id]]
    assert set(Mark.objects.values_list("consumer", flat=True)) == {"slow"}


@pytest.mark.django_db
def test_what_somebody_waits_for_goes_before_bulk_and_what_is_due_later_waits():
    bulk, urgent, future = uuid4(), uuid4(), uuid4()
    changes.mark([bulk], now=NOW, priority=changes.BULK)
    changes.mark([urgent], now=NOW)
    changes.mark([future], now=NOW, due=NOW + timedelta(days=1))
    while changes.run("probe", now=LATER, batch=1):
        pass
    assert seen == [[urgent], [bulk]]
    changes.run("probe", now=NOW + timedelta(days=2))
    assert seen[-1] == [future]


@pytest.mark.django_db
def test_a_failing_object_waits_with_its_error_and_the_others_go_on():
    good, bad = uuid4(), uuid4()
    failing.add(bad)
    changes.mark([good, bad], now=NOW)
    changes.run("probe", now=LATER)
    assert seen == [[good]]
    [kept] = Mark.objects.filter(consumer="probe")
    assert (kept.object_id, kept.attempts, kept.error) == (bad, 1, "ValueError: cannot digest this one")
    first_pause = kept.due - LATER
    changes.run("probe", now=kept.due)
    [again] = Mark.objects.filter(consumer="probe")
    assert again.attempts == 2
    assert again.due - kept.due > first_pause
    failing.clear()
    changes.run("probe", now=again.due)
    assert seen[-1] == [bad]
    assert not Mark.objects.filter(consumer="probe").exists()


@pytest.mark.django_db
def test_a_hundred_thousand_marks_are_one_statement_and_all_processed(django_assert_num_queries):
    ids = [uuid4() for _ in range(100_000)]
    with django_assert_num_queries(1):
        changes.mark(ids, now=NOW, priority=changes.BULK)
    assert changes.run_all("probe", now=lambda: LATER) == 100_000
    assert max(len(batch) for batch in seen) <= changes.BATCH
    assert {i for batch in seen for i in batch} == set(ids)


@pytest.mark.django_db
def test_a_full_pass_looks_once_at_each_item_and_at_what_is_gone():
    marked, failed, plain, gone = factories.item(), factories.item(), factories.item(), uuid4()
    Mark.objects.all().delete()
    changes.mark([marked.pk, gone], now=NOW)
    changes.mark([plain.pk], now=NOW, only="slow")
    changes.mark([failed.pk], now=NOW, due=NOW + timedelta(days=1))
    changes.mark_all("probe", now=NOW)
    assert changes.run_all("probe", now=lambda: LATER) == 4
    assert sorted(seen[0]) == sorted([marked.pk, failed.pk, plain.pk, gone])
    assert Mark.objects.filter(consumer="probe").count() == 1, "what is due later is still to come"


@pytest.mark.django_db(transaction=True)
def test_a_full_pass_trusts_no_mark_that_a_runner_is_working_off():
    item = factories.item("before")
    runner = in_thread(lambda: changes.run("slow", now=LATER))
    assert inside.wait(10)
    Item.objects.filter(pk=item.pk).update(metadata=factories.md(dc_title="after"))
    passing = in_thread(lambda: changes.mark_all("slow", now=NOW))
    wait_for(lambda: waits_for_a_lock() or not passing.is_alive())
    pause.set()
    for thread in (runner, passing):
        thread.join(10)
    changes.run("slow", now=LATER)
    assert seen[-1] == ["after"]


@pytest.mark.django_db
def test_statistics_of_an_empty_table_do_not_slow_the_runner_down():
    changes.mark([uuid4()], now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE repository_mark")
    changes.mark([uuid4() for _ in range(2000)], now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + changes._TAKE, ["probe", LATER, changes.BATCH])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Tid Scan on repository_mark" in plan


@pytest.mark.django_db(transaction=True)
def test_a_change_committed_while_the_runner_works_is_seen_by_the_next_run():
    item = factories.item("before")
    changes.run_all("probe", now=lambda: LATER)
    runner = in_thread(lambda: changes.run("slow", now=LATER))
    assert inside.wait(10)
    with transaction.atomic():
        Item.objects.filter(pk=item.pk).update(metadata=factories.md(dc_title="after"))
        changes.mark([item.pk], now=NOW)
    pause.set()
    runner.join(10)
    assert Mark.objects.filter(consumer="slow", object_id=item.pk).count() == 1
    changes.run("slow", now=LATER)
    assert seen[-1] == ["after"]


@pytest.mark.django_db(transaction=True)
def test_two_runners_share_the_work_and_neither_does_it_twice():
    ids = [uuid4() for _ in range(200)]
    changes.mark(ids, now=NOW)
    runners = [in_thread(lambda: _drain("probe")) for _ in range(2)]
    for runner in runners:
        runner.join(20)
    assert sorted(i for batch in seen for i in batch) == sorted(ids)


def _drain(consumer):
    while changes.run(consumer, now=LATER, batch=10):
        pass


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_loses_nothing(tmp_path, settings):
    item_id = uuid4()
    changes.mark([item_id], now=NOW)
    started = tmp_path / "started"
    program = (
        "import os, sys, pathlib, time, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'dspace.settings'\n"
        "from django.conf import settings; settings.DATABASES['default'].update(eval(sys.argv[1])); django.setup()\n"
        "import types; m = types.ModuleType('victim'); sys.modules['victim'] = m\n"
        "def apply(ids, now): pathlib.Path(sys.argv[2]).write_text('x'); time.sleep(60)\n"
        "m.apply = apply; settings.CHANGE_CONSUMERS = {'probe': 'victim.apply'}\n"
        "from repository import changes; from django.utils import timezone; changes.run('probe', now=timezone.now())\n"
    )
    wanted = ("ENGINE", "NAME", "HOST", "PORT", "USER", "PASSWORD")
    where = {k: str(v) for k, v in connection.settings_dict.items() if k in wanted}
    Mark.objects.update(due=NOW - timedelta(days=900))
    worker = subprocess.Popen([sys.executable, "-c", program, repr(where), str(started)], cwd=settings.BASE_DIR)
    wait_for(started.exists)
    worker.send_signal(signal.SIGKILL)
    worker.wait(10)
    changes.run("probe", now=LATER)
    assert seen == [[item_id]]


def test_a_broker_that_is_down_neither_delays_nor_fails_the_writer(monkeypatch, db):
    monkeypatch.undo()
    tried = threading.Event()

    def fail(*args, **kwargs):
        tried.set()
        raise ConnectionError("no broker")

    monkeypatch.setattr(wakeup.current_app, "send_task", fail)
    began = time.monotonic()
    wakeup.wake(["probe"])
    assert time.monotonic() - began < 0.1
    assert tried.wait(5)
    tried.clear()
    wakeup.wake(["probe"])
    assert tried.wait(5), "the waker survived"


def test_the_wake_ups_of_a_short_command_are_sent_before_it_ends(tmp_path, settings):
    sent = tmp_path / "sent"
    program = (
        "import os, sys, time, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'dspace.settings'; django.setup()\n"
        "from repository import wakeup\n"
        "def send(task, args, **_): time.sleep(0.1); open(sys.argv[1], 'a').write(args[0] + ' ')\n"
        "wakeup.current_app.send_task = send\n"
        "wakeup.wake(['oai', 'search'])\n"
    )
    subprocess.run([sys.executable, "-c", program, str(sent)], cwd=settings.BASE_DIR, check=True)
    assert sent.read_text() == "oai search "


def in_thread(work):
    def run():
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def waits_for_a_lock():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks JOIN pg_database d ON d.oid = database"
            " WHERE NOT granted AND locktype = 'advisory' AND datname = current_database())"
        )
        return cursor.fetchone()[0]


def wait_for(condition, seconds=20):
    """Look again and again, for a limited time: the other process tells us only through a file."""
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it never happened"
        os.sched_yield()
