"""Archives and map files from before `update-handle-prefix`: former handles stand for the items they stood for."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from identifiers import services as identifiers
from importexport.saf.mapfile import read_map
from repository.models import Collection, Item
from tests.configured import configure
from tests.unit.importexport.archives import dublin_core, make_item
from tests.unit.importexport.conftest import Ran

Import = Callable[..., Ran]
OLD, NEW = "20.old", "10673"


@pytest.fixture(params=["", OLD.upper()], ids=["prefix given up", "prefix still ours"])
def imported(request: pytest.FixtureRequest, run_import: Import, archive: Path, settings: object) -> Item:
    """An item that was imported as `20.old/5` before the prefix changed."""
    make_item(archive, "i", handle=f"{OLD}/5\n")
    run_import("-a")
    call_command("update_handle_prefix", OLD, NEW, "--yes")
    configure(settings, {"handle.prefix": NEW, "handle.additional.prefixes": request.param})
    return Item.objects.get()


@pytest.mark.parametrize("handle", [f"{OLD}/5", f"{OLD.upper()}/5"])
def test_a_former_handle_is_taken(
    imported: Item, run_import: Import, archive: Path, client: Client, handle: str
) -> None:
    (archive / "i" / "handle").write_text(f"{handle}\n")
    before = client.get(f"/handle/{OLD}/5").status_code
    for arguments in (["-a", "-t"], ["-a"]):
        assert f"handle {handle} already names" in run_import(*arguments, mapfile=archive.parent / "second").err
    assert Item.objects.get() == imported
    assert client.get(f"/handle/{OLD}/5").status_code == before


def test_what_was_deleted_comes_back_under_its_handle_of_today(
    imported: Item, run_import: Import, archive: Path
) -> None:
    run_import("-d")
    again = archive.parent / "again"
    assert run_import("-a", "-t", mapfile=again).failed is None
    run_import("-a", mapfile=again)
    item = Item.objects.get()
    assert (item.pk, identifiers.handle_of(item.pk)) == (imported.pk, f"{NEW}/5")
    assert read_map(again) == {"i": f"{NEW}/5"}
    assert item.md.values("dc.identifier.uri") == [identifiers.canonical_url(f"{NEW}/5")]


@pytest.mark.parametrize("handle", [f"{OLD}/5", f"{NEW}/5", None])
def test_a_map_file_of_before_replaces_its_items(
    imported: Item, run_import: Import, archive: Path, handle: str | None
) -> None:
    (archive / "i" / "dublin_core.xml").write_text(dublin_core({"title": "New"}))
    (archive / "i" / "handle").write_text(f"{handle}\n") if handle else (archive / "i" / "handle").unlink()
    assert run_import("-r", collection=None).failed is None
    item = Item.objects.get()
    assert (item.pk, item.name) == (imported.pk, "New")


def test_an_items_map_line_and_handle_file_must_name_the_same(
    imported: Item, run_import: Import, archive: Path
) -> None:
    (archive / "i" / "handle").write_text(f"{OLD}/6\n")
    assert f"its handle file says {OLD}/6, the map file {OLD}/5" in run_import("-r", collection=None).err


def test_a_map_file_of_before_deletes_its_items(imported: Item, run_import: Import) -> None:
    assert "1 item in" in run_import("-d").out
    assert not Item.objects.exists()
    assert "1 unchanged" in run_import("-d").out


def test_collections_are_found_by_what_they_were(run_import: Import, archive: Path, theses: Collection) -> None:
    former = identifiers.handle_of(theses.pk)
    call_command("update_handle_prefix", identifiers.prefix(), NEW, "--yes")
    make_item(archive, "i", collections=f"{former}\n")
    assert run_import("-a", collection=None).failed is None
    assert Item.objects.get().owning_collection == theses
