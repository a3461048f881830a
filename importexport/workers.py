"""Doing the steps of a long list in several processes at a time: each takes every n-th step.

Processes, not threads: a step is as much work for Python as for the database, and waits for both and for the disk.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections

T = TypeVar("T")
R = TypeVar("R")

_FORK = get_context("fork")  # the steps, and what they share, are there without being sent
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def in_processes(work: Callable[[T], R], steps: Sequence[T], *, count: int) -> Iterator[R]:
    """Yield `work(step)` of each step, in the order of the steps, with `count` processes at work.

    Within a transaction of the caller, which other connections can't see into, it is done here, step by step. What a
    step raises is raised here in its turn; the others may have gone on some way by then. When this process is killed
    the others are too, at whatever they do.
    """
    if count == 1 or connection.in_atomic_block:
        yield from map(work, steps)
        return
    connection.close()  # a connection must not be shared with a process forked from this one
    pipes = [_FORK.Pipe(duplex=False) for _ in range(count)]
    processes = []
    for number, (_, sending) in enumerate(pipes):
        share = steps[number::count]
        process = _FORK.Process(target=_do, args=(work, share, sending, os.getpid()), daemon=True)
        process.start()
        sending.close()
        processes.append(process)
    try:
        for number in range(len(steps)):
            yield _received(pipes[number % count][0])
    finally:
        for process in processes:
            process.terminate()  # those that have come to the end of their share have ended by themselves
            process.join()


def _received(receiving: "Connection[Any, Any]") -> Any:
    result, error = receiving.recv()
    if error is not None:
        raise error
    return result


def _do(work: Callable[[T], R], share: Iterable[T], sending: "Connection[Any, Any]", parent: int) -> None:
    _die_with(parent)
    with suppress(AttributeError):  # whatever was open in the parent: this process opens a connection of its own
        del connections[DEFAULT_DB_ALIAS]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to all of us; the parent ends us
    for step in share:
        try:
            sending.send((work(step), None))
        except Exception as error:  # raised by the parent, to whom it is sent
            sending.send((None, error))
            break
    connection.close()


def _die_with(parent: int) -> None:
    """Let this process be killed when `parent` ends, so that nobody goes on with an import that was killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
