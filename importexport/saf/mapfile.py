"""The map file of an import: `folder handle`, one line per item."""

import fcntl
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Self

_LINE = re.compile(r"(.*\S.*)[ \t](\S+)\s*")


class MapFileError(ValueError):
    """The map file can't be used: unreadable lines, or another import is writing it."""


def read_map(path: Path) -> dict[str, str]:
    """Return folder name -> handle (or UUID), in file order. Raises MapFileError; OSError when it can't be read.

    A folder's name may hold blanks, a handle can't.
    """
    result: dict[str, str] = {}
    for number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line)
        if not match:
            raise MapFileError(f"{path}:{number}: not a folder and a handle: {line!r}")
        result[match[1]] = match[2]
    return result


class MapWriter:
    """A map file open for writing, held by one import at a time."""

    def __init__(self, path: Path) -> None:
        """Open and lock `path`. Raises MapFileError while another import holds it, OSError."""
        self._file = path.open("a", encoding="utf-8")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.close()
            raise MapFileError(f"{path}: another import is writing this map file") from error

    def rewrite(self, entries: Mapping[str, str]) -> None:
        """Let the file hold exactly these folders and handles."""
        self._file.truncate(0)
        self._file.writelines(f"{folder} {handle}\n" for folder, handle in entries.items())
        self._file.flush()

    def add(self, folder: str, handle: str) -> None:
        """Append one item; it is in the file when this returns."""
        self._file.write(f"{folder} {handle}\n")
        self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.fsync(self._file.fileno())
        self._file.close()
