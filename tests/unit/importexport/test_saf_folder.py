"""A folder becomes a plan, or is bad for one clear reason."""

from pathlib import Path

import pytest

from importexport.saf.folder import item_folders, read_item
from importexport.saf.plan import BadItem

TITLE = '<dublin_core><dcvalue element="title">T</dcvalue></dublin_core>'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "item_1"
    folder.mkdir()
    (folder / "dublin_core.xml").write_text(TITLE)
    return folder


def test_folders_come_in_natural_order_without_what_tools_leave(tmp_path: Path) -> None:
    for name in ("item_10", "item_2", "item_1", ".git", "__MACOSX", "²", "x"):
        (tmp_path / name).mkdir()
    (tmp_path / "structure.xml").write_text("")
    assert item_folders(tmp_path) == ["item_1", "item_2", "item_10", "x", "²"]


def test_everything_a_folder_says_is_in_its_plan(folder: Path) -> None:
    (folder / "metadata_local.xml").write_text(TITLE.replace("<dublin_core>", '<dublin_core schema="local">'))
    (folder / "contents").write_text("\ufefftext/ü.txt\tprimary:true\n", encoding="utf-8")
    (folder / "text").mkdir()
    (folder / "text" / "ü.txt").write_text("x")
    (folder / "handle").write_text("\n123456789/77\n")
    (folder / "collections").write_text("123456789/2\n\n123456789/3\n")
    plan = read_item(folder)
    assert plan.name == "item_1"
    assert [field for field, _ in plan.values] == ["dc.title", "local.title"]
    assert [(f.name, f.primary) for f in plan.files] == [("text/ü.txt", True)]
    assert (plan.handle, plan.collections) == ("123456789/77", ["123456789/2", "123456789/3"])


def test_metadata_alone_needs_no_contents(folder: Path) -> None:
    (folder / "handle").write_text("1/2")
    assert read_item(folder).files == []


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("stray.pdf", "x", "no contents file"),
        ("contents", "gone.pdf", r"gone\.pdf is missing"),
        ("contents", "../../etc/passwd", "leaves the folder"),
        ("contents", "-r -s 0 -f ../../etc/passwd", "leaves the bitstore"),
        ("handle", "no handle", "not prefix/suffix"),
        ("dublin_core.xml", "<dublin_core>", r"dublin_core\.xml"),
    ],
)
def test_a_bad_folder_says_why(folder: Path, name: str, text: str, reason: str) -> None:
    (folder / name).write_text(text)
    with pytest.raises(BadItem, match=reason):
        read_item(folder)


def test_a_folder_without_metadata_or_behind_a_link_is_bad(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadItem, match="symbolic link"):
        read_item(tmp_path / "link")
    with pytest.raises(BadItem, match=r"dublin_core\.xml is missing"):
        read_item(tmp_path / "empty")
