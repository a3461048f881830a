"""`oai import` and `oai clean-cache`."""

import sys
from datetime import timedelta
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from lxml import etree

from identifiers.services import handle_of
from oai import running
from oai.models import Membership, Record, Rendered, Rendition
from oai.store import content, maintenance, storage
from oai.store.publisher import apply_changes
from repository import changes
from repository.authorize import SYSTEM
from repository.models import Item, Mark
from repository.services import items
from tests import factories as make
from tests.unit.oai.conftest import DC, OAI, edit, look_again, oai_id, stamp_from_the_future

pytestmark = pytest.mark.django_db


def oai(*arguments):
    out = StringIO()
    call_command("oai", *arguments, stdout=out)
    return out.getvalue()


def stamps():
    return {(m.record_id, m.view, m.spec): (m.datestamp, m.deleted) for m in Membership.objects.all()}


@pytest.fixture
def three(publish):
    """Two live records and a tombstone."""
    home = make.collection()
    made = [make.item(f"Item {n}", within=home) for n in range(3)]
    publish()
    items.withdraw(acting_user=SYSTEM, item=made[2], now=timezone.now())
    publish()
    return made


def test_import_publishes_what_is_marked():
    make.item()
    make.item()
    assert oai("import", "-v").splitlines()[0].startswith("2 items in ")
    assert Record.objects.count() == 2
    assert not Mark.objects.filter(consumer="oai").exists()
    assert oai("import", "-v").splitlines()[1] == "2 records, 0 tombstones."


def test_import_fills_an_empty_store_without_marks():
    make.item()
    Mark.objects.all().delete()
    assert oai("import").startswith("1 item in ")
    assert Record.objects.count() == 1


def test_a_rebuild_keeps_datestamps_and_tombstones(three, harvester):
    before, headers = stamps(), harvester.headers()
    assert oai("import", "-c", "-v").splitlines()[1] == "2 records, 1 tombstones."
    assert stamps() == before
    assert harvester.headers() == headers


def test_a_rebuild_brings_no_new_date_under_an_old_datestamp(three, harvester):
    item, before = three[0], stamps()
    wanted = {"metadataPrefix": "mets", "identifier": oai_id(handle_of(item.pk))}
    record = harvester.ask("GetRecord", **wanted).find(f".//{OAI}record")
    for days, discoverable in enumerate([False, True], start=1):
        now, fresh = timezone.now() + timedelta(days=days), Item.objects.get(pk=item.pk)
        items.set_discoverable(acting_user=SYSTEM, item=fresh, discoverable=discoverable, now=now)
    oai("import", "-c")
    oai("clean-cache")
    assert stamps() == before
    again = harvester.ask("GetRecord", **wanted).find(f".//{OAI}record")
    assert etree.tostring(again) == etree.tostring(record)
    edit(item, dc_title="Another")
    oai("import", "-c")
    assert Item.objects.get(pk=item.pk).last_modified.strftime("%FT%TZ") in Record.objects.get(item=item.pk).document


def test_a_rebuild_finds_what_marks_have_missed(three, publish, harvester):
    lost, gone = three[0], three[1]
    Item.objects.filter(pk=lost.pk).update(metadata=make.md(dc_title="Changed behind our back"))
    items.expunge(acting_user=SYSTEM, item=gone, now=timezone.now())
    Mark.objects.all().delete()
    oai("import", "-c")
    publish()
    assert harvester.get(handle_of(lost.pk)).findtext(f".//{DC}title") == "Changed behind our back"
    assert handle_of(gone.pk) in harvester.dead()


@pytest.mark.parametrize(
    "command", [("import",), ("import", "-c"), ("import", "--restamp"), ("compile-items",)], ids=" ".join
)
def test_at_a_terminal_a_bar_shows_how_far_it_is(three, monkeypatch, capsys, command):
    oai("erase-compiled-items")
    for item in three:
        changes.mark([item.pk], now=timezone.now(), only="oai")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    oai(*command)
    shown = capsys.readouterr().err
    assert f"oai {command[0]}" in shown
    assert ("2/?" if command == ("compile-items",) else "3/?") in shown


