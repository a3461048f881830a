"""Work on several cores at once."""

import threading

import pytest

from common.cores import on_all_cores


@pytest.mark.parametrize("number", [0, 1, 2, 9, 100, 101])
def test_results_are_in_the_order_of_the_things(number: int) -> None:
    assert on_all_cores(lambda n: n * n, range(number)) == [n * n for n in range(number)]


def test_an_error_of_any_thread_is_raised() -> None:
    for wrong in range(20):
        with pytest.raises(ZeroDivisionError):
            on_all_cores(lambda n: 1 // (n - wrong), range(20))  # noqa: B023 (called at once)


def test_few_things_wake_no_other_thread() -> None:
    assert set(on_all_cores(lambda _: threading.get_ident(), range(3))) == {threading.get_ident()}
