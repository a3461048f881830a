"""The map file: folder and handle, one writer."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importexport.saf.mapfile import MapFileError, MapWriter, read_map


def test_what_is_added_is_in_the_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "map"
    path.write_text("stale 1/1\n")
    with MapWriter(path) as writer:
        assert read_map(path) == {"stale": "1/1"}
        writer.rewrite({"item 1": "123/4"})
        writer.add("item_2", "123/5")
        assert read_map(path) == {"item 1": "123/4", "item_2": "123/5"}


def test_a_second_writer_is_refused_and_harms_nothing(tmp_path: Path) -> None:
    path = tmp_path / "map"
    with MapWriter(path) as writer:
        writer.add("a", "1/2")
        with pytest.raises(MapFileError, match="another import"):
            MapWriter(path)
    assert read_map(path) == {"a": "1/2"}


def test_a_line_without_handle_is_named(tmp_path: Path) -> None:
    (tmp_path / "map").write_text("item_1 1/2\r\n\nitem_2\n")
    with pytest.raises(MapFileError, match=r":3: "):
        read_map(tmp_path / "map")


_NAMES = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1).filter(str.strip)


@given(st.dictionaries(_NAMES.filter(str.isprintable), st.just("1/2")))
def test_every_folder_name_survives(tmp_path_factory: pytest.TempPathFactory, entries: dict[str, str]) -> None:
    path = tmp_path_factory.mktemp("m") / "map"
    with MapWriter(path) as writer:
        writer.rewrite(entries)
    assert read_map(path) == entries
