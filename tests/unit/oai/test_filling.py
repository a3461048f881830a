"""A list that is new in xoai.xml: harvesters are asked to come back until it has all that belongs to it."""

import pytest
from django.utils import timezone
from lxml import etree

from identifiers.services import handle_of
from oai import service
from oai.models import Record
from oai.store import filling, following, maintenance, publisher
from repository import changes
from repository.models import Mark
from tests import factories as make
from tests.unit.oai.conftest import OAI, look_again, oai_id, stamp_from_the_future

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(publish):
    """Three records, one of them a thesis."""
    home = make.collection()
    made = [make.item(metadata=make.md(dc_title=kind, dc_type=kind), within=home) for kind in ("Thesis", "Book", "Map")]
    publish()
    following.follow_configuration()
    publish()
    return made


FORMAT = (
    '<Format id="theses"><Prefix>theses</Prefix><XSLT>metadataFormats/mods.xsl</XSLT>'
    "<Namespace>http://www.loc.gov/mods/v3</Namespace><SchemaLocation>http://example.org/theses.xsd</SchemaLocation>"
    '<Filter ref="thesisFilter"/></Format>'
)
SET = '<Set id="all"><Spec>all</Spec><Name>All</Name></Set>'
# What is written into xoai.xml, where a harvester would find it, and how many records are there.
NEW = {
    "context": ([("</Contexts>", '<Context baseurl="library"><Format ref="oaidc"/></Context>')], "/oai/library?", 3),
    "format with a filter": (
        [('<Format ref="uketd_dc"/>', '<Format ref="theses"/>'), ("</Formats>", FORMAT)],
        "/oai/request?metadataPrefix=theses&",
        1,
    ),
    "set": (
        [('<Format ref="uketd_dc"/>', '<Set ref="all"/>'), ("</Sets>", SET)],
        "/oai/request?metadataPrefix=oai_dc&set=all&",
        3,
    ),
}


@pytest.fixture(params=NEW)
def new_list(request, three, own_folder, client):
    """The address of a list that xoai.xml has just got, and the number of its records to be."""
    client.get("/oai/request?verb=Identify")  # the provider runs
    path = own_folder / "xoai.xml"
    inserted, address, count = NEW[request.param]
    text = path.read_text()
    for before, new in inserted:
        assert text.count(before) == 1
        text = text.replace(before, new + before)
    path.write_text(text)
    look_again()
    if "metadataPrefix" not in address:
        address += "metadataPrefix=oai_dc&"
    return address, count


def answer(client, address):
    """Return the codes of errors or the number of headers; None for a harvester who must come back."""
    response = client.get(address)
    if response.status_code == 503:
        assert response["Retry-After"].isdigit()
        return None
    root = etree.fromstring(response.content)
    return [e.get("code") for e in root.iter(f"{OAI}error")] or len(list(root.iter(f"{OAI}header")))


@pytest.mark.parametrize("verb", ["ListRecords", "ListIdentifiers"])
def test_a_list_that_is_new_is_withheld_until_it_is_whole(new_list, publish, client, verb):
    address, count = new_list
    address += f"verb={verb}"
    assert answer(client, address) is None
    following.follow_configuration()
    while left := Mark.objects.filter(consumer="oai").count():
        assert answer(client, address) is None, f"{left} items have not been looked at"
        changes.run("oai", now=timezone.now(), batch=1)
    publish()
    assert answer(client, address) == count


def test_what_was_published_last_is_waited_for(new_list, client):
    address, _ = new_list
    following.follow_configuration()
    stamp_from_the_future()
    changes.run_all("oai", now=timezone.now)
    assert answer(client, address + "verb=ListRecords") is None


def test_other_lists_are_given_meanwhile(new_list, client):
    assert answer(client, "/oai/request?verb=ListRecords&metadataPrefix=oai_dc") == 3
    assert answer(client, "/oai/driver?verb=ListRecords&metadataPrefix=oai_dc") == ["noRecordsMatch"]


def test_a_process_that_begins_meanwhile_waits_too(new_list, client, monkeypatch):
    monkeypatch.setattr(service, "_made", None)
    assert answer(client, new_list[0] + "verb=ListRecords") is None


def test_a_rebuild_fills_it_as_well_and_only_when_it_is_done(new_list, publish, client, monkeypatch):
    address, count = new_list
    monkeypatch.setattr(maintenance, "BATCH", 1)
    early = []
    maintenance.import_all(lambda _: early.append(answer(client, address + "verb=ListRecords")))
    assert early[:-1] == [None, None]
    publish()
    assert answer(client, address + "verb=ListRecords") == count


