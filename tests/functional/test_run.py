"""`make run` and its relatives: an instance from its first start to its last stop. Nothing is mocked."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

from dspace.embedded.processes import Processes
from tests.functional.instance import ROOT, Instance, wait_for

pytestmark = [pytest.mark.functional, pytest.mark.embedded]


@pytest.fixture(scope="module")
def first() -> Iterator[Instance]:
    """An instance that was started on an empty folder."""
    instance = Instance(ADMIN_EMAIL="librarian@example.org").start()
    yield instance
    instance.remove()


def test_the_first_start_makes_an_administrator_and_answers(first: Instance) -> None:
    assert "The administrator is librarian@example.org, with the password" in first.output
    assert first.get("/health")[0] == 200


def test_it_fits_a_small_machine(first: Instance) -> None:
    for path in ("/", "/search", "/browse?type=title", "/oai/request?verb=ListRecords&metadataPrefix=oai_dc"):
        first.get(path)
    assert first.processes("celery")
    assert max(psutil.Process(pid).memory_info().rss for pid in first.processes("gunicorn")) < 150e6
    assert sum(proportional_memory(pid) for pid in first.processes()) < 450e6


def proportional_memory(pid: int) -> int:
    """A process's memory in bytes; what it shares with others, such as PostgreSQL's buffers, counts once in a sum."""
    memory = psutil.Process(pid).memory_full_info()
    return getattr(memory, "pss", memory.uss)


def test_a_second_run_of_the_same_instance_is_refused(first: Instance) -> None:
    command = [sys.executable, "-m", "dspace.embedded.run"]
    second = subprocess.run(command, cwd=ROOT, env=first.environ, capture_output=True, text=True)
    assert second.returncode == 1
    assert f"DSpace runs already in {first.var}: process {first.process.pid}" in second.stderr
    assert first.get("/health")[0] == 200


def test_a_second_instance_runs_beside_the_first(first: Instance) -> None:
    password = "-password-like-an-option"  # one of 64 random ones begins with a hyphen too
    second = Instance(ADMIN_EMAIL="other@example.org", ADMIN_PASSWORD=password).start()
    try:
        assert password not in second.output
        assert second.get("/health")[0] == 200
        assert second.stop() == 0
        assert second.processes() == set()
        assert first.get("/health")[0] == 200
    finally:
        second.remove()


def test_a_taken_port_is_refused_before_anything_starts(first: Instance) -> None:
    second = Instance(DSPACE_PORT=str(first.port))
    try:
        second.launch([sys.executable, "-m", "dspace.embedded.run"])
        assert second.process.wait() == 1
        assert f"Port {first.port} of 127.0.0.1 can't be used" in second.output
        assert not (second.var / "postgresql").exists()
    finally:
        second.remove()


def test_commands_reach_the_running_instance_and_leave_it_running(first: Instance) -> None:
    postmaster = first.processes("pginstall")
    assert first.manage("database", "test").returncode == 0
    assert first.processes("pginstall") == postmaster


def test_after_a_kill_the_servers_are_adopted_and_the_rest_is_replaced(first: Instance) -> None:
    servers = first.processes("pginstall") | first.processes("valkey-server")
    leftovers = first.processes("gunicorn") | first.processes("celery")
    first.process.kill()
    first.process.wait()
    assert first.processes("gunicorn") | first.processes("celery") == leftovers
    first.start()
    assert "Stopped what an earlier run had left behind" in first.output
    assert first.processes("pginstall") | first.processes("valkey-server") == servers
    assert not first.processes() & leftovers
    assert first.get("/health")[0] == 200


def test_a_killed_server_is_started_again(first: Instance) -> None:
    for name, pattern in (("Valkey", "valkey-server"), ("PostgreSQL", "pginstall")):
        for pid in first.processes(pattern):
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda name=name: f"{name} has ended and is started again" in first.output)
        wait_for(lambda: first.get("/")[0] == 200)
        assert first.processes(pattern)
    assert first.process.poll() is None


def kill_and_end(instance: Instance, pattern: str, reason: str) -> None:
    """Kill these processes; everything ends for this reason, with nothing left, and starts again."""
    for pid in instance.processes(pattern):
        os.kill(pid, signal.SIGKILL)
    assert instance.process.wait(60) == 1
    assert reason in instance.output
    assert instance.processes() == set()
    instance.start()


def test_a_killed_worker_is_started_again_but_not_for_ever(first: Instance) -> None:
    for times in (1, 2, 3):
        killed = first.processes("celery")
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda times=times: first.output.count("The worker process has ended and is started again") == times)
        wait_for(lambda killed=killed: first.processes("celery") - killed)
    assert first.get("/health")[0] == 200
    kill_and_end(first, "celery", "The worker process has ended 4 times within 60 seconds; the end of")


def test_everything_ends_with_the_web_server(first: Instance) -> None:
    kill_and_end(first, "gunicorn", "The web process has ended; the end of")


def test_after_everything_was_killed_the_next_run_starts(first: Instance) -> None:
    for pid in first.processes():
        os.kill(pid, signal.SIGKILL)
    first.process.wait()
    wait_for(lambda: not first.processes())
    first.start()
    assert first.get("/health")[0] == 200


def test_it_stops_with_the_make_that_started_it(first: Instance) -> None:
    first.stop()
    first.launch(["sh", "-c", f"{sys.executable} -m dspace.embedded.run --stop-with-parent; true"])
    first.wait_until_ready()
    first.process.kill()
    wait_for(lambda: not first.processes())


def test_the_second_start_is_quick_and_stops_with_nothing_left(first: Instance) -> None:
    started = time.monotonic()
    first.start()
    assert first.get("/health")[0] == 200
    assert time.monotonic() - started < 10
    assert "The administrator is" not in first.output
    assert first.stop(signal.SIGTERM) == 0
    assert first.processes() == set()


def test_commands_start_the_database_of_a_stopped_instance_and_stop_it_again(first: Instance) -> None:
    command = [sys.executable, "manage.py", "database", "test"]
    both = [subprocess.Popen(command, cwd=ROOT, env=first.environ, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert first.processes() == set()


def test_a_recorded_pid_that_is_somebody_elses_by_now_is_left_alone(first: Instance) -> None:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as stranger:
        (first.var / "run" / "processes.json").write_text(f"[{stranger.pid}]")
        assert not Processes(first.var).stop_leftovers()
        assert stranger.poll() is None
        stranger.kill()


def test_a_backup_as_documented_restores_into_an_empty_instance(first: Instance) -> None:
    dump = first.var / "dspace.dump"
    with_programs = [sys.executable, "-m", "dspace.embedded"]
    second = Instance()
    try:
        for instance, arguments in (
            (first, ["pg_dump", "--format=custom", f"--file={dump}"]),
            (second, ["pg_restore", "--dbname=dspace", "--no-owner", str(dump)]),
        ):
            subprocess.run([*with_programs, *arguments], cwd=ROOT, env=instance.environ, check=True, timeout=60)
        assert "librarian@example.org" in second.manage("user", "--list").stdout
        assert second.processes() == set()
    finally:
        second.remove()
