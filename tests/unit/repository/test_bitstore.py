"""Files: written durably under exactly their name, found again, and cleaned up when nothing names them."""

import hashlib
import io
import os
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.utils import timezone

from repository import bitstore
from repository.authorize import SYSTEM
from repository.models import Bitstream
from repository.services import bitstreams, items
from tests import factories
from tests.factories import NOW


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    backend = "repository.bitstore.storage.AssetStorage"
    options = {"BACKEND": backend, "OPTIONS": {"location": str(tmp_path / "store")}}
    settings.STORAGES = {**settings.STORAGES, "assetstore0": options, "assetstore1": options}
    return tmp_path / "store"


def files(store: Path) -> list[Path]:
    return [p for p in store.rglob("*") if p.is_file()]


def test_a_stored_file_lies_in_three_folders_of_two_digits_with_its_checksums(store):
    stored = bitstore.store_file(io.BytesIO(b"abc" * 1_000_000))
    [path] = files(store)
    i = stored.internal_id
    assert len(i) == 38
    assert i.isdigit()
    assert path.relative_to(store).parts == (i[:2], i[2:4], i[4:6], i)
    assert stored.md5 == hashlib.md5(path.read_bytes()).hexdigest()
    assert stored.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert stored.size == path.stat().st_size == 3_000_000


def test_a_stream_that_breaks_leaves_no_file(store):
    class Broken(io.BytesIO):
        def read(self, size=-1):
            raise OSError("the disk is gone")

    with pytest.raises(OSError, match="gone"):
        bitstore.store_file(Broken())
    assert files(store) == []


def test_a_name_is_never_replaced_nor_changed(store):
    storage = bitstore.storage_of(0)
    storage.save("11/22/33/112233", ContentFile(b"one"))
    with pytest.raises(SuspiciousFileOperation):
        storage.save("11/22/33/112233", ContentFile(b"two"))
    assert [p.read_bytes() for p in files(store)] == [b"one"]


def test_file_and_folders_are_synced_before_save_returns(store, monkeypatch):
    synced = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(str(Path(f"/proc/self/fd/{fd}").readlink())), real(fd)))
    stored = bitstore.store_file(io.BytesIO(b"x"))
    folder = str(store / Path(bitstore.name_in_store(stored.internal_id)).parent)
    assert synced[-1] == folder
    assert synced[-2].startswith(folder + "/.")
    assert str(store) in synced  # the folders made on the way


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", "", "missing.pdf", "folder"])
def test_a_registered_path_that_leaves_the_store_or_names_no_file_is_refused(store, path):
    store.joinpath("folder").mkdir(parents=True)
    with pytest.raises(bitstore.RegisteredPathRefused):
        bitstore.register_file(path, store_number=0)


def test_a_file_that_the_store_named_itself_can_not_be_registered_for_another(store):
    stored = bitstore.store_file(io.BytesIO(b"somebody's"))
    with pytest.raises(bitstore.RegisteredPathRefused, match="named itself"):
        bitstore.register_file(bitstore.name_in_store(stored.internal_id), store_number=0)
    with pytest.raises(bitstore.RegisteredPathRefused, match="named itself"):
        bitstore.register_file("./" + bitstore.name_in_store(stored.internal_id).replace("/", "//"), store_number=0)


def test_an_unknown_store_is_named():
    with pytest.raises(bitstore.NoSuchStore, match="7"):
        bitstore.store_file(io.BytesIO(b""), store_number=7)


class Uploading(Storage):
    """A storage that sends a file as those for S3 do: back to the start, then read, and the same once more."""

    files: ClassVar[dict[str, bytes]] = {}

    def _save(self, name, content):
        for _ in range(2):
            content.seek(0)
            self.files[name] = content.read(2) + content.read()
        return name

    def exists(self, name):
        return name in self.files


def test_checksums_hold_for_a_store_that_uploads(settings):
    settings.STORAGES = {**settings.STORAGES, "assetstore2": {"BACKEND": f"{__name__}.Uploading"}}
    stored = bitstore.store_file(io.BytesIO(b"abcdef"), store_number=2)
    assert Uploading.files == {bitstore.name_in_store(stored.internal_id): b"abcdef"}
    assert (stored.size, stored.md5) == (6, hashlib.md5(b"abcdef").hexdigest())
    assert stored.sha256 == hashlib.sha256(b"abcdef").hexdigest()


@pytest.mark.django_db
def test_cleanup_removes_deleted_files_and_old_orphans_and_spares_the_rest(store):
    kept = factories.item(files=[factories.new_file("kept.txt")])
    gone = factories.item(files=[factories.new_file("gone.txt")])
    store.joinpath("incoming").mkdir()
    store.joinpath("incoming/scan.tif").write_bytes(b"tiff")
    registered = bitstore.register_file("incoming/scan.tif", store_number=0)
    item = factories.item(files=[factories.install.NewFile("scan.tif", registered)])
    young, old = bitstore.store_file(io.BytesIO(b"young")), bitstore.store_file(io.BytesIO(b"old"))
    day = timedelta(hours=25).total_seconds()
    path = store / bitstore.name_in_store(old.internal_id)
    os.utime(path, (path.stat().st_atime, path.stat().st_mtime - day))
    for dead in (gone, item):
        items.expunge(acting_user=SYSTEM, item=dead, now=NOW)
    lines = list(bitstreams.cleanup(acting_user=SYSTEM, now=timezone.now()))
    assert len(lines) == 3
    left = {p.name for p in files(store)}
    assert left == {Bitstream.objects.get(bundle__item=kept).internal_id, young.internal_id, "scan.tif"}
    assert Bitstream.objects.filter(deleted=True).count() == 0
