"""What stylesheets and `about` elements make of records, in each context, and what becomes of lists when they fail."""

import re

import pytest
from django.db import connection
from django.utils import timezone
from lxml import etree

from identifiers.services import handle_of
from oai.models import Membership, Record, Rendered
from oai.store import content, maintenance
from oai.store.maintenance import restamp
from repository import changes
from repository.authorize import SYSTEM
from repository.constants import Action
from repository.models import Item, Mark
from repository.services import policies
from tests.unit.oai.conftest import DC, OAI, article, edit, let_the_second_pass, look_again, oai_id
from tests.unit.oai.conftest import handle_of as handle_in

pytestmark = pytest.mark.django_db


def test_texts_are_kept_once_for_contexts_that_make_them_alike(publish, request_, driver):
    item = article()
    publish()
    record = Record.objects.get(item=item.pk)
    assert Rendered.objects.filter(record=record).count() == 1, "oai_dc at once, the others when they are asked for"
    for harvester in (request_, driver):
        for _ in range(2):
            harvester.ask("ListRecords", metadataPrefix="mets")
    names = Rendered.objects.filter(record=record).values_list("rendition__name", flat=True)
    assert sorted(name.partition("@")[0] for name in names) == sorted(["oaidc", "mets", "mets+driverTransformer"])


def test_a_record_on_which_a_stylesheet_fails_is_not_in_that_format_and_harms_no_list(publish, request_, own_folder):
    made = [article(dc_title=title) for title in ("First", "Broken", "Third")]
    publish()
    sheet = own_folder / "metadataFormats/dim.xsl"
    stop = '<xsl:if test="//*[. = \'Broken\']"><xsl:message terminate="yes">no</xsl:message></xsl:if>'
    text, count = re.subn(r'(<xsl:template match="/[^>]*>)', rf"\1{stop}", sheet.read_text(), count=1)
    assert count
    sheet.write_text(text)
    look_again()
    root = request_.ask("ListRecords", metadataPrefix="dim")
    assert {handle_in(h) for h in root.iter(f"{OAI}header")} == {handle_of(i.pk) for i in (made[0], made[2])}
    broken = {"identifier": oai_id(handle_of(made[1].pk))}
    assert request_.errors("GetRecord", metadataPrefix="dim", **broken) == ["cannotDisseminateFormat"]
    assert request_.get(handle_of(made[1].pk)).findtext(f".//{DC}title") == "Broken"


def test_about_elements_stand_behind_the_metadata(publish, request_, settings):
    settings.OAI_ABOUT = "tests.unit.oai.test_texts.about"
    item = article()
    publish()
    record = etree.fromstring(request_.bytes("ListRecords", metadataPrefix="oai_dc")).find(f".//{OAI}record")
    assert [etree.QName(e).localname for e in record] == ["header", "metadata", "about"]
    assert record[2][0].text == str(item.pk)


def about(item_ids):
    return {pk: f'<about><note xmlns="https://example.org/">{pk}</note></about>' for pk in item_ids}


def test_about_elements_that_are_no_xml_harm_no_list(publish, request_, settings):
    kept = article()
    publish()
    settings.OAI_ABOUT = "tests.unit.oai.test_texts.broken_about"
    article()
    changes.run_all("oai", now=timezone.now)
    assert request_.live() == {handle_of(kept.pk)}
    assert "XMLRefused" in Mark.objects.get(consumer="oai").error


def test_an_item_that_can_t_be_compiled_again_keeps_no_harvester_from_the_others(publish, request_, settings):
    broken, kept = article(), article()
    publish()
    maintenance.erase_compiled_items()
    settings.OAI_ABOUT = "tests.unit.oai.test_texts.about_broken_for_one"
    BROKEN.append(broken.pk)
    assert request_.live(metadataPrefix="dim") == {handle_of(kept.pk)}
    assert maintenance.compile_items(lambda _: None) == 1, "only the broken one has lost it still"


BROKEN = []


def about_broken_for_one(item_ids):
    return {pk: "<about><note></about>" for pk in item_ids if pk in BROKEN}


def test_a_full_disk_is_no_mistake_of_the_harvester_s(publish, client):
    article()
    publish()
    with connection.cursor() as cursor:
        cursor.execute("""
            CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = 'disk_full'; END $$;
            CREATE TRIGGER full_disk BEFORE INSERT ON oai_rendered FOR EACH ROW EXECUTE FUNCTION full_disk()
        """)
    response = client.get("/oai/request?verb=ListRecords&metadataPrefix=dim")
    assert (response.status_code, "Retry-After" in response.headers) == (503, True)


def broken_about(item_ids):
    return dict.fromkeys(item_ids, "<about><note></about>")


def test_a_broken_stylesheet_empties_no_list_and_loses_no_change(publish, request_, own_folder):
    sheet = own_folder / "metadataFormats/oai_dc.xsl"
    good = sheet.read_text()
    item, other = article(), article()
    publish()
    sheet.write_text(good.replace("</oai_dc:dc>", "</oai_dc:dc><second/>"))
    look_again()
    edit(item, dc_title="On eagles")
    publish()
    assert request_.live() == {handle_of(item.pk), handle_of(other.pk)}, "the one before is kept"
    sheet.write_text(good)
    look_again()
    assert request_.live() == {handle_of(item.pk), handle_of(other.pk)}
    assert request_.get(handle_of(item.pk)).findtext(f".//{DC}title") == "On eagles"