def test_a_rebuild_in_batches_is_whole(three, monkeypatch):
    monkeypatch.setattr(maintenance, "BATCH", 1)
    before = stamps()
    seen = []
    assert maintenance.import_all(seen.append) == 3
    assert seen == [1, 1, 1]
    assert stamps() == before


@pytest.mark.parametrize("batch", [1, 500])
def test_a_rebuild_passes_over_an_item_that_fails_and_says_so(three, publish, harvester, settings, monkeypatch, batch):
    monkeypatch.setattr(maintenance, "BATCH", batch)
    told = []
    monkeypatch.setattr(storage, "tell_solr", lambda **options: told.append(options))
    Item.objects.filter(pk__in=[item.pk for item in three]).update(metadata=make.md(dc_title="Changed"))
    settings.OAI_ABOUT = f"{__name__}.about_with_a_mistake"
    monkeypatch.setitem(ILL_FORMED, three[0].pk, "<no")
    with pytest.raises(CommandError, match=f"1 item .*{handle_of(three[0].pk)}.*XMLRefused") as stopped:
        oai("import", "-c")
    assert stopped.value.returncode == 1
    kept = Mark.objects.get(consumer="oai")
    assert (kept.object_id, kept.attempts) == (three[0].pk, 1)
    assert kept.error.startswith("XMLRefused")
    assert told == [{"rebuild": True}]
    monkeypatch.delitem(ILL_FORMED, three[0].pk)
    Mark.objects.filter(pk=kept.pk).delete()
    publish()
    titles = {handle_of(item.pk): harvester.get(handle_of(item.pk)).findtext(f".//{DC}title") for item in three[:2]}
    assert titles == {handle_of(three[0].pk): "Item 0", handle_of(three[1].pk): "Changed"}


@pytest.mark.parametrize("options", [["-c"], []])
def test_what_failed_before_is_tried_again_at_once(three, settings, monkeypatch, options):
    settings.OAI_ABOUT = f"{__name__}.about_with_a_mistake"
    monkeypatch.setitem(ILL_FORMED, three[0].pk, "<no")
    for attempts in (1, 2):
        with pytest.raises(CommandError):
            oai("import", "-c")
        assert Mark.objects.get(consumer="oai").attempts == attempts, "and it has one mark"
    monkeypatch.delitem(ILL_FORMED, three[0].pk)
    oai("import", *options)
    assert not Mark.objects.filter(consumer="oai").exists()


def test_an_item_that_fails_keeps_no_new_list_waiting(three, client, settings, monkeypatch, publish, own_folder):
    path = own_folder / "xoai.xml"
    path.write_text(
        path.read_text().replace("</Contexts>", '<Context baseurl="library"><Format ref="oaidc"/></Context></Contexts>')
    )
    look_again()
    settings.OAI_ABOUT = f"{__name__}.about_with_a_mistake"
    monkeypatch.setitem(ILL_FORMED, three[0].pk, "<no")
    with pytest.raises(CommandError):
        oai("import", "-c")
    Mark.objects.all().delete()
    publish()
    answer = client.get("/oai/library?verb=ListRecords&metadataPrefix=oai_dc")
    assert answer.status_code == 200
    assert handle_of(three[1].pk) in answer.content.decode()


@pytest.mark.parametrize("options", [["-c"], []])
def test_a_mistake_in_the_configuration_is_named_and_marks_stay_as_they_are(own_folder, monkeypatch, options):
    make.item()
    monkeypatch.setattr(running, "_holder", running._Holder())
    (own_folder / "xoai.xml").write_text("<Configuration/>")
    with pytest.raises(CommandError, match=r"xoai\.xml"):
        oai("import", *options)
    assert list(Mark.objects.filter(consumer="oai").values_list("attempts", flat=True)) == [0]


