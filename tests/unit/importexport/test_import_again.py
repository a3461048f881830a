"""`import --resume`, `--replace`, `--delete`: nothing lost, nothing twice."""

from collections.abc import Callable
from pathlib import Path

from identifiers import services as identifiers
from importexport.models import ImportedItem, ImportRun
from importexport.saf.mapfile import read_map
from repository.models import Bitstream, Collection, Item
from tests import factories
from tests.unit.importexport.archives import dublin_core, make_item
from tests.unit.importexport.conftest import Ran

Import = Callable[..., Ran]


def test_resuming_loads_only_what_is_missing_and_mends_the_map_file(run_import: Import, archive: Path) -> None:
    mapfile = archive.parent / "map"
    make_item(archive, "item_1")
    bad = make_item(archive, "item_2", contents="gone.txt\n")
    make_item(archive, "item_3")
    run_import("-a")
    before = read_map(mapfile)
    mapfile.write_text("item_1")  # what a crash may leave
    (bad / "gone.txt").write_text("found")
    ran = run_import("-a", "-R")
    assert ran.failed is None
    assert "1 item in" in ran.out
    assert "2 unchanged" in ran.out
    after = read_map(mapfile)
    assert list(after) == ["item_1", "item_3", "item_2"]
    assert before.items() <= after.items()
    assert Item.objects.count() == 3
    assert ImportRun.objects.count() == 1


def test_a_map_file_of_another_system_is_believed(run_import: Import, archive: Path) -> None:
    make_item(archive, "item_1")
    make_item(archive, "item_2")
    (archive.parent / "map").write_text("item_1 10673/5\n")
    run_import("-a", "-R")
    assert Item.objects.count() == 1
    assert list(read_map(archive.parent / "map")) == ["item_1", "item_2"]


def test_resuming_an_import_that_nothing_is_known_of_loads_nothing(run_import: Import, archive: Path) -> None:
    make_item(archive, "item_1")
    run_import("-a")
    mistyped = archive.parent / "mpa"
    ran = run_import("-a", "-R", mapfile=mistyped)
    assert ran.failed == (f"nothing is known of an import with map file {mistyped}; leave out --resume to begin one")
    assert Item.objects.count() == 1
    assert not mistyped.exists()
    (archive.parent / "map").unlink()  # the record alone is enough
    assert run_import("-a", "-R").failed is None
    assert Item.objects.count() == 1


def test_replacing_keeps_identity_and_history_and_takes_over_the_rest(
    run_import: Import, archive: Path, theses: Collection
) -> None:
    folder = make_item(
        archive, "i", {"title": "Old", "subject": ["a", "b"]}, files={"old.txt": b"old", "same.txt": b"same"}
    )
    run_import("-a")
    before = Item.objects.get()
    handle = identifiers.handle_of(before.pk)
    (folder / "dublin_core.xml").write_text(dublin_core({"title": "New", "language": "en"}))
    (folder / "new.txt").write_bytes(b"new")
    (folder / "contents").write_text("new.txt\tprimary:true\tdescription:N\nsame.txt\n")
    assert run_import("-r", collection=None).failed is None
    after = Item.objects.get()
    assert (after.pk, identifiers.handle_of(after.pk)) == (before.pk, handle)
    assert after.md.values("dc.title", "dc.language", "dc.subject") == ["New", "en"]
    for kept in ("dc.date.accessioned", "dc.date.available", "dc.identifier.uri"):
        assert after.md.values(kept) == before.md.values(kept)
    notes = after.md.values("dc.description.provenance")
    assert notes[:-1] == before.md.values("dc.description.provenance")
    assert "replaced by" in notes[-1]
    live = Bitstream.objects.filter(deleted=False)
    assert {b.name: b.description for b in live} == {"new.txt": "N", "same.txt": ""}
    assert after.owning_collection == theses
    assert (archive.parent / "map").exists()


def test_replacing_moves_the_item_when_collections_are_named(run_import: Import, archive: Path) -> None:
    make_item(archive, "i")
    run_import("-a")
    papers = factories.collection("Papers")
    run_import("-r", collection=papers.pk)
    item = Item.objects.get()
    assert item.owning_collection == papers
    assert [m.collection for m in item.memberships.all()] == [papers]


def test_a_bad_folder_leaves_the_item_as_it_was(run_import: Import, archive: Path, tmp_path: Path) -> None:
    folder = make_item(archive, "i", {"title": "Old"}, files={"a.txt": b"a"})
    run_import("-a")
    (folder / "dublin_core.xml").write_text(dublin_core({"title": "New", "nosuch": "x"}))
    assert "dc.nosuch" in run_import("-r").err
    assert Item.objects.get().name == "Old"
    assert Bitstream.objects.filter(deleted=False).count() == 1
    assert len([p for p in (tmp_path / "store").rglob("*") if p.is_file()]) == 1


def test_deleting_removes_the_items_and_leaves_tombstones(run_import: Import, archive: Path) -> None:
    make_item(archive, "item_1", files={"a.txt": b"a"})
    make_item(archive, "item_2")
    run_import("-a")
    handles = read_map(archive.parent / "map").values()
    Item.objects.filter(pk=identifiers.lookup(list(handles)[1]).object_id).update(discoverable=False)
    assert run_import("-d").failed is None
    assert Item.objects.count() == ImportedItem.objects.count() == 0
    assert all(identifiers.lookup(handle) for handle in handles)
    assert "2 unchanged" in run_import("-d").out


def test_what_was_deleted_comes_back_under_the_handle_it_had_whatever_the_letters(
    run_import: Import, archive: Path
) -> None:
    folder = make_item(archive, "i", handle="10673/Owl\n")
    run_import("-a")
    before = Item.objects.get()
    run_import("-d")
    (folder / "handle").write_text("10673/oWL\n")
    assert run_import("-a", "-t", mapfile=archive.parent / "second").failed is None
    run_import("-a", mapfile=archive.parent / "second")
    assert Item.objects.get() == before
    assert read_map(archive.parent / "second") == {"i": "10673/Owl"}


def test_a_test_of_deleting_deletes_nothing(run_import: Import, archive: Path) -> None:
    make_item(archive, "i")
    run_import("-a")
    run_import("-d", "-t")
    assert Item.objects.count() == 1