@pytest.mark.parametrize("bounds", [{}, {"until": "2999-01-01T00:00:00Z"}], ids=["all", "until"])
def test_a_list_that_was_begun_never_ends_in_nothing(publish, request_, own_folder, bounds):
    settings = own_folder / "xoai.xml"
    settings.write_text(settings.read_text().replace('maxListRecordsSize="100"', 'maxListRecordsSize="1"'))
    look_again()
    article(), article()
    publish()
    first = request_.ask("ListRecords", metadataPrefix="oai_dc", **bounds)
    token = first.findtext(f".//{OAI}resumptionToken")
    restamp(lambda _: None)  # all is listed again in a second only
    second = request_.ask("ListRecords", resumptionToken=token)
    assert second.find(f"{OAI}error") is None
    assert len(list(second.iter(f"{OAI}record"))) == 1


def test_a_format_that_has_something_of_few_records_only_is_open(publish, client, own_folder):
    sheet = own_folder / "metadataFormats/dim.xsl"
    match = '<xsl:template match="/x:metadata">'
    sheet.write_text(sheet.read_text().replace(match, f'<xsl:template match="/"/>{match}'))
    look_again()
    article()
    publish()
    response = client.get("/oai/request?verb=ListRecords&metadataPrefix=dim")
    assert (response.status_code, b"noRecordsMatch" in response.content) == (200, True)


def test_records_that_a_stylesheet_fails_on_harm_no_list(publish, request_, own_folder):
    sheet, settings = own_folder / "metadataFormats/dim.xsl", own_folder / "xoai.xml"
    start = '<xsl:template match="/x:metadata">'
    broken = f"{start}<xsl:if test=\"contains(., 'broken')\"><dim:dim/></xsl:if>"
    sheet.write_text(sheet.read_text().replace(start, broken))
    settings.write_text(settings.read_text().replace('maxListRecordsSize="100"', 'maxListRecordsSize="2"'))
    look_again()
    bad, good = [article(dc_title=f"broken {n}") for n in range(5)], article()
    publish()
    assert request_.live(metadataPrefix="dim") == {handle_of(good.pk)}, "two pages have nothing to show"
    for n in range(5, 10):
        article(dc_title=f"broken {n}")
    publish()
    assert request_.live(metadataPrefix="dim") == {handle_of(good.pk)}, "the last pages have nothing to show"
    edit(bad[0], dc_title="broken again")
    publish()
    newest = Membership.objects.get(record__item=bad[0].pk, view="request", spec="").datestamp
    assert request_.live(metadataPrefix="dim", from_=f"{newest:%Y-%m-%dT%H:%M:%SZ}") == set()


def test_what_is_hidden_disappears_also_while_a_stylesheet_is_broken(publish, request_, own_folder):
    item = article()
    publish()
    sheet = own_folder / "metadataFormats/oai_dc.xsl"
    sheet.write_text(sheet.read_text().replace("</oai_dc:dc>", "</oai_dc:dc><second/>"))
    look_again()
    stored = Item.objects.get(pk=item.pk).bundles.get(bundle_name="ORIGINAL").bitstreams.get()
    policies.replace_policies(acting_user=SYSTEM, obj=stored, action=Action.READ, specs=[], now=timezone.now())
    publish()
    shown = request_.bytes("GetRecord", metadataPrefix="mets", identifier=oai_id(handle_of(item.pk)))
    assert b"<metadata>" in shown
    assert stored.md5.encode() not in shown


@pytest.mark.parametrize("verb", ["ListRecords", "GetRecord"])
def test_what_another_harvester_has_made_meanwhile_is_in_the_answer(publish, request_, monkeypatch, verb):
    item = article()
    publish()
    make_missing = content._render_missing
    # Between the two looks at the page somebody else makes and keeps all that is missing.
    monkeypatch.setattr(content, "_render_missing", lambda *asked: make_missing(*asked) or make_missing(*asked))
    one = {"identifier": oai_id(handle_of(item.pk))} if verb == "GetRecord" else {}
    assert b"<metadata>" in request_.bytes(verb, metadataPrefix="mets", **one)


def test_what_moves_into_a_page_while_its_texts_are_made_is_in_it(publish, request_, small_pages, monkeypatch):
    small_pages(2)
    for _ in range(8):
        article()
    publish()
    leaving = [Item.objects.get(pk=Record.objects.order_by("pk")[0].item)]
    make_missing = content._render_missing

    def make_while_others_move(*asked):
        make_missing(*asked)  # as another harvester may have
        cant = make_missing(*asked)
        if leaving:
            edit(leaving.pop(), dc_title="Changed")
            changes.run_all("oai", now=timezone.now)
        return cant

    monkeypatch.setattr(content, "_render_missing", make_while_others_move)
    pages = request_.pages(metadataPrefix="dim")
    let_the_second_pass()
    later = request_.live(metadataPrefix="dim", from_=pages[0].findtext(f"{OAI}responseDate"))
    listed = {handle_in(header) for page in pages for header in page.iter(f"{OAI}header")} | later
    assert len(listed) == 8, "what has moved is at the end or in the increment, the others are where they were"


def test_a_record_that_can_t_be_made_before_it_is_published_asks_to_come_back(publish, client, request_):
    item = article()
    publish()
    maintenance.erase_compiled_items()
    maintenance.clean_cache()
    edit(item, dc_title="On eagles")
    one = f"&identifier={oai_id(handle_of(item.pk))}"
    for query in (f"verb=GetRecord&metadataPrefix=oai_dc{one}", f"verb=ListMetadataFormats{one}"):
        response = client.get(f"/oai/request?{query}")
        assert (response.status_code, "Retry-After" in response.headers) == (503, True), "it is not said to be none"
    publish()
    assert request_.get(handle_of(item.pk)).findtext(f".//{DC}title") == "On eagles"
