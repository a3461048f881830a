"""The life of a record in each context and each filtered format by itself, and when xoai.xml or a handle changes."""

import re
import time
from datetime import UTC, date, datetime
from io import StringIO
from urllib.parse import urlencode

import pytest
from django.core.management import call_command
from django.utils import timezone
from lxml import etree

from identifiers.models import Handle
from identifiers.services import handle_of
from oai import running
from oai.models import Membership, Record, Rendered
from oai.store import following
from oai.store.maintenance import restamp
from repository import changes
from repository.authorize import SYSTEM
from repository.constants import Action
from repository.metadata import Value
from repository.models import Item, Mark
from repository.services import editing, items, policies
from repository.services.policies import ANONYMOUS_READ, PolicySpec
from tests import factories as make
from tests.configured import configure
from tests.unit.oai.conftest import DC, OAI, Harvester, look_again, oai_id
from tests.unit.oai.conftest import handle_of as handle_in

pytestmark = pytest.mark.django_db

ARTICLE = {
    "dc_title": "On owls",
    "dc_contributor_author": "Ørsted, Åse",
    "dc_date_issued": "2024-05-06",
    "dc_language_iso": "en_US",
    "dc_type": "article",
}


class At(Harvester):
    """A harvester of one context."""

    def __init__(self, client, context):
        super().__init__(client, validating=False)
        self.context = context

    def bytes(self, verb, **arguments):
        query = {"verb": verb} | {name.rstrip("_"): value for name, value in arguments.items()}
        response = self.client.get(f"/oai/{self.context}?" + urlencode(query))
        assert response.status_code == 200
        return response.content


@pytest.fixture
def driver(client):
    return At(client, "driver")


@pytest.fixture
def request_(client):
    return At(client, "request")


def article(**changed):
    return make.item(metadata=make.md(**ARTICLE | changed), files=[make.new_file()])


def edit(item, **values):
    patch = editing.Patch(replace={k.replace("_", "."): [Value(v)] for k, v in values.items()})
    editing.edit_metadata(acting_user=SYSTEM, obj=Item.objects.get(pk=item.pk), patch=patch, now=timezone.now())


def datestamps(view):
    return dict(Membership.objects.filter(view=view, spec="").values_list("record__item", "datestamp"))


def test_what_a_context_does_not_show_does_not_exist_there(publish, driver, request_):
    shown, hidden = article(), article(dc_type="handbook")
    publish()
    assert driver.live() == {handle_of(shown.pk)}
    assert request_.live() == {handle_of(shown.pk), handle_of(hidden.pk)}
    asked = {"identifier": oai_id(handle_of(hidden.pk))}
    assert driver.errors("GetRecord", metadataPrefix="oai_dc", **asked) == ["idDoesNotExist"]
    assert driver.errors("ListMetadataFormats", **asked) == ["idDoesNotExist"]
    assert request_.errors("GetRecord", metadataPrefix="oai_dc", **asked) == []


def test_a_record_that_leaves_a_context_is_deleted_there_and_only_there(publish, driver, request_):
    item = article()
    publish()
    handle, before = handle_of(item.pk), driver.headers()[handle_of(item.pk)]
    edit(item, dc_type="Dataset")
    publish()
    assert driver.dead() == {handle}
    assert driver.headers()[handle]["sets"] == before["sets"], "a tombstone stays in its sets"
    for name in before["sets"]:
        assert driver.dead(set=name) == {handle}
    assert request_.live() == {handle}
    record = driver.ask("GetRecord", metadataPrefix="oai_dc", identifier=oai_id(handle)).find(f".//{OAI}record")
    assert [e.tag for e in record] == [f"{OAI}header"]
    edit(item, dc_type="article")
    publish()
    assert driver.live() == {handle}


def test_a_change_of_files_that_only_one_context_asks_about_is_seen_there(publish, driver, request_):
    item = article()
    publish()
    stored = Item.objects.get(pk=item.pk).bundles.get(bundle_name="ORIGINAL").bitstreams.get()
    policies.replace_policies(acting_user=SYSTEM, obj=stored, action=Action.READ, specs=[], now=timezone.now())
    publish()
    assert driver.dead() == {handle_of(item.pk)}
    assert request_.live() == {handle_of(item.pk)}


def test_the_set_of_a_context_is_in_headers_and_lists_of_that_context_alone(publish, driver, request_):
    item = article()
    publish()
    handle = handle_of(item.pk)
    assert "driver" in driver.headers()[handle]["sets"]
    assert driver.live(set="driver") == {handle}
    assert "driver" not in request_.headers()[handle]["sets"]
    assert request_.errors("ListRecords", metadataPrefix="oai_dc", set="driver") == ["noRecordsMatch"]
    assert "driver" in [e.text for e in driver.ask("ListSets").iter(f"{OAI}setSpec")]
    assert "driver" not in [e.text for e in request_.ask("ListSets").iter(f"{OAI}setSpec")]


