"""Work that does not need the interpreter's lock, on several cores at once."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

_CORES = min(os.cpu_count() or 1, 4)  # more would wait for the interpreter's lock after all
_FEW = 8  # things that are not worth waking another thread for

T = TypeVar("T")
R = TypeVar("R")


def on_all_cores(work: Callable[[T], R], things: Sequence[T]) -> list[R]:
    """Return what `work` makes of each thing, in their order; raises what it raises.

    libxml2 and libxslt work without the interpreter's lock: two threads render nearly twice as fast. `work` runs in
    other threads too: it must not use the database.
    """
    if len(things) <= _FEW or _CORES == 1:
        return [work(thing) for thing in things]

    def share(number: int) -> list[R]:
        return [work(thing) for thing in things[number::_CORES]]

    others = [_helpers(os.getpid()).submit(share, number) for number in range(1, _CORES)]
    shares = [share(0), *(other.result() for other in others)]
    return [shares[n % _CORES][n // _CORES] for n in range(len(things))]


@cache
def _helpers(_process: int) -> ThreadPoolExecutor:
    """Return the threads of this process: a forked one has none of those of its parent."""
    return ThreadPoolExecutor(_CORES - 1, thread_name_prefix="cores")
