"""Who uses an embedded server: it is started by the first user and stopped by the last one."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def _held(lock: IO[str], operation: int) -> Iterator[None]:
    fcntl.flock(lock, operation)
    try:
        yield
    finally:
        fcntl.flock(lock, fcntl.LOCK_UN)


def _is_unused(users: IO[str]) -> bool:
    """Whether nobody else holds the shared lock (ours is turned into an exclusive one if so)."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def in_use(folder: Path, name: str, start: Callable[[], None], stop: Callable[[], None]) -> Iterator[None]:
    """Run the body while the server `name` is up; the last process to leave stops it.

    `folder` holds two lock files. Every user has a shared lock on `<name>.users` for as long as the body runs; the
    kernel lets go of it when a process dies, however it dies. `<name>.gate` makes starting and stopping exclusive.
    `start` must do nothing when the server runs already.
    """
    with (folder / f"{name}.gate").open("a") as gate, (folder / f"{name}.users").open("a") as users:
        with _held(gate, fcntl.LOCK_EX):
            fcntl.flock(users, fcntl.LOCK_SH)
            start()
        try:
            yield
        finally:
            with _held(gate, fcntl.LOCK_EX):
                if _is_unused(users):
                    stop()
