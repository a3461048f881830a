"""Doing the steps of a long list at the same time where they may overlap, and in turn where they must not."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self, TypeVar

from django.db import connection

T = TypeVar("T")
R = TypeVar("R")


class Turns:
    """A queue that numbered places pass through in order."""

    def __init__(self) -> None:
        self._next = 0
        self._changed = threading.Condition()

    def wait(self, number: int) -> None:
        """Return when every earlier place has left."""
        with self._changed:
            self._changed.wait_for(lambda: self._next == number)

    def leave(self, number: int) -> None:
        """Let the next one go."""
        with self._changed:
            self._next = number + 1
            self._changed.notify_all()


class Place:
    """A step's place in the queue: between its `wait` and its `leave` no other step is between theirs.

    As a context it leaves at the end in any case, so that a step that failed holds nobody up.
    """

    def __init__(self, turns: Turns, number: int) -> None:
        self._turns, self._number, self._left = turns, number, False

    def wait(self) -> None:
        """Wait for the turn."""
        self._turns.wait(self._number)

    def leave(self) -> None:
        """End the turn."""
        self._left = True
        self._turns.leave(self._number)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._left:
            self.wait()
            self.leave()


def overlapping(work: Callable[[T, Place], R], steps: Iterable[T], *, workers: int) -> Iterator[R]:
    """Yield `work(step, place)` of each step, in order, running up to `workers` of them at the same time.

    Within a transaction of the caller, which other connections can't see into, they run one after the other. What a
    step raises is raised here in its turn; the steps that have begun are finished first, the others are not begun.
    """
    turns, numbered = Turns(), enumerate(steps)
    if workers == 1 or connection.in_atomic_block:
        yield from (_step(work, step, turns, number) for number, step in numbered)
        return
    executor = ThreadPoolExecutor(workers)
    try:
        begun: deque[Future[R]] = deque()
        for number, step in numbered:
            begun.append(executor.submit(_step, work, step, turns, number))
            if len(begun) >= 2 * workers:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
        _close_connections(executor, workers)
    finally:
        executor.shutdown(cancel_futures=True)


def _close_connections(executor: ThreadPoolExecutor, workers: int) -> None:
    """Close the database connection of each thread: none takes a second task before all have one."""
    together = threading.Barrier(workers)

    def close() -> None:
        together.wait()
        connection.close()

    for closed in [executor.submit(close) for _ in range(workers)]:
        closed.result()


def _step(work: Callable[[T, Place], R], step: T, turns: Turns, number: int) -> R:
    with Place(turns, number) as place:
        return work(step, place)
