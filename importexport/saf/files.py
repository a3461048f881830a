"""Opening files of a stranger's folder: never one outside it, never through a link, never a device."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

from importexport.saf.plan import BadItem

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a FIFO must not make us wait


def open_inside(folder: Path, name: str) -> BinaryIO:
    """Open the regular file `name` (a relative path with `/`) below `folder` for reading.

    Each step is opened by itself, so that no link can be slipped in between check and use.

    Raises BadItem when the name leaves the folder, a step is a link, or it is no readable regular file.
    """
    steps = _steps(name)
    at = _open(str(folder), _DIRECTORY, None, name)
    try:
        for step in steps[:-1]:
            above, at = at, _open(step, _DIRECTORY, at, name)
            os.close(above)
        file = _open(steps[-1], _FILE, at, name)
    finally:
        os.close(at)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise BadItem(f"{name} is not a regular file")
    return os.fdopen(file, "rb")


def read_inside(folder: Path, name: str, max_bytes: int) -> bytes:
    """Return the content of the file `name` below `folder`. Raises BadItem, also when it is larger than `max_bytes`."""
    with open_inside(folder, name) as file:
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise BadItem(f"{name} is larger than {max_bytes} bytes")
    return data


def read_text(folder: Path, name: str, max_bytes: int) -> str:
    """Return the text of the UTF-8 file `name` below `folder` (a byte order mark is dropped). Raises BadItem."""
    try:
        return read_inside(folder, name, max_bytes).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadItem(f"{name} is not UTF-8 (byte {error.start})") from error


def is_inside(name: str) -> bool:
    """Whether `name` is a path that stays in its folder."""
    try:
        return "/".join(_steps(name)) == name
    except BadItem:
        return False


def _steps(name: str) -> list[str]:
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise BadItem(f"file name {name!r} is not UTF-8") from error
    steps = [step for step in name.split("/") if step not in ("", ".")]
    if not steps or name.startswith("/") or ".." in steps or "\0" in name:
        raise BadItem(f"path {name!r} leaves the folder")
    return steps


def _open(step: str, flags: int, at: int | None, name: str) -> int:
    try:
        return os.open(step, flags, dir_fd=at)
    except OSError as error:
        raise BadItem(_reason(step, at, name, error)) from error


def _reason(step: str, at: int | None, name: str, error: OSError) -> str:
    try:
        if stat.S_ISLNK(os.stat(step, dir_fd=at, follow_symlinks=False).st_mode):
            return f"{name} is or goes through a symbolic link"
    except OSError:
        pass  # the first error tells more
    if isinstance(error, FileNotFoundError):
        return f"{name} is missing"
    return f"{name} can't be read: {error.strerror}"
