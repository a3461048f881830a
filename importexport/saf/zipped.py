"""Unpacking a zipped archive that a stranger made: nothing outside the target, no links, no bombs."""

import shutil
import stat
import zipfile
import zlib
from lzma import LZMAError
from pathlib import Path

MAX_ENTRIES = 1_000_000
FREE_BYTES = 1024**3  # an archive may always unpack to this much,
MAX_RATIO = 100  # and beyond it to this many times its packed size: real documents shrink less

_DAMAGED = (zipfile.BadZipFile, zlib.error, LZMAError, EOFError)


class ZipRefused(ValueError):
    """The zip file is damaged, or would do harm when unpacked."""


def unpack(archive: Path, target: Path) -> Path:
    """Unpack `archive` below the empty folder `target` and return the folder that holds the item folders.

    Everything declared is checked before the first byte is written; the reader gives no entry more than it declared.
    An archive that wraps its item folders in one more folder, as many tools do, gives that folder.

    Raises ZipRefused; OSError when it can't be read or written.
    """
    try:
        with zipfile.ZipFile(archive) as zipped:
            entries = zipped.infolist()
            _check(entries, archive.stat().st_size, shutil.disk_usage(target).free)
            for entry in entries:
                _write(zipped, entry, target)
    except (*_DAMAGED, NotImplementedError, RuntimeError) as error:
        raise ZipRefused(f"{archive}: {error}") from error
    return _item_root(target)


def _check(entries: list[zipfile.ZipInfo], packed: int, room: int) -> None:
    if len(entries) > MAX_ENTRIES:
        raise ZipRefused(f"more than {MAX_ENTRIES} entries")
    total = sum(entry.file_size for entry in entries)
    if total > max(FREE_BYTES, MAX_RATIO * packed):
        raise ZipRefused(f"would unpack to {total} bytes, more than {MAX_RATIO} times its size")
    if total > room:
        raise ZipRefused(f"needs {total} bytes, and only {room} are free")
    names: set[str] = set()
    for entry in entries:
        _check_name(entry)
        if entry.filename in names:
            raise ZipRefused(f"entry {entry.filename!r} stands in it twice")
        names.add(entry.filename)


def _check_name(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ZipRefused(f"entry {name!r} is a link or a device")
    if entry.flag_bits & 0x1:
        raise ZipRefused(f"entry {name!r} is encrypted")
    steps = name.split("/")
    if name.startswith("/") or "\\" in name or "\0" in name or ".." in steps or ":" in steps[0]:
        raise ZipRefused(f"entry {name!r} would leave the folder")


def _write(zipped: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    path = target / entry.filename
    if entry.is_dir():
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipped.open(entry) as source, path.open("xb") as file:
        shutil.copyfileobj(source, file, 1024 * 1024)


def _item_root(target: Path) -> Path:
    folders = [p for p in target.iterdir() if p.is_dir() and not p.name.startswith((".", "__MACOSX"))]
    if len(folders) == 1 and not (folders[0] / "dublin_core.xml").exists():
        return folders[0]
    return target
