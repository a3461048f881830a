"""`export`: what is imported from an export is the item that was exported."""

import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from lxml import etree

from identifiers import services as identifiers
from identifiers.models import Handle
from importexport.exporting import ExportRequest, export
from importexport.saf.folder import read_item
from repository import bitstore
from repository.constants import Action
from repository.metadata import Value, document
from repository.models import Bitstream, Bundle, Item
from repository.services import bitstreams, groups, items, policies
from tests import factories
from tests.unit.importexport.conftest import Ran

Run = Callable[..., Ran]
SYSTEM = factories.SYSTEM
LATER = factories.NOW.replace(year=2027)


def portrait(item: Item) -> dict[str, Any]:
    """Everything of an item that must survive; provenance grows with each import."""
    parts: list[Any] = []
    for b in Bitstream.objects.filter(bundle__item=item, deleted=False).order_by("sequence_id"):
        readers = sorted(b.policies.values_list("action", "group__group_name"))
        primary = b.bundle.primary_bitstream_id == b.pk
        parts.append(
            (b.name, b.description, b.bundle.bundle_name, primary, b.size, b.md5, b.sha256, b.format_id, readers)
        )
    metadata = {f: v for f, v in item.metadata.items() if f != "dc.description.provenance"}
    placed = [item.owning_collection_id, sorted(item.memberships.values_list("collection_id", flat=True))]
    return {"md": metadata, "files": parts, "handle": identifiers.handle_of(item.pk), "in": placed}


def forget(item: Item) -> None:
    """Let the repository be one that never had the item."""
    items.expunge(acting_user=SYSTEM, item=item, now=LATER)
    Handle.objects.filter(object_id=item.pk).delete()


@pytest.fixture
def dest(tmp_path: Path) -> Path:
    return tmp_path / "exported"


@pytest.fixture
def there_and_back(run: Run, importer: object, dest: Path) -> Callable[[Item], Iterator[dict[str, Any]]]:
    """Export an item, forget it, import it; return both portraits."""

    def go(item: Item) -> list[dict[str, Any]]:
        before = portrait(item)
        assert run("export", "-t", "ITEM", "-i", item.pk, "-d", dest, "-n", 1).failed is None
        forget(item)
        ran = run("import", "-a", "-s", dest, "-m", dest.parent / "map", "-e", "importer@example.org")
        assert ran.failed is None, ran.err
        return [before, portrait(Item.objects.get())]

    return go


def test_an_item_with_everything_comes_back_as_it_was(there_and_back: Any) -> None:
    staff = groups.create_group(acting_user=SYSTEM, name="Staff", now=factories.NOW)
    for_staff = [policies.PolicySpec(Action.READ, group_id=staff.pk)]
    item = factories.item(
        also_in=(factories.collection("Elsewhere"),),
        metadata=document(
            [
                ("dc.title", Value("<b>Ω</b> & “quotes”\r\nsecond line 📚", "el")),
                ("dc.contributor.author", Value("B, A", None, "auth-1", 600)),
                ("dc.contributor.author", Value("A, B")),
                ("dcterms.extent", Value("9")),
            ]
        ),
        files=[
            factories.new_file("paper.pdf", b"%PDF", primary=True, description="Full text"),
            factories.new_file("paper.pdf", b"other", bundle="TEXT"),
            factories.new_file("contents", b"a file called contents"),
            factories.new_file("handle", b"a file called handle"),
            factories.new_file("html/index.html", b"<p>"),
            factories.new_file("html", b"clashes with the folder"),
            factories.new_file("../../etc/passwd", b"root"),
            factories.new_file("dublin_core.xml", b"<x/>"),
            factories.new_file("secret.txt", b"s", policies=for_staff),
            factories.new_file("license.txt", b"l", bundle="LICENSE"),
            factories.new_file("license.txt", b"l", bundle="ORIGINAL"),
        ],
    )
    before, after = there_and_back(item)
    assert after == before


def test_a_deleted_item_is_restored_under_its_handle_and_its_uuid(run: Run, importer: object, dest: Path) -> None:
    item = factories.item("Back again")
    run("export", "-t", "ITEM", "-i", item.pk, "-d", dest)
    items.expunge(acting_user=SYSTEM, item=item, now=LATER)
    assert run("import", "-a", "-s", dest, "-m", dest.parent / "map", "-e", "importer@example.org").failed is None
    assert portrait(Item.objects.get(pk=item.pk)) == portrait(item)


def test_a_registered_file_stays_where_it_is(there_and_back: Any, tmp_path: Path) -> None:
    (tmp_path / "store" / "scans").mkdir(parents=True)
    (tmp_path / "store" / "scans" / "roll 1.tif").write_bytes(b"II*")
    stored = bitstore.register_file("scans/roll 1.tif", store_number=0)
    item = factories.item(files=[factories.install.NewFile(name="First roll.tif", stored=stored, description="D")])
    before, after = there_and_back(item)
    assert after == before
    assert Bitstream.objects.get(deleted=False).internal_id == "-Rscans/roll 1.tif"


_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"))
_VALUES = st.builds(
    Value, _TEXTS.map(str.strip).filter(bool), st.sampled_from([None, "en", "zh_CN"]), st.none(), st.just(-1)
)


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.sampled_from(["dc.title", "dc.subject", "dcterms.title"]), _VALUES), max_size=6))
def test_any_metadata_is_read_back_from_what_is_written(
    prepared: None, tmp_path_factory: pytest.TempPathFactory, values: list[tuple[str, Value]]
) -> None:
    item = factories.item(metadata=document(values) or factories.md(dc_title="T"))
    request = ExportRequest(tmp_path_factory.mktemp("out"), migrate=True)
    list(export(request, Item.objects.filter(pk=item.pk)))
    plan = read_item(request.destination / "1")
    assert document(plan.values) == (document(values) or factories.md(dc_title="T"))


