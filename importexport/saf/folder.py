"""Reading one item's folder into its plan."""

import os
from collections.abc import Iterator
from pathlib import Path

from common.text import natural_key
from importexport.saf.contents import parse_contents
from importexport.saf.files import OpenFolder
from importexport.saf.metadata import parse_metadata
from importexport.saf.plan import BadItem, FilePlan, ItemPlan
from repository.metadata import Value

MAX_METADATA = 8 * 1024 * 1024
MAX_CONTENTS = 4 * 1024 * 1024
MAX_LINE_FILE = 64 * 1024
MAX_HANDLE = 256  # characters, as in DSpace
_NOT_BITSTREAMS = {"dublin_core.xml", "handle", "collections", "relationships"}


def item_folders(source: Path) -> list[str]:
    """Return the names of the item folders of an archive in natural order (`item_2` before `item_10`).

    Links stand among them, so that they are reported when they are read. Hidden folders and what macOS adds to
    zip files are no items. Raises OSError when `source` is no readable directory.
    """
    with os.scandir(source) as entries:
        names = [e.name for e in entries if e.is_dir() and not e.name.startswith((".", "__MACOSX"))]
    return sorted(names, key=natural_key)


def read_item(path: Path) -> ItemPlan:
    """Read and check one folder: metadata, `contents` with each file it names, `handle`, `collections`.

    Raises BadItem with the first thing that is wrong.
    """
    _check_name(path.name)
    with OpenFolder(path) as folder:
        names = folder.names()
        return ItemPlan(
            folder=path,
            values=list(_values(folder, names)),
            files=_files(folder, names),
            handle=_handle(folder) if "handle" in names else None,
            collections=_lines(folder, "collections") if "collections" in names else [],
        )


def _check_name(name: str) -> None:
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise BadItem("the folder's name is not UTF-8") from error
    if not name.isprintable():
        raise BadItem(f"the folder's name {name!r} has control characters")


def _values(folder: OpenFolder, names: set[str]) -> Iterator[tuple[str, Value]]:
    others = sorted(n for n in names if n.startswith("metadata_") and n.endswith(".xml"))
    for name in ["dublin_core.xml", *others]:
        yield from parse_metadata(name, folder.read(name, MAX_METADATA))


def _files(folder: OpenFolder, names: set[str]) -> list[FilePlan]:
    if "contents" not in names:
        _require_metadata_only(names)
        return []
    files = parse_contents(folder.text("contents", MAX_CONTENTS))
    for file in files:
        if file.store is None:
            folder.check(file.path)
        elif file.path.startswith("/") or ".." in file.path.split("/"):
            raise BadItem(f"path {file.path!r} leaves the bitstore")
    return files


def _require_metadata_only(names: set[str]) -> None:
    files = sorted(n for n in names - _NOT_BITSTREAMS if not n.startswith("metadata_"))
    if files:
        raise BadItem(f"no contents file, though there are files besides metadata: {files[0]!r}")


def _handle(folder: OpenFolder) -> str | None:
    lines = _lines(folder, "handle")
    if lines and not _is_handle(lines[0]):
        raise BadItem(f"handle: {lines[0][:MAX_HANDLE]!r} is not prefix/suffix of at most {MAX_HANDLE} characters")
    return lines[0] if lines else None


def _is_handle(text: str) -> bool:
    """Whether this is a handle that can also stand in an address, where `.` and `..` mean something else."""
    steps = text.split("/")
    clean = len(text) <= MAX_HANDLE and text.isprintable() and " " not in text
    return clean and len(steps) > 1 and not {"", ".", ".."}.intersection(steps)


def _lines(folder: OpenFolder, name: str) -> list[str]:
    lines = (line.strip() for line in folder.text(name, MAX_LINE_FILE).splitlines())
    return [line for line in lines if line]
