"""`import --zip`."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from importexport import batch
from importexport.workplace import workplace
from repository.models import Bitstream, Item
from tests.unit.importexport.archives import make_item
from tests.unit.importexport.conftest import Ran


@pytest.fixture
def zipped(archive: Path) -> Path:
    make_item(archive, "item_1", files={"ä.txt": b"a"})
    target = archive.parent / "batch.zip"
    with zipfile.ZipFile(target, "w") as file:
        for path in sorted(archive.rglob("*")):
            file.write(path, Path("SimpleArchiveFormat") / path.relative_to(archive))
    return target


def test_items_come_out_of_a_zip_file_and_nothing_stays_behind(
    run_import: Callable[..., Ran], zipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = zipped.parent / "work"
    (work / "import-of-a-killed-process" / "item").mkdir(parents=True)
    monkeypatch.setattr(batch, "work_folder", lambda: work)
    assert run_import("-a", "-z", zipped).failed is None
    assert Bitstream.objects.get().name == "ä.txt"
    assert list(work.iterdir()) == []


def test_a_folder_that_somebody_works_in_is_left_alone(tmp_path: Path) -> None:
    with workplace(tmp_path) as first, workplace(tmp_path) as second:
        assert first != second
        assert first.is_dir()
    assert list(tmp_path.iterdir()) == []


def test_a_zip_file_that_would_do_harm_loads_nothing(run_import: Callable[..., Ran], archive: Path) -> None:
    with zipfile.ZipFile(archive / "evil.zip", "w") as file:
        file.writestr("../../evil", "x")
    assert "leave the folder" in run_import("-a", "-z", "evil.zip").failed
    assert Item.objects.count() == 0


def test_a_damaged_zip_file_is_one_line_and_loads_nothing(run_import: Callable[..., Ran], archive: Path) -> None:
    with zipfile.ZipFile(archive / "a.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("i/dublin_core.xml", bytes(range(256)) * 9)
    data = bytearray((archive / "a.zip").read_bytes())
    data[60:90] = b"\xff" * 30
    (archive / "a.zip").write_bytes(data)
    assert "a.zip: Error -3 while decompressing" in run_import("-a", "-z", "a.zip").failed
    assert Item.objects.count() == 0
