"""Opening files of a stranger's folder: never one outside it, never through a link, never a device."""

import os
import stat
from pathlib import Path
from typing import BinaryIO, Self

from importexport.saf.plan import BadItem

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a FIFO must not make us wait


class OpenFolder:
    """An item's folder, held open: what is read is in it, whatever happens to its path meanwhile.

    `name` is everywhere a relative path with `/`. Each step of it is opened by itself, so that no link can be slipped
    in between check and use. All methods raise BadItem: when a name leaves the folder, a step is a link, or there is
    no readable regular file.
    """

    def __init__(self, path: Path) -> None:
        self._folder = _open(str(path), _DIRECTORY, None, "the folder")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._folder)

    def names(self) -> set[str]:
        """Return the names of all that is in the folder."""
        return set(os.listdir(self._folder))  # noqa: PTH208  # a descriptor, not a path

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading."""
        return os.fdopen(self._descriptor(name), "rb")

    def read(self, name: str, max_bytes: int) -> bytes:
        """Return the content of a file. Raises BadItem, also when it is larger than `max_bytes`."""
        file, parts, length = self._descriptor(name), [], 0
        try:
            while length <= max_bytes and (part := os.read(file, max_bytes + 1)):
                parts.append(part)
                length += len(part)
        finally:
            os.close(file)
        if length > max_bytes:
            raise BadItem(f"{name} is larger than {max_bytes} bytes")
        return b"".join(parts)

    def text(self, name: str, max_bytes: int) -> str:
        """Return the text of a UTF-8 file (a byte order mark is dropped)."""
        data = self.read(name, max_bytes)
        if b"\0" in data:
            raise BadItem(f"{name} is no text: it has a NUL character")
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise BadItem(f"{name} is not UTF-8 (byte {error.start})") from error

    def check(self, name: str) -> None:
        """Raise BadItem unless the file could be opened."""
        os.close(self._descriptor(name))

    def _descriptor(self, name: str) -> int:
        *folders, last = _steps(name)
        at = self._folder
        try:
            for step in folders:
                above, at = at, _open(step, _DIRECTORY, at, name)
                if above != self._folder:
                    os.close(above)
            file = _open(last, _FILE, at, name)
        finally:
            if at != self._folder:
                os.close(at)
        if not stat.S_ISREG(os.fstat(file).st_mode):
            os.close(file)
            raise BadItem(f"{name} is not a regular file")
        return file


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
