"""A folder to unpack in, that is gone afterwards, also after a process that was killed in it."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "import-"


@contextmanager
def workplace(parent: Path) -> Iterator[Path]:
    """Yield a new folder in `parent`, locked while this process uses it; what nobody has locked is removed first."""
    parent.mkdir(parents=True, exist_ok=True)
    entrance = _lock(parent, wait=True)  # a folder just made is not taken for one that was left
    try:
        _remove_left(parent)
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        lock = _lock(folder)
    finally:
        os.close(entrance)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
        os.close(lock)


def _remove_left(parent: Path) -> None:
    for folder in parent.glob(f"{PREFIX}*"):
        try:
            lock = _lock(folder)
        except BlockingIOError:
            continue  # somebody is at work in it
        shutil.rmtree(folder)
        os.close(lock)


def _lock(folder: Path, *, wait: bool = False) -> int:
    """Lock a folder until the descriptor returned is closed. Raises BlockingIOError when another has, unless `wait`."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