@pytest.mark.parametrize("noticed", [True, False])
def test_a_rebuild_that_ends_early_leaves_the_rest_to_the_marks(new_list, publish, client, monkeypatch, noticed):
    address, count = new_list
    monkeypatch.setattr(maintenance, "BATCH", 1)
    if noticed:
        following.follow_configuration()
    with pytest.raises(KeyboardInterrupt):
        maintenance.import_all(interrupt)
    assert answer(client, address + "verb=ListRecords") is None
    publish()
    assert answer(client, address + "verb=ListRecords") == count


def test_a_list_is_whole_when_its_marks_are_done_whatever_else_a_rebuild_has_to_do(
    new_list, publish, client, monkeypatch
):
    address, count = new_list
    monkeypatch.setattr(maintenance, "BATCH", 1)
    following.follow_configuration()

    def published_by_a_worker(_):
        publish()
        assert answer(client, address + "verb=ListRecords") == count

    maintenance.import_all(published_by_a_worker)


def interrupt(_):
    raise KeyboardInterrupt


def test_an_item_that_cannot_be_published_keeps_no_list_waiting(new_list, publish, client, monkeypatch, three):
    address, _ = new_list
    following.follow_configuration()
    real = publisher.compile_items

    def failing(item_ids, now):
        if three[2].pk in item_ids:
            raise ValueError("no")
        return real(item_ids, now)

    monkeypatch.setattr(publisher, "compile_items", failing)
    changes.run_all("oai", now=timezone.now)
    following.follow_configuration()
    monkeypatch.setattr(publisher, "compile_items", real)
    assert Mark.objects.exclude(error="").delete()[0] == 1
    publish()
    assert isinstance(answer(client, address + "verb=ListRecords"), int)


def test_a_context_put_back_is_withheld_until_it_has_what_it_missed(three, publish, own_folder, client):
    path = own_folder / "xoai.xml"
    text = path.read_text()
    for name in ("retired", "request"):
        path.write_text(text.replace('baseurl="request"', f'baseurl="{name}"'))
        look_again()
        following.follow_configuration()
        if name == "retired":
            publish()
    address = "/oai/request?verb=ListRecords&metadataPrefix=oai_dc"
    assert answer(client, address) is None
    publish()
    assert answer(client, address) == 3


@pytest.mark.parametrize("by", [maintenance.import_changes, maintenance.import_all])
@pytest.mark.parametrize("was_asked", [False, True])
def test_a_store_that_lost_everything_is_withheld_until_it_is_filled_again(
    three, publish, client, monkeypatch, by, was_asked
):
    address = "/oai/request?verb=ListRecords&metadataPrefix=oai_dc"
    if was_asked:
        assert answer(client, address) == 3, "this process has given it"
        monkeypatch.setattr(filling, "LOOK_EVERY", 0.0, raising=False)  # a second has passed
    Record.objects.all().delete()
    monkeypatch.setattr(maintenance, "BATCH", 1)
    monkeypatch.setattr(changes.run, "__kwdefaults__", {"batch": 1})
    early = []
    by(lambda _: early.append(answer(client, address)))
    assert early[:-1] == [None, None]
    publish()
    assert answer(client, address) == 3


def test_a_lost_store_is_filled_by_marks_where_the_rebuild_of_it_ends_early(three, publish, client, monkeypatch):
    Record.objects.all().delete()
    monkeypatch.setattr(maintenance, "BATCH", 1)
    with pytest.raises(KeyboardInterrupt):
        maintenance.import_all(interrupt)
    address = "/oai/request?verb=ListRecords&metadataPrefix=oai_dc"
    assert answer(client, address) is None
    publish()
    assert answer(client, address) == 3


def test_an_empty_repository_has_no_records_and_nobody_need_come_back(client):
    following.follow_configuration()
    maintenance.import_changes(lambda _: None)
    assert answer(client, "/oai/request?verb=ListRecords&metadataPrefix=oai_dc") == ["noRecordsMatch"]


def test_get_record_does_not_deny_what_it_has_not_looked_at(three, publish, own_folder, client):
    path = own_folder / "xoai.xml"
    path.write_text(path.read_text().replace("</Contexts>", NEW["context"][0][0][1] + "</Contexts>"))
    look_again()
    following.follow_configuration()
    asked = f"/oai/library?identifier={oai_id(handle_of(three[0].pk))}&verb="
    for verb in ("GetRecord&metadataPrefix=oai_dc", "ListMetadataFormats"):
        assert answer(client, asked + verb) is None
    publish()
    assert answer(client, asked + "GetRecord&metadataPrefix=oai_dc") == 1
    assert answer(client, asked + "ListMetadataFormats") == 0
    unknown = f"/oai/library?identifier={oai_id('98765/4')}&verb=GetRecord&metadataPrefix=oai_dc"
    assert answer(client, unknown) == ["idDoesNotExist"]
