"""The storage of files on a disk: durable once `save` returns, under exactly the name that was asked for."""

import os
import secrets
from pathlib import Path
from typing import Any

from django.core.exceptions import SuspiciousFileOperation
from django.core.files import File
from django.core.files.storage import FileSystemStorage

from repository.bitstore import CHUNK


class AssetStorage(FileSystemStorage):
    """A folder of files. `location` is DSpace's `assetstore.dir`."""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Return `name`: an internal id is unique, and a file never lands beside the name its row has."""
        return name

    def _save(self, name: str, content: "File[Any]") -> str:
        target = Path(self.path(name))
        _make_folder(target.parent, Path(self.location))
        temporary = target.parent / f".{secrets.token_hex(8)}.tmp"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
        try:
            with os.fdopen(descriptor, "wb") as file:
                for chunk in content.chunks(CHUNK):
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            if target.exists():
                raise SuspiciousFileOperation(f"{name} exists in the store")
            temporary.rename(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)
        return name


def _make_folder(folder: Path, root: Path) -> None:
    """Make `folder` and what is missing above it, each durable in its parent."""
    if folder.is_dir():
        return
    if folder != root:
        _make_folder(folder.parent, root)
        folder.mkdir(mode=0o750, exist_ok=True)
    else:
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
