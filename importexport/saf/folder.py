"""Reading one item's folder into its plan."""

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from common.text import natural_key
from importexport.saf.contents import parse_contents
from importexport.saf.files import open_inside, read_inside, read_text
from importexport.saf.metadata import parse_metadata
from importexport.saf.plan import BadItem, FilePlan, ItemPlan
from repository.metadata import Value

MAX_METADATA = 8 * 1024 * 1024
MAX_CONTENTS = 4 * 1024 * 1024
MAX_LINE_FILE = 64 * 1024
_HANDLE = re.compile(r"[^/\s]+/\S+")
_NOT_BITSTREAMS = {"dublin_core.xml", "handle", "collections", "relationships"}


def item_folders(source: Path) -> list[str]:
    """Return the names of the item folders of an archive in natural order (`item_2` before `item_10`).

    Links stand among them, so that they are reported when they are read. Hidden folders and what macOS adds to
    zip files are no items. Raises OSError when `source` is no readable directory.
    """
    with os.scandir(source) as entries:
        names = [e.name for e in entries if e.is_dir() and not e.name.startswith((".", "__MACOSX"))]
    return sorted(names, key=natural_key)


def read_item(folder: Path) -> ItemPlan:
    """Read and check one folder: metadata, `contents` with each file it names, `handle`, `collections`.

    Raises BadItem with the first thing that is wrong.
    """
    names = _names(folder)
    files = parse_contents(read_text(folder, "contents", MAX_CONTENTS)) if "contents" in names else None
    if files is None:
        _require_metadata_only(names)
    for file in files or ():
        _check_file(folder, file)
    return ItemPlan(
        folder=folder,
        values=list(_values(folder, names)),
        files=files or [],
        handle=_handle(folder) if "handle" in names else None,
        collections=_lines(folder, "collections") if "collections" in names else [],
    )


def _names(folder: Path) -> set[str]:
    try:
        folder.name.encode()
        if not folder.name.isprintable():
            raise BadItem(f"the folder's name {folder.name!r} has control characters")
        if stat.S_ISLNK(folder.lstat().st_mode):
            raise BadItem("the folder is a symbolic link")
        return {path.name for path in folder.iterdir()}
    except UnicodeEncodeError as error:
        raise BadItem("the folder's name is not UTF-8") from error
    except OSError as error:
        raise BadItem(f"the folder can't be read: {error.strerror}") from error


def _values(folder: Path, names: set[str]) -> Iterator[tuple[str, Value]]:
    others = sorted(n for n in names if n.startswith("metadata_") and n.endswith(".xml"))
    for name in ["dublin_core.xml", *others]:
        yield from parse_metadata(name, read_inside(folder, name, MAX_METADATA))


def _require_metadata_only(names: set[str]) -> None:
    files = sorted(n for n in names - _NOT_BITSTREAMS if not n.startswith("metadata_"))
    if files:
        raise BadItem(f"no contents file, though there are files besides metadata: {files[0]!r}")


def _check_file(folder: Path, file: FilePlan) -> None:
    if file.store is None:
        open_inside(folder, file.path).close()
    elif file.path.startswith("/") or ".." in file.path.split("/"):
        raise BadItem(f"path {file.path!r} leaves the bitstore")


def _handle(folder: Path) -> str | None:
    lines = _lines(folder, "handle")
    if lines and not _HANDLE.fullmatch(lines[0]):
        raise BadItem(f"handle: {lines[0]!r} is not prefix/suffix")
    return lines[0] if lines else None


def _lines(folder: Path, name: str) -> list[str]:
    lines = (line.strip() for line in read_text(folder, name, MAX_LINE_FILE).splitlines())
    return [line for line in lines if line]
