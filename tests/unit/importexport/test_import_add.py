"""`import --add`: every folder becomes the item it describes, or is reported and leaves nothing behind."""

import hashlib
import os
import random
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from identifiers import services as identifiers
from importexport.models import ImportedItem, ImportRun
from importexport.saf.mapfile import read_map
from repository import bitstore
from repository.models import Bitstream, Bundle, Collection, Item, Mark, ResourcePolicy
from repository.services import collections, groups
from tests import factories
from tests.unit.importexport.archives import dublin_core, make_item
from tests.unit.importexport.conftest import Ran

Import = Callable[..., Ran]
SYSTEM = factories.SYSTEM


def stored(tmp_path: Path) -> list[str]:
    return [p.name for p in (tmp_path / "store").rglob("*") if p.is_file()]


def test_an_item_gets_its_metadata_files_handle_and_policies(run_import: Import, archive: Path) -> None:
    make_item(
        archive,
        "item_1",
        {"title": "Über Öl", "contributor.author": ["B", "A"], "date.issued": "1998-03"},
        files={"paper.pdf": b"%PDF", "sub/data.csv": b"a,b\n", "license.txt": b"yes"},
        contents="paper.pdf\tprimary:true\tdescription:Text\nsub/data.csv\tbundle:DATA\nlicense.txt\n",
    )
    (archive / "item_1" / "metadata_dcterms.xml").write_text(dublin_core({"extent": "9 p."}, "dcterms"))
    ran = run_import("--add")
    assert ran.failed is None
    assert "1 item in" in ran.out
    item = Item.objects.get()
    assert item.in_archive
    assert item.md.values("dc.title", "dc.contributor.author", "dcterms.extent") == ["Über Öl", "B", "A", "9 p."]
    assert item.md.values("dc.date.issued") == ["1998-03"]
    handle = identifiers.handle_of(item.pk)
    assert item.md.values("dc.identifier.uri") == [identifiers.canonical_url(handle)]
    assert len(item.md.values("dc.date.accessioned", "dc.date.available", "dc.description.provenance")) == 3
    found = {b.name: (b.bundle.bundle_name, b.description) for b in Bitstream.objects.all()}
    assert found == {"paper.pdf": ("ORIGINAL", "Text"), "sub/data.csv": ("DATA", ""), "license.txt": ("LICENSE", "")}
    pdf = Bitstream.objects.get(md5=hashlib.md5(b"%PDF").hexdigest())
    assert pdf.format.short_description == "Adobe PDF"
    assert Bundle.objects.get(bundle_name="ORIGINAL").primary_bitstream == pdf
    assert bitstore.storage_of(0).open(bitstore.name_in_store(pdf.internal_id)).read() == b"%PDF"
    assert ResourcePolicy.objects.filter(bitstream=pdf).count() == 1
    assert Mark.objects.filter(object_id=item.pk).count() == 2


def test_map_file_and_record_name_each_item_in_natural_order(run_import: Import, archive: Path) -> None:
    for name in ("item_10", "item_2", "item 1"):
        make_item(archive, name)
    run_import("-a")
    entries = read_map(archive.parent / "map")
    assert list(entries) == ["item 1", "item_2", "item_10"]
    assert dict(ImportedItem.objects.values_list("folder", "handle")) == entries
    assert ImportRun.objects.get().finished is not None
    for handle in entries.values():
        assert Item.objects.filter(pk=identifiers.lookup(handle).object_id).exists()


BAD = {
    "malformed": ({"dublin_core.xml": "<dublin_core>"}, "dublin_core.xml"),
    "entities": (
        {"dublin_core.xml": '<!DOCTYPE d [<!ENTITY e "x">]>' + dublin_core({"title": "x"})},
        "DOCTYPE",
    ),
    "unknown-field": ({"dublin_core.xml": dublin_core({"title": "x", "nosuch.field": "y"})}, "dc.nosuch.field"),
    "unknown-schema": ({"metadata_x.xml": dublin_core({"title": "x"}, "nosuch")}, "nosuch.title"),
    "missing-file": ({"contents": "here.txt\ngone.pdf\n"}, "gone.pdf is missing"),
    "escaping-file": ({"contents": "../../etc/passwd\n"}, "leaves the folder"),
    "unknown-group": ({"contents": "here.txt\tpermissions:-r 'Nobody'\n"}, "no group 'Nobody'"),
    "unknown-store": ({"contents": "-r -s 77 -f x.pdf\n"}, "77"),
    "unregistered-file": ({"contents": "-r -s 0 -f nosuch/x.pdf\n"}, "nosuch/x.pdf"),
    "long-bundle": (
        {"contents": f"here.txt\n\nhere.txt\tbundle:{'B' * 500}\n"},
        f"contents, line 3: the bundle's name has 500 characters, 128 at most: '{'B' * 40}…'",
    ),
    "nul": ({"contents": "here.txt\tdescription:a\0b\n"}, "contents is no text"),
    "bad-handle": ({"handle": "nothing"}, "prefix/suffix"),
    "long-handle": ({"handle": f"10673/{random.Random(1).randbytes(5000).hex()}"}, "at most 256"),  # no index holds it
    "invisible-handle": ({"handle": "10673/a\x01b"}, "prefix/suffix"),
    "climbing-handle": ({"handle": "10673/a/../b"}, "prefix/suffix"),
}  # fmt: skip