def test_a_format_with_a_filter_has_records_datestamps_and_tombstones_of_its_own(publish, request_):
    thesis, other = article(dc_type="Thesis"), article()
    publish()
    handle = handle_of(thesis.pk)
    assert uketd(request_) == {handle: None}
    missing = {"identifier": oai_id(handle_of(other.pk)), "metadataPrefix": "uketd_dc"}
    assert request_.errors("GetRecord", **missing) == ["cannotDisseminateFormat"]
    offered = request_.ask("ListMetadataFormats", identifier=missing["identifier"])
    assert "uketd_dc" not in [e.text for e in offered.iter(f"{OAI}metadataPrefix")]
    edit(thesis, dc_type="Book")
    publish()
    assert uketd(request_) == {handle: "deleted"}
    assert request_.live() == {handle, handle_of(other.pk)}
    assert request_.errors("GetRecord", metadataPrefix="uketd_dc", identifier=oai_id(handle)) == []


def uketd(harvester):
    root = harvester.ask("ListRecords", metadataPrefix="uketd_dc")
    return {handle_in(header): header.get("status") for header in root.iter(f"{OAI}header")}


def test_an_item_that_becomes_public_enters_each_context_at_that_moment(publish, driver, request_):
    item = article()
    specs = [PolicySpec(Action.READ, group_id=ANONYMOUS_READ.group_id, start_date=date(2090, 1, 1))]
    policies.replace_policies(acting_user=SYSTEM, obj=item, action=Action.READ, specs=specs, now=timezone.now())
    publish()
    assert driver.headers() == request_.headers() == {}
    publish(datetime(2090, 1, 1, tzinfo=UTC))
    assert driver.live() == request_.live() == {handle_of(item.pk)}


def test_a_withdrawn_item_is_deleted_wherever_it_was_listed(publish, driver, request_):
    item, never = article(), article(dc_type="handbook")
    publish()
    for one in (item, never):
        items.withdraw(acting_user=SYSTEM, item=one, now=timezone.now())
    publish()
    assert driver.dead() == {handle_of(item.pk)}
    assert request_.dead() == {handle_of(item.pk), handle_of(never.pk)}


@pytest.fixture
def xoai_xml(own_folder):
    """Change xoai.xml, as an administrator does with an editor."""
    path = own_folder / "xoai.xml"

    def replace(pattern, by):
        text, count = re.subn(pattern, by, path.read_text(), flags=re.DOTALL)
        assert count
        path.write_text(text)
        look_again()

    return replace


def test_what_is_in_a_set_is_in_the_sets_above_it(publish, driver, xoai_xml):
    """Section 2.6 of the standard: a colon makes a hierarchy."""
    shown = {"books": "thesisFilter", "books:en": "driverFilter", "book": "thesisFilter"}
    sets = [f'<Set id="{n}"><Spec>{n}</Spec><Name>N</Name><Filter ref="{f}"/></Set>' for n, f in shown.items()]
    references = "".join(f'<Set ref="{name}"/>' for name in shown)
    xoai_xml(r'(<Context baseurl="driver"[^>]*>)(.*)(</Sets>)', rf"\1{references}\2{''.join(sets)}\3")
    item = article()
    publish()
    handle = handle_of(item.pk)
    assert driver.headers()[handle]["sets"] >= {"books", "books:en"}
    assert driver.live(set="books") == driver.live(set="books:en") == {handle}
    assert driver.live(set="book") == set()


def test_a_changed_filter_moves_records_without_a_command(publish, driver, request_, xoai_xml):
    shown, hidden = article(), article(dc_type="handbook")
    following.follow_configuration()
    publish()
    assert driver.live() == {handle_of(shown.pk)}
    untouched = datestamps("request")
    xoai_xml(r'(<Context baseurl="driver".*?)<Filter ref="driverFilter"/>', r"\1")
    assert following.follow_configuration()
    publish()
    assert driver.live() == {handle_of(shown.pk), handle_of(hidden.pk)}
    moved = {item: stamp for item, stamp in datestamps("request").items() if stamp > untouched[item]}
    assert moved == {}, "harvesters of another context hear nothing"
    xoai_xml(r'(<Context baseurl="driver"[^>]*>)', r'\1<Filter ref="driverFilter"/>')
    assert following.follow_configuration()
    publish()
    assert driver.live() == {handle_of(shown.pk)}
    assert driver.dead() == {handle_of(hidden.pk)}
    assert not following.follow_configuration(), "nothing has changed since"


