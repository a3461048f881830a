"""A format that gets or loses a filter: what its harvesters know stays true, and at no time do they see less."""

import logging
import re
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from crosswalks import xoai
from identifiers.services import handle_of
from oai import service, tasks
from oai.models import Clock, Membership
from oai.store import following, maintenance
from repository import changes
from repository.models import Mark
from tests import factories as make
from tests.unit.oai.conftest import OAI, Harvester, look_again, stamp_from_the_future
from tests.unit.oai.conftest import handle_of as handle_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def mods_filter(own_folder):
    """Give the format mods of xoai.xml the filter of uketd_dc, or take it away."""
    path = own_folder / "xoai.xml"
    text = path.read_text()
    reference = re.search(r'<Format id="uketd_?dc">.*?(<Filter [^>]*/>).*?</Format>', text, re.DOTALL)[1]

    def switch(*, on):
        filtered = re.sub(r'(<Format id="mods">.*?)(</Format>)', rf"\1{reference}\2", text, flags=re.DOTALL)
        assert filtered != text
        path.write_text(filtered if on else text)
        look_again()

    return switch


def mods(harvester: Harvester) -> dict[str, str | None]:
    root = harvester.ask("ListRecords", metadataPrefix="mods")
    return {handle_in(header): header.get("status") for header in root.iter(f"{OAI}header")}


def test_a_format_that_gets_a_filter_loses_what_it_leaves_out_and_nothing_else(publish, client, mods_filter):
    harvester = Harvester(client, validating=False)
    thesis = make.item(metadata=make.md(dc_title="On owls", dc_type="Thesis"))
    book = make.item(metadata=make.md(dc_title="On eagles", dc_type="Book"))
    publish()
    following.follow_configuration()
    publish()
    kept, left = handle_of(thesis.pk), handle_of(book.pk)
    assert mods(harvester) == {kept: None, left: None}
    mods_filter(on=True)
    assert following.follow_configuration()
    assert mods(harvester) == {kept: None, left: None}, "nothing has been looked at yet, and nothing has vanished"
    publish()
    assert mods(harvester) == {kept: None, left: "deleted"}
    assert harvester.live() == {kept, left}


def test_a_format_that_loses_its_filter_announces_what_it_left_out(publish, client, mods_filter):
    harvester = Harvester(client, validating=False)
    mods_filter(on=True)
    thesis = make.item(metadata=make.md(dc_title="On owls", dc_type="Thesis"))
    book = make.item(metadata=make.md(dc_title="On eagles", dc_type="Book"))
    publish()
    following.follow_configuration()
    publish()
    assert mods(harvester) == {handle_of(thesis.pk): None}
    before = stamps()
    stamp_from_the_future()
    mods_filter(on=False)
    assert following.follow_configuration()
    changes.run_all("oai", now=timezone.now)
    assert {item for item, stamp in stamps().items() if stamp > before[item]} == {book.pk}
    publish()


def stamps():
    return dict(Membership.objects.filter(view="request", spec="").values_list("record__item", "datestamp"))


def test_a_web_process_that_sees_a_new_xoai_xml_takes_it_over_before_it_answers(publish, client, mods_filter):
    harvester = Harvester(client, validating=False)
    book = make.item(metadata=make.md(dc_title="On eagles", dc_type="Book"))
    publish()
    following.follow_configuration()
    publish()
    service.service()
    mods_filter(on=True)
    assert mods(harvester) == {handle_of(book.pk): None}


def test_a_list_of_a_set_that_vanishes_goes_on_with_deletions(publish, client, own_folder):
    harvester = Harvester(client, validating=False)
    path = own_folder / "xoai.xml"
    with_set = path.read_text().replace('maxListRecordsSize="100"', 'maxListRecordsSize="1"')
    for before, new in (
        ('<Format ref="uketd_dc"/>', '<Set ref="all"/>'),
        ("</Sets>", '<Set id="all"><Spec>all</Spec><Name>All</Name></Set>'),
    ):
        with_set = with_set.replace(before, new + before)
    path.write_text(with_set)
    look_again()
    made = {handle_of(make.item(title).pk) for title in ("Owls", "Eagles", "Wrens")}
    following.follow_configuration()
    publish()
    Membership.objects.update(datestamp=F("datestamp") - timedelta(hours=1))
    first = harvester.ask("ListRecords", metadataPrefix="oai_dc", set="all")
    path.write_text(with_set.replace('<Set ref="all"/>', ""))
    look_again()
    following.follow_configuration()
    publish()
    found = []
    page = first
    while token := page.findtext(f".//{OAI}resumptionToken"):
        page = harvester.ask("ListRecords", resumptionToken=token)
        found += [(handle_in(h), h.get("status")) for h in page.iter(f"{OAI}header")]
    assert {handle for handle, status in found if status == "deleted"} == made


def test_two_hosts_with_other_configurations_are_complained_of(publish, mods_filter, caplog):
    make.item()
    publish()
    with caplog.at_level(logging.WARNING, "oai.store.following"):
        for on in (False, True, False):  # an administrator who changes his mind is one host
            mods_filter(on=on)
            following.follow_configuration()
            following.follow_configuration()
        assert not caplog.records
        Clock.objects.update(configuration="that of the other host")
        assert following.follow_configuration()
    assert "oai.config.dir" in caplog.text


def test_a_file_that_went_there_and_back_while_a_process_slept_is_not_complained_of(publish, own_folder, caplog):
    make.item()
    publish()
    for _ in range(2):
        following.follow_configuration()
    Clock.objects.update(configuration="what it was meanwhile, as another process has seen")
    path = own_folder / "xoai.xml"
    path.write_text(path.read_text())
    assert following.follow_configuration()
    assert "another process" not in caplog.text


def test_a_file_that_changes_during_a_rebuild_is_taken_over_once_and_not_complained_of(publish, mods_filter, caplog):
    make.item()
    publish()
    following.follow_configuration()

    def meanwhile(_):
        mods_filter(on=True)
        assert following.follow_configuration()

    maintenance.import_all(meanwhile)
    assert not following.follow_configuration()
    assert "another process" not in caplog.text


def test_a_rebuild_of_a_new_store_need_not_be_done_again(own_folder, client):
    make.item()
    Mark.objects.all().delete()
    maintenance.import_all(lambda _: None)
    assert not following.follow_configuration()
    assert not Mark.objects.filter(consumer="oai").exists()
    path = own_folder / "xoai.xml"
    path.write_text(
        path.read_text().replace("</Contexts>", '<Context baseurl="library"><Format ref="oaidc"/></Context></Contexts>')
    )
    following.follow_configuration()
    look_again()
    assert client.get("/oai/library?verb=ListRecords&metadataPrefix=oai_dc").status_code == 503, "it is new"


def test_a_version_that_makes_other_records_makes_all_of_them_anew(publish, client, monkeypatch):
    item = make.item("On owls")
    publish()
    following.follow_configuration()
    publish()
    real = xoai.elements
    monkeypatch.setattr(xoai, "elements", lambda record: real(record).replace("owls", "eagles"))
    monkeypatch.setattr(following, "MADE_BY", following.MADE_BY + 1)
    assert tasks.follow_configuration()
    publish()
    record = Harvester(client).get(handle_of(item.pk))
    assert "On eagles" in record.xpath("//text()")
    assert not tasks.follow_configuration()