def test_bad_folders_are_reported_with_reason_and_leave_nothing(
    run_import: Import, archive: Path, tmp_path: Path
) -> None:
    make_item(archive, "a-good")
    for name, (texts, _) in BAD.items():
        folder = make_item(archive, f"bad-{name}", files={"here.txt": b"here"})
        for path, text in texts.items():
            (folder / path).write_text(text)
    make_item(archive, "z-good")
    ran = run_import("-a")
    assert ran.failed.startswith(f"{len(BAD)} bad")
    reported = dict(line.split(": ", 1) for line in ran.err.splitlines())
    assert set(reported) == {f"bad-{name}" for name in BAD}
    for name, (_, reason) in BAD.items():
        assert reason in reported[f"bad-{name}"]
    assert sorted(Item.objects.values_list("metadata__dc.title__0__value", flat=True)) == [
        "Title of a-good",
        "Title of z-good",
    ]
    assert Bitstream.objects.count() == 0
    assert stored(tmp_path) == []
    assert list(read_map(archive.parent / "map")) == ["a-good", "z-good"]


def test_a_bundle_may_have_a_name_as_long_as_the_database_has_room_for(run_import: Import, archive: Path) -> None:
    make_item(archive, "item_1", files={"a.txt": b"a"}, contents=f"a.txt\tbundle:{'B' * 128}\n")
    assert run_import("-a").failed is None
    assert Bundle.objects.get().bundle_name == "B" * 128


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file that is written meanwhile gets larger than so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_store_without_room_ends_the_import_and_keeps_nothing_of_the_item(
    run_import: Import, archive: Path, tmp_path: Path
) -> None:
    for name, size in (("item_1", 1), ("item_2", 3 << 20), ("item_3", 1)):
        make_item(archive, name, files={"small.txt": b"x", "large.bin": b"x" * size})
    with room_for(1 << 20):
        ran = run_import("-a")
    assert ran.failed.startswith(
        f"item_2/large.bin: can't be copied to assetstore 0 ({tmp_path / 'store'}): File too large. The import ends "
    )
    assert "--resume" in ran.failed
    assert list(read_map(archive.parent / "map")) == ["item_1"]
    assert Item.objects.count() == 1
    assert len(stored(tmp_path)) == Bitstream.objects.count() == 2
    assert run_import("-a", "-R").failed is None
    assert list(read_map(archive.parent / "map")) == ["item_1", "item_2", "item_3"]
    assert len(stored(tmp_path)) == Bitstream.objects.count() == 6


def test_a_folder_whose_name_nobody_can_read_is_bad(run_import: Import, archive: Path) -> None:
    make_item(archive, os.fsdecode(b"caf\xe9"), {"title": "T"})
    make_item(archive, "two\nlines")
    make_item(archive, "good")
    ran = run_import("-a", "-q")
    assert "the folder's name is not UTF-8" in ran.err
    assert "control characters" in ran.err
    assert Item.objects.count() == 1


def test_strict_stops_at_the_first_bad_folder(run_import: Import, archive: Path) -> None:
    make_item(archive, "item_1")
    make_item(archive, "item_2", contents="gone\n")
    make_item(archive, "item_3")
    assert run_import("-a", "--strict").failed is not None
    assert Item.objects.count() == 1


def test_test_mode_reports_the_same_and_changes_nothing(run_import: Import, archive: Path, tmp_path: Path) -> None:
    make_item(archive, "good", files={"a.txt": b"a"})
    make_item(archive, "bad", {"title": "x", "nosuch": "y"})
    ran = run_import("-a", "-t")
    assert "bad: not in the metadata registry: dc.nosuch" in ran.err
    assert "2 items checked, 1 bad; nothing was changed" in ran.out
    assert Item.objects.count() == ImportRun.objects.count() == 0
    assert stored(tmp_path) == []
    assert not (archive.parent / "map").exists()


def test_permissions_replace_what_the_file_would_inherit(run_import: Import, archive: Path) -> None:
    group = groups.create_group(acting_user=SYSTEM, name="MIT Users", now=factories.NOW)
    make_item(archive, "i", files={"a.txt": b"a", "b.txt": b"b"}, contents="a.txt\tpermissions:-r 'MIT Users'\nb.txt\n")
    run_import("-a")
    by_name = {b.name: list(b.policies.values_list("group_id", flat=True)) for b in Bitstream.objects.all()}
    assert by_name["a.txt"] == [group.pk]
    assert by_name["b.txt"] != [group.pk]


