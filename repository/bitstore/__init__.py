"""Where the bytes are: numbered stores, each an entry `assetstore<N>` of Django's STORAGES.

A file is written before its row, and removed after it: a crash leaves an orphan, never a row without its file.
`cleanup` removes orphans. A registered file lies in a store already and is never moved or removed (`-R` ids).
"""

import hashlib
import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage, storages

REGISTERED = "-R"
OWN_NAME = re.compile(r"[0-9]{2}/[0-9]{2}/[0-9]{2}/[0-9]{38}", re.ASCII)
CHUNK = 1024 * 1024


class NoSuchStore(LookupError):
    """No store of this number is configured."""


class RegisteredPathRefused(ValueError):
    """The path of a registered file leaves its store or names no file there."""


@dataclass(frozen=True)
class StoredFile:
    """A file in a store: its size in bytes and its checksums in hexadecimal."""

    store_number: int
    internal_id: str
    size: int
    md5: str
    sha256: str


class _Hashing(File):  # type: ignore[type-arg]  # generic only in the stubs
    """A file that computes its checksums while a storage reads it from start to end, in chunks or by `read`.

    A storage may go back to the start (those that upload do, before and when they try again).
    """

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(stream, name="upload")
        self.stream = stream
        self._restart()

    def _restart(self) -> None:
        self.md5, self.sha256, self.length = hashlib.md5(usedforsecurity=False), hashlib.sha256(), 0

    def read(self, size: int = -1) -> bytes:
        data = self.stream.read(size)
        self.md5.update(data)
        self.sha256.update(data)
        self.length += len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        if (offset, whence) == (0, 0):
            self._restart()
        return self.stream.seek(offset, whence)

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        while data := self.read(chunk_size or CHUNK):
            yield data


def store_file(stream: IO[bytes], *, store_number: int | None = None) -> StoredFile:
    """Write a stream to a store (default: `assetstore.incoming`, else 0) and return where it is and what it holds."""
    number = incoming() if store_number is None else store_number
    internal_id = _new_id()
    hashing = _Hashing(stream)
    storage_of(number).save(name_in_store(internal_id), hashing)
    return StoredFile(number, internal_id, hashing.length, hashing.md5.hexdigest(), hashing.sha256.hexdigest())


def register_file(path: str, *, store_number: int) -> StoredFile:
    """Return the record of a file that already lies at `path` inside a store.

    Raises RegisteredPathRefused when the path leaves the store or no readable file is there, NoSuchStore.
    """
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts or not parts.parts:
        raise RegisteredPathRefused(f"registered path {path!r} leaves the store")
    if OWN_NAME.fullmatch(str(parts)):  # one that another item has, with policies of its own, and may lose
        raise RegisteredPathRefused(f"registered path {path!r} is that of a file which the store named itself")
    storage = storage_of(store_number)
    if not storage.exists(path):
        raise RegisteredPathRefused(f"no file {path!r} in assetstore {store_number}")
    try:
        opened = storage.open(path)
    except OSError as error:  # a folder, or not ours to read
        raise RegisteredPathRefused(f"{path!r} in assetstore {store_number} can't be read: {error.strerror}") from error
    with opened as file:
        hashing = _Hashing(file)
        for _ in hashing.chunks():
            pass
    return StoredFile(
        store_number, REGISTERED + path, hashing.length, hashing.md5.hexdigest(), hashing.sha256.hexdigest()
    )


def incoming() -> int:
    """Return the number of the store that new files go to."""
    return int(settings.DSPACE.get("assetstore.incoming") or 0)


def storage_of(store_number: int) -> Storage:
    """Return Django's storage behind a store number. Raises NoSuchStore."""
    alias = f"assetstore{store_number}"
    if alias not in settings.STORAGES:
        raise NoSuchStore(f"no assetstore {store_number} is configured")
    return storages[alias]


def name_in_store(internal_id: str) -> str:
    """Return the name under which a store knows this file: three folders of two digits, or the registered path."""
    if internal_id.startswith(REGISTERED):
        return internal_id[len(REGISTERED) :]
    return f"{internal_id[0:2]}/{internal_id[2:4]}/{internal_id[4:6]}/{internal_id}"


def _new_id() -> str:
    """Return 38 digits, as DSpace's ids have.

    The first six, which name the folders, change every ten seconds instead of being random: a folder is then made
    (and made durable) once for the files of ten seconds, not once for each, and a million folders last 115 days.
    """
    return f"{int(time.time() / 10) % 10**6:06d}{secrets.randbelow(10**32):032d}"
