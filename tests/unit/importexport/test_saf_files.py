"""Nothing outside an item's folder is ever opened."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importexport.saf.files import OpenFolder
from importexport.saf.plan import BadItem


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "item"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text("A")
    (folder / "sub" / "b.txt").write_text("B")
    (tmp_path / "secret.txt").write_text("secret")
    return folder


@pytest.mark.parametrize("name", ["a.txt", "./a.txt", "sub/b.txt", "sub//b.txt"])
def test_a_file_in_the_folder_is_opened(folder: Path, name: str) -> None:
    with OpenFolder(folder) as opened, opened.open(name) as file:
        assert file.read() in (b"A", b"B")


@pytest.mark.parametrize("name", ["../secret.txt", "sub/../../secret.txt", "/etc/passwd", "", "..", ".", "a\0b"])
def test_a_path_that_leaves_the_folder_is_refused(folder: Path, name: str) -> None:
    with OpenFolder(folder) as opened, pytest.raises(BadItem, match="leaves the folder"):
        opened.open(name)


def test_a_link_is_refused_wherever_it_stands(folder: Path) -> None:
    (folder / "link.txt").symlink_to("../secret.txt")
    (folder / "dir").symlink_to("..")
    for name in ("link.txt", "dir/secret.txt"):
        with OpenFolder(folder) as opened, pytest.raises(BadItem, match="symbolic link"):
            opened.open(name)


def test_a_missing_file_and_a_device_are_named(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with OpenFolder(folder) as opened, pytest.raises(BadItem, match=r"gone\.pdf is missing"):
        opened.open("gone.pdf")
    for name in ("pipe", "sub"):
        with OpenFolder(folder) as opened, pytest.raises(BadItem, match="not a regular file"):
            opened.open(name)


def test_what_is_too_large_or_not_utf8_is_refused(folder: Path) -> None:
    (folder / "latin").write_bytes(b"caf\xe9")
    with OpenFolder(folder) as opened, pytest.raises(BadItem, match=r"not UTF-8 \(byte 3\)"):
        opened.text("latin", 100)
    with OpenFolder(folder) as opened, pytest.raises(BadItem, match="larger than 3"):
        opened.read("latin", 3)
    with OpenFolder(folder) as opened, pytest.raises(BadItem, match="not UTF-8"):
        opened.open(os.fsdecode(b"caf\xe9"))


@given(st.text(alphabet="./ab\\\0", max_size=12))
def test_no_spelling_of_a_path_reaches_outside(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    root = tmp_path_factory.mktemp("root")
    for letter in "ab":
        (root / letter).write_text("outside")
    (root / "item").mkdir()
    with OpenFolder(root / "item") as opened, pytest.raises(BadItem):
        opened.open(name)
