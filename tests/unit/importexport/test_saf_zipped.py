"""A zip file is unpacked into its folder and nowhere else, and only when it is what it says."""

import stat
import zipfile
from pathlib import Path

import pytest

from importexport.saf import zipped
from importexport.saf.zipped import ZipRefused, unpack


def _zip(path: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


@pytest.fixture
def target(tmp_path: Path) -> Path:
    target = tmp_path / "target"
    target.mkdir()
    return target


@pytest.mark.parametrize("top", ["", "archive/"])
def test_item_folders_are_found_with_and_without_a_folder_around_them(tmp_path: Path, target: Path, top: str) -> None:
    entries = {f"{top}item_{n}/dublin_core.xml": b"<dublin_core/>" for n in (1, 2)}
    root = unpack(_zip(tmp_path / "a.zip", entries), target)
    assert sorted(p.name for p in root.iterdir()) == ["item_1", "item_2"]


def test_a_single_item_is_not_taken_for_the_folder_around_items(tmp_path: Path, target: Path) -> None:
    assert unpack(_zip(tmp_path / "a.zip", {"item_1/dublin_core.xml": b"<dublin_core/>"}), target) == target


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/evil", "a\\..\\evil", "C:/evil"])
def test_an_entry_that_leaves_the_folder_refuses_the_whole_file(tmp_path: Path, target: Path, name: str) -> None:
    with pytest.raises(ZipRefused, match="leave the folder"):
        unpack(_zip(tmp_path / "a.zip", {"good": b"", name: b"x"}), target)
    assert list(target.iterdir()) == []


def test_a_link_is_refused(tmp_path: Path, target: Path) -> None:
    entry = zipfile.ZipInfo("item/link")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(ZipRefused, match="link or a device"):
        unpack(tmp_path / "a.zip", target)


def test_a_bomb_is_refused_before_anything_is_written(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zipped, "FREE_BYTES", 1000)
    with pytest.raises(ZipRefused, match="more than 100 times"):
        unpack(_zip(tmp_path / "a.zip", {"item/big": bytes(1_000_000)}), target)
    assert list(target.iterdir()) == []


def test_an_entry_larger_than_it_declares_is_refused(tmp_path: Path, target: Path) -> None:
    archive = _zip(tmp_path / "a.zip", {"item/lie": b"x" * 5000})
    data = archive.read_bytes()
    archive.write_bytes(data.replace((5000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    with pytest.raises(ZipRefused):
        unpack(archive, target)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 not really", b"\x00" * 100])
def test_what_is_no_zip_file_is_refused(tmp_path: Path, target: Path, data: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(ZipRefused):
        unpack(tmp_path / "a.zip", target)


def test_too_many_entries_and_doubled_ones_are_refused(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("a/x", "1")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a/x", "2")
    with pytest.raises(ZipRefused, match="twice"):
        unpack(tmp_path / "b.zip", target)
    monkeypatch.setattr(zipped, "MAX_ENTRIES", 2)
    with pytest.raises(ZipRefused, match="more than 2 entries"):
        unpack(_zip(tmp_path / "a.zip", {f"i/{n}": b"" for n in range(3)}), target)
