"""Archives and map files from before `update-handle-prefix`: former handles stand for the items they stood for."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from identifiers import services as identifiers
from importexport.saf.mapfile import read_map
from repository.models import Item
from tests.configured import configure
from tests.unit.importexport.archives import make_item
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
    (archive.parent / "map").write_text(f"i {NEW}/5\n")
    run_import("-d")
    again = archive.parent / "again"
    assert run_import("-a", "-t", mapfile=again).failed is None
    run_import("-a", mapfile=again)
    item = Item.objects.get()
    assert (item.pk, identifiers.handle_of(item.pk)) == (imported.pk, f"{NEW}/5")
    assert read_map(again) == {"i": f"{NEW}/5"}
    assert item.md.values("dc.identifier.uri") == [identifiers.canonical_url(f"{NEW}/5")]