def test_migrate_leaves_out_handle_collections_and_what_is_made_anew(run: Run, prepared: None, dest: Path) -> None:
    address = "https://elsewhere.example/9"
    item = factories.item(metadata=factories.md(dc_title="T", dc_identifier_uri=address, dc_date_issued="1999"))
    run("export", "-t", "ITEM", "-i", identifiers.handle_of(item.pk), "-d", dest, "-m")
    assert sorted(p.name for p in (dest / "1").iterdir()) == ["contents", "dublin_core.xml"]
    plan = read_item(dest / "1")
    assert {(field, v.value) for field, v in plan.values} == {
        ("dc.title", "T"),
        ("dc.identifier.uri", address),
        ("dc.date.issued", "1999"),
    }


def test_collections_and_communities_are_exported_item_by_item(run: Run, prepared: None, dest: Path) -> None:
    upper = factories.community("Upper")
    lower = factories.community("Lower", parent=upper)
    theses, papers = factories.collection("Theses", within=lower), factories.collection("Papers", within=upper)
    factories.item("A", within=theses, also_in=(papers,))
    factories.item("B", within=papers)
    gone = factories.item("C", within=papers)
    items.withdraw(acting_user=SYSTEM, item=gone, now=LATER)
    factories.item("D", within=factories.collection("Other"))
    assert "2 items exported" in run("export", "-t", "collection", "-i", papers.pk, "-d", dest, "-n", 7).out
    assert sorted(p.name for p in dest.iterdir()) == ["7", "8"]
    assert "2 items exported" in run("export", "-t", "COMMUNITY", "-i", upper.pk, "-d", dest / "all", "-n", 1).out


def test_without_bitstreams_the_export_can_still_be_imported(run: Run, prepared: None, dest: Path) -> None:
    item = factories.item(files=[factories.new_file("a.txt")])
    run("export", "-t", "ITEM", "-i", item.pk, "-d", dest, "-x")
    assert read_item(dest / "1").files == []


def test_a_zip_file_holds_the_folders_and_nothing_else_is_left(run: Run, prepared: None, dest: Path) -> None:
    item = factories.item(files=[factories.new_file("a.txt", b"A")])
    run("export", "-t", "ITEM", "-i", item.pk, "-d", dest, "-z", "out.zip")
    assert [p.name for p in dest.iterdir()] == ["out.zip"]
    with zipfile.ZipFile(dest / "out.zip") as zipped:
        assert zipped.read("1/a.txt") == b"A"
    assert "exists already" in run("export", "-t", "ITEM", "-i", item.pk, "-d", dest, "-z", "out.zip").failed


def test_what_the_format_cannot_say_is_named(run: Run, prepared: None, dest: Path) -> None:
    item = factories.item(files=[factories.new_file("a.txt")])
    embargo = policies.PolicySpec(Action.READ, group_id=policies.ANONYMOUS_GROUP, start_date=date(2031, 1, 1))
    bitstream = Bitstream.objects.get()
    policies.replace_policies(acting_user=SYSTEM, obj=bitstream, action=Action.READ, specs=[embargo], now=factories.NOW)
    items.withdraw(acting_user=SYSTEM, item=item, now=LATER)
    ran = run("export", "-t", "ITEM", "-i", item.pk, "-d", dest)
    assert "exported, but the format can't say: the policies of a.txt, being withdrawn" in ran.err
    assert "1 item exported" in ran.out
    # What opens in some years must not be open for whoever imports it today.
    assert "permissions:-r 'Administrator'" in (dest / "1" / "contents").read_text()


def test_an_item_whose_file_is_gone_is_named_and_the_others_are_exported(
    run: Run, prepared: None, dest: Path, tmp_path: Path
) -> None:
    theses = factories.collection()
    factories.item("A", within=theses, files=[factories.new_file("a.txt")])
    factories.item("B", within=theses)
    next(p for p in (tmp_path / "store").rglob("*") if p.is_file()).unlink()
    ran = run("export", "-t", "COLLECTION", "-i", theses.pk, "-d", dest)
    assert "a.txt is not in its store" in ran.err
    assert "1 item could not be exported" in ran.failed
    assert len(list(dest.iterdir())) == 1


def test_deleted_files_stay_behind_and_an_existing_folder_is_not_touched(run: Run, prepared: None, dest: Path) -> None:
    item = factories.item(files=[factories.new_file("a.txt"), factories.new_file("b.txt")])
    gone = next(b for b in Bitstream.objects.all() if b.name == "a.txt")
    bitstreams.delete_bitstream(acting_user=SYSTEM, bitstream=gone, now=LATER)
    run("export", "-t", "ITEM", "-i", item.pk, "-d", dest)
    assert [f.name for f in read_item(dest / "1").files] == ["b.txt"]
    assert "1" in run("export", "-t", "ITEM", "-i", item.pk, "-d", dest).failed
    assert Bundle.objects.count() == 1


def test_a_language_and_schema_of_any_name_is_well_formed(run: Run, prepared: None, dest: Path) -> None:
    item = factories.item(metadata=document([("dc.title", Value('T"<', 'x"y'))]))
    run("export", "-t", "ITEM", "-i", item.pk, "-d", dest, "-m")
    root = etree.parse(str(dest / "1" / "dublin_core.xml")).getroot()
    assert (root[0].text, root[0].get("language")) == ('T"<', 'x"y')