def test_an_items_own_collections_file_says_where_it_goes(
    run_import: Import, archive: Path, theses: Collection
) -> None:
    other = factories.collection("Papers")
    make_item(archive, "i", collections=f"{identifiers.handle_of(other.pk)}\n{theses.pk}\n")
    make_item(archive, "nowhere")
    ran = run_import("-a", collection=None)
    assert "nowhere: no collection is given" in ran.err
    item = Item.objects.get()
    assert item.owning_collection == other
    assert {m.collection_id for m in item.memberships.all()} == {other.pk, theses.pk}


def test_the_first_of_several_collections_owns(run_import: Import, archive: Path, theses: Collection) -> None:
    other = factories.collection("Papers")
    make_item(archive, "i")
    run_import("-a", "-c", other.pk)  # the fixture's -c comes second
    item = Item.objects.get()
    assert item.owning_collection == other
    assert item.memberships.count() == 2


def test_a_source_without_items_is_said(run_import: Import, archive: Path) -> None:
    assert "no item in the source" in run_import("-a").failed


def test_a_test_run_tells_of_handles_that_are_taken(run_import: Import, archive: Path) -> None:
    for name in ("a", "b"):
        make_item(archive, name, handle="123456789/77\n")
    ran = run_import("-a", "-t")
    assert "b: handle 123456789/77 already names another object" in ran.err
    assert "2 items checked, 1 bad; nothing was changed" in ran.out
    assert ran.failed == "1 bad: see above."
    run_import("-a")
    assert "a: handle 123456789/77 already names" in run_import("-a", "-t").err
    assert "1 item checked, 0 bad" in run_import("-r", "-t", collection=None).out


def test_a_handle_that_differs_in_case_only_is_taken(run_import: Import, archive: Path) -> None:
    make_item(archive, "item_1", handle="10673/Owl\n")
    make_item(archive, "item_2", handle="10673/oWL\n")
    for arguments in (["-a", "-t"], ["-a"]):
        assert "item_2: handle 10673/oWL already names another object" in run_import(*arguments).err
    assert identifiers.handle_of(Item.objects.get().pk) == "10673/Owl"
    assert "item_2: handle 10673/oWL already names" in run_import("-a", "-t").err


def test_a_handle_is_kept_and_one_that_is_taken_makes_the_item_bad(run_import: Import, archive: Path) -> None:
    make_item(archive, "item_1", handle="10673/99\n")
    make_item(archive, "item_2", handle="10673/99\n")
    ran = run_import("-a")
    assert "item_2: handle 10673/99 already names another object" in ran.err
    assert identifiers.handle_of(Item.objects.get().pk) == "10673/99"


def test_the_template_comes_first_and_only_when_asked_for(
    run_import: Import, archive: Path, theses: Collection
) -> None:
    template = factories.md(dc_publisher="Fernsund", dc_subject="from template")
    collections.set_template(acting_user=SYSTEM, collection=theses, metadata=template, now=factories.NOW)
    make_item(archive, "i", {"title": "T", "subject": "own"})
    run_import("-a", "-p", mapfile=archive.parent / "with")
    run_import("-a", mapfile=archive.parent / "without")
    subjects = sorted((i.md.values("dc.subject", "dc.publisher") for i in Item.objects.all()), key=len)
    assert subjects == [["own"], ["from template", "own", "Fernsund"]]


def test_an_existing_map_file_is_not_overwritten(run_import: Import, archive: Path) -> None:
    make_item(archive, "i")
    (archive.parent / "map").write_text("i 1/2\n")
    assert "--resume" in run_import("-a").failed
    assert (archive.parent / "map").read_text() == "i 1/2\n"
    assert Item.objects.count() == 0


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["-a", "-w"], "workflow part does not exist"),
        (["-r", "-R"], "--add only"),
        (["-a", "-c", "1/nosuch"], "no collection 1/nosuch"),
        (["-a", "-e", "nobody@example.org"], "no eperson"),
        (["-a", "-z", "nosuch.zip"], "nosuch.zip"),
        ([], "-a/--add"),
        (["-a", "-d"], "not allowed with"),
    ],
)
def test_options_that_cannot_be_meant_say_so(
    run: Callable[..., Ran], importer: object, archive: Path, arguments: list[str], reason: str
) -> None:
    ran = run("import", "-s", archive, "-m", archive.parent / "map", "-e", "importer@example.org", *arguments)
    assert reason in ran.failed
    assert not (archive.parent / "map").exists()


def test_a_second_import_into_the_same_map_file_waits_for_nobody(run_import: Import, archive: Path) -> None:
    from importexport.saf.mapfile import MapWriter

    make_item(archive, "i")
    with MapWriter(archive.parent / "map"):
        assert "another import" in run_import("-a", "-R").failed
    assert Item.objects.count() == 0