ILL_FORMED: dict[UUID, str] = {}


def about_with_a_mistake(item_ids):
    """Return the `about` elements of items, as a function does that OAI_ABOUT names."""
    return {item_id: ILL_FORMED[item_id] for item_id in item_ids if item_id in ILL_FORMED}


def test_a_changed_stylesheet_is_used_at_once_and_restamps_nothing(three, harvester, own_folder):
    before = stamps()
    sheet = own_folder / "metadataFormats/oai_dc.xsl"
    text = sheet.read_text()
    sheet.write_text(text.replace("<dc:title>", "<dc:title>New: ", 1))
    assert sheet.read_text() != text
    look_again()
    assert {e.text for page in harvester.pages() for e in page.iter(f"{DC}title")} == {"New: Item 0", "New: Item 1"}
    oai("import", "-c")
    assert stamps() == before
    assert Rendition.objects.count() == 1, "what the old stylesheet made is gone"


@pytest.mark.parametrize("verb", ["ListRecords", "GetRecord"])
def test_texts_thrown_away_are_made_again_when_asked_for_and_kept(three, harvester, verb):
    before, headers = stamps(), harvester.headers()
    assert oai("clean-cache") == "2 rendered records thrown away.\n"
    handle = handle_of(three[0].pk)
    if verb == "GetRecord":
        assert harvester.get(handle).findtext(f".//{DC}title") == "Item 0"
        assert Rendered.objects.count() == 1
    else:
        pages = harvester.pages()
        assert {e.text for page in pages for e in page.iter(f"{DC}title")} == {"Item 0", "Item 1"}
        assert Rendered.objects.count() == 2
    assert stamps() == before
    assert harvester.headers() == headers


def test_all_is_thrown_away_piece_by_piece_and_publishers_wait_for_one_at_most(three, monkeypatch):
    monkeypatch.setattr(maintenance, "PIECE", 2)
    with CaptureQueriesContext(connection) as asked:
        assert oai("clean-cache") == "2 rendered records thrown away.\n"
        assert oai("erase-compiled-items") == "2 compiled documents thrown away.\n"
    assert not Rendered.objects.exists()
    assert not Record.objects.exclude(document="").exists()
    written = [query["sql"] for query in asked if query["sql"].startswith(("DELETE", "UPDATE"))]
    assert len(written) >= 4
    assert all("id >= " in sql for sql in written)


def test_documents_thrown_away_are_made_again_when_they_are_needed_or_by_command(three, harvester):
    before, documents = stamps(), dict(Record.objects.values_list("pk", "document"))
    assert oai("erase-compiled-items") == "2 compiled documents thrown away.\n"
    asked = harvester.ask("GetRecord", metadataPrefix="mods", identifier=oai_id(handle_of(three[0].pk)))
    assert "Item 0" in asked.xpath("//text()")
    assert Record.objects.exclude(document="").get().item == three[0].pk, "only that one was needed"
    assert oai("compile-items").startswith("1 item in ")
    assert dict(Record.objects.values_list("pk", "document")) == documents
    assert stamps() == before


def test_a_tombstone_has_no_content_left(three):
    record = Record.objects.get(deleted=True)
    assert (record.document, record.digest) == ("", 0)
    assert not Rendered.objects.filter(record=record).exists()


def test_the_token_goes_on_after_a_rebuild(publish, harvester, small_pages):
    small_pages(2)
    home = make.collection()
    for n in range(5):
        make.item(f"Item {n}", within=home)
    publish()
    first = harvester.ask("ListRecords", metadataPrefix="oai_dc")
    token = first.findtext(f".//{OAI}resumptionToken")
    before = harvester.ask("ListRecords", resumptionToken=token)
    oai("import", "-c")
    oai("clean-cache")
    after = harvester.ask("ListRecords", resumptionToken=token)
    ids = [[e.text for e in root.iter(f"{OAI}identifier")] for root in (before, after)]
    assert ids[0] == ids[1]
    assert len(ids[0]) == 2


