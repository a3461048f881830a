"""Steps are shared by processes, and their results come in order."""

import os
from multiprocessing import get_context

import pytest

from importexport import workers
from importexport.workers import in_processes


@pytest.fixture(autouse=True)
def _no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    class Connection:
        in_atomic_block = False

        def close(self) -> None:
            pass

    monkeypatch.setattr(workers, "connection", Connection())


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("length", [0, 1, 50])
def test_results_come_in_the_order_of_the_steps(count: int, length: int) -> None:
    assert list(in_processes(lambda step: step * 2, range(length), count=count)) == [n * 2 for n in range(length)]


def test_steps_run_at_the_same_time_in_other_processes() -> None:
    together = get_context("fork").Barrier(3)

    def work(step: int) -> int:
        together.wait(timeout=20)  # passes only when three are here
        return os.getpid()

    pids = list(in_processes(work, range(3), count=3))
    assert len({*pids, os.getpid()}) == 4


def test_what_a_step_raises_is_raised_in_its_turn() -> None:
    def work(step: int) -> int:
        if step == 5:
            raise ZeroDivisionError
        return step

    got: list[int] = []
    with pytest.raises(ZeroDivisionError):
        got.extend(in_processes(work, range(100), count=4))
    assert got == [0, 1, 2, 3, 4]


def test_who_stops_listening_leaves_no_process_behind() -> None:
    results = in_processes(lambda step: os.getpid(), range(100_000), count=2)
    pids = {next(results), next(results)}
    results.close()
    assert not any(os.path.exists(f"/proc/{pid}") for pid in pids)  # noqa: PTH110


def test_in_a_transaction_of_the_caller_one_follows_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers.connection, "in_atomic_block", True)
    assert list(in_processes(lambda step: os.getpid(), range(3), count=4)) == [os.getpid()] * 3