def test_a_publisher_goes_by_the_files_and_not_by_what_its_process_knows_of_them(publish, driver, own_folder):
    hidden = article(dc_type="handbook")
    following.follow_configuration()
    publish()
    path = own_folder / "xoai.xml"
    path.write_text(
        re.sub(r'(baseurl="driver".*?)<Filter ref="driverFilter"/>', r"\1", path.read_text(), flags=re.DOTALL)
    )
    running._holder._looked = time.monotonic() + 3600  # this process has just looked
    changes.mark_all("oai", now=timezone.now())  # another one has seen the change
    publish()
    assert driver.live() == {handle_of(hidden.pk)}


@pytest.mark.parametrize(
    ("setting", "value", "seen"),
    [
        ("metadata.hide.dc.rights.holder", "true", "Hidden holder"),
        ("oai.bitstream.baseUrl", "https://new.example.org", "http://localhost[^<]*/bitstream/"),
        ("oai.identifier.prefix", "new.example.org", "oai:localhost"),
    ],
)
def test_a_changed_setting_reaches_all_records_without_a_command(publish, request_, settings, setting, value, seen):
    item = make.item(metadata=make.md(dc_title="Open", dc_rights_holder="Hidden holder"), files=[make.new_file()])
    following.follow_configuration()
    publish()
    assert re.search(seen, Record.objects.get(item=item.pk).document)
    configure(settings, {setting: value})
    assert following.follow_configuration()
    publish()
    assert not re.search(seen, Record.objects.get(item=item.pk).document)
    assert not following.follow_configuration(), "nothing has changed since"


def test_a_context_taken_away_and_put_back_has_missed_nothing(publish, driver, xoai_xml):
    item, gone = article(), article()
    following.follow_configuration()
    publish()
    xoai_xml(r'<Context baseurl="driver"', '<Context baseurl="retired"')
    following.follow_configuration()
    publish()
    edit(item, dc_title="On eagles")
    items.withdraw(acting_user=SYSTEM, item=gone, now=timezone.now())
    publish()
    xoai_xml(r'<Context baseurl="retired"', '<Context baseurl="driver"')
    following.follow_configuration()
    before = datestamps("driver")
    changes.run_all("oai", now=timezone.now)
    assert datestamps("driver")[item.pk] > before[item.pk]
    publish()
    assert (driver.live(), driver.dead()) == ({handle_of(item.pk)}, {handle_of(gone.pk)})


def test_restamping_lets_harvesters_fetch_every_record_again_and_no_tombstone(publish, request_):
    item, gone = article(), article()
    publish()
    items.withdraw(acting_user=SYSTEM, item=gone, now=timezone.now())
    publish()
    before = datestamps("request")
    call_command("oai", "import", "--restamp", stdout=StringIO())
    after = datestamps("request")
    assert {pk for pk in before if after[pk] > before[pk]} == {item.pk}


def test_an_item_with_a_new_handle_is_another_record(publish, request_):
    item = article()
    publish()
    old, new = handle_of(item.pk), "98765/77"
    Handle.objects.filter(handle=old).update(handle=new)
    changes.mark([item.pk], now=timezone.now())
    publish()
    assert (request_.dead(), request_.live()) == ({old}, {new})
    Handle.objects.filter(handle=new).update(handle=old)
    changes.mark([item.pk], now=timezone.now())
    publish()
    assert (request_.dead(), request_.live()) == ({new}, {old})
    assert Record.objects.count() == 2


def test_items_that_exchange_their_handles_exchange_their_records(publish, request_):
    one, other = article(dc_title="One"), article(dc_title="Other")
    publish()
    numbers = {item.pk: Handle.objects.get(object_id=item.pk).pk for item in (one, other)}
    Handle.objects.filter(pk=numbers[one.pk]).update(object_id=other.pk)
    Handle.objects.filter(pk=numbers[other.pk]).update(object_id=one.pk)
    changes.mark([one.pk, other.pk], now=timezone.now())
    publish()
    assert (request_.dead(), request_.live()) == (set(), {handle_of(one.pk), handle_of(other.pk)})
    for item, title in ((one, "One"), (other, "Other")):
        assert request_.get(handle_of(item.pk)).findtext(f".//{DC}title") == title


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
    settings.OAI_ABOUT = "tests.unit.oai.test_views_life.about"
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
    settings.OAI_ABOUT = "tests.unit.oai.test_views_life.broken_about"
    article()
    changes.run_all("oai", now=timezone.now)
    assert request_.live() == {handle_of(kept.pk)}
    assert "XMLRefused" in Mark.objects.get(consumer="oai").error


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