def test_what_changes_while_a_list_is_read_moves_to_its_end(publish, harvester, small_pages):
    small_pages(2)
    home = make.collection()
    made = [make.item(f"Item {n}", within=home) for n in range(5)]
    publish()
    first = harvester.ask("ListRecords", metadataPrefix="oai_dc")
    seen = [e.text for e in first.iter(f"{OAI}identifier")]
    order = sorted(made, key=lambda item: Record.objects.get(item=item.pk).pk)
    items.withdraw(acting_user=SYSTEM, item=order[2], now=timezone.now())
    maintenance.import_changes(lambda _: None)
    second = harvester.ask("ListRecords", resumptionToken=first.findtext(f".//{OAI}resumptionToken"))
    seen += [e.text for e in second.iter(f"{OAI}identifier")]
    assert [i.rpartition(":")[2] for i in seen] == [handle_of(order[n].pk) for n in (0, 1, 3, 4)]


def test_the_queries_of_a_batch_do_not_depend_on_its_size(django_assert_num_queries):
    home = make.collection()
    made = [make.item(f"Item {n}", within=home, files=[make.new_file(f"{n}.txt")]).pk for n in range(12)]
    with CaptureQueriesContext(connection) as one:
        apply_changes(made[:1], timezone.now())
    with django_assert_num_queries(len(one)):
        apply_changes(made[1:], timezone.now())


def test_a_list_whose_rest_has_just_changed_ends_with_the_record_before(publish, harvester, small_pages):
    small_pages(2)
    home = make.collection()
    made = [make.item(f"Item {n}", within=home) for n in range(3)]
    publish()
    first = harvester.ask("ListRecords", metadataPrefix="oai_dc")
    numbers = {item.pk: Record.objects.get(item=item.pk).pk for item in made}
    last = max(made, key=lambda item: numbers[item.pk])
    items.withdraw(acting_user=SYSTEM, item=last, now=timezone.now())
    stamp_from_the_future()
    maintenance.import_changes(lambda _: None)
    rest = harvester.ask("ListRecords", resumptionToken=first.findtext(f".//{OAI}resumptionToken"))
    assert [e.text for e in rest.iter(f"{OAI}identifier")] == [e.text for e in first.iter(f"{OAI}identifier")][-1:]
    assert not rest.findtext(f".//{OAI}resumptionToken")


def test_a_record_deleted_while_its_text_is_made_is_shown_as_deleted(three, publish, harvester, monkeypatch):
    oai("clean-cache")
    victim = Record.objects.get(item=three[0].pk)
    real = content.keep

    def deleted_meanwhile(*arguments):
        items.withdraw(acting_user=SYSTEM, item=three[0], now=timezone.now())
        publish()
        real(*arguments)

    monkeypatch.setattr(content, "keep", deleted_meanwhile)
    assert harvester.dead() == {victim.local_id, handle_of(three[2].pk)}
    assert harvester.live() == {handle_of(three[1].pk)}


def test_texts_thrown_away_again_before_they_are_sent_are_made_once_more(three, harvester, monkeypatch):
    oai("clean-cache")
    real = content.keep

    def thrown_away_at_once(*arguments):
        monkeypatch.setattr(content, "keep", real)
        real(*arguments)
        maintenance.clean_cache()

    monkeypatch.setattr(content, "keep", thrown_away_at_once)
    assert harvester.live() == {handle_of(item.pk) for item in three[:2]}


def test_no_number_is_spent_on_a_rendition_that_has_one(three, harvester):
    """There are 32767 of them: publishing must not use them up."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM oai_rendition_id_seq")
        before = cursor.fetchone()
        for work in (lambda: oai("import", "-c"), harvester.pages):
            oai("clean-cache")
            work()
        assert Rendered.objects.count() == 2
        cursor.execute("SELECT last_value FROM oai_rendition_id_seq")
        assert cursor.fetchone() == before
