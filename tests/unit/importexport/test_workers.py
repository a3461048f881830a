"""Steps overlap where they may, and pass in order where they must."""

import threading
from collections.abc import Callable, Iterator

import pytest

from importexport import workers
from importexport.workers import Place, overlapping


@pytest.fixture(autouse=True)
def _no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    class Connection:
        in_atomic_block = False

        def close(self) -> None:
            pass

    monkeypatch.setattr(workers, "connection", Connection())


@pytest.mark.parametrize("count", [1, 2, 5])
def test_results_and_turns_come_in_order(count: int) -> None:
    passed: list[int] = []

    def work(step: int, place: Place) -> int:
        if step % 3:  # some are late to their turn, some never take it themselves
            place.wait()
            passed.append(step)
        return step * 2

    assert list(overlapping(work, range(50), workers=count)) == [step * 2 for step in range(50)]
    assert passed == [step for step in range(50) if step % 3]


def test_steps_run_at_the_same_time() -> None:
    together = threading.Barrier(3)

    def work(step: int, place: Place) -> bool:
        together.wait(timeout=20)  # passes only when three are here
        return True

    assert list(overlapping(work, range(3), workers=3)) == [True, True, True]


def test_what_a_step_raises_is_raised_in_its_turn_and_the_begun_ones_finish() -> None:
    finished: list[int] = []

    def work(step: int, place: Place) -> int:
        if step == 5:
            raise ZeroDivisionError
        place.wait()
        finished.append(step)
        return step

    got: list[int] = []
    with pytest.raises(ZeroDivisionError):
        got.extend(overlapping(work, range(100), workers=4))
    assert got == [0, 1, 2, 3, 4]
    assert 5 not in finished
    assert finished == sorted(finished)
    assert len(finished) < 20


def test_steps_are_taken_from_the_list_only_as_they_are_needed() -> None:
    taken: list[int] = []

    def steps() -> Iterator[int]:
        for step in range(1000):
            taken.append(step)
            yield step

    results = overlapping(lambda step, place: step, steps(), workers=2)
    assert next(results) == 0
    assert len(taken) <= 4
    results.close()


def test_in_a_transaction_of_the_caller_one_follows_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers.connection, "in_atomic_block", True)
    main = threading.get_ident()
    work: Callable[[int, Place], bool] = lambda step, place: threading.get_ident() == main  # noqa: E731
    assert list(overlapping(work, range(3), workers=4)) == [True, True, True]
