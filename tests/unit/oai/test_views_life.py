"""The life of a record in each context and each filtered format by itself, and when xoai.xml or a handle changes."""

import re
import time
from datetime import UTC, date, datetime
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from identifiers.models import Handle
from identifiers.services import handle_of
from oai import running
from oai.models import Membership, Record
from oai.store import following
from repository import changes
from repository.authorize import SYSTEM
from repository.constants import Action
from repository.models import Item
from repository.services import items, policies
from repository.services.policies import ANONYMOUS_READ, PolicySpec
from tests import factories as make
from tests.configured import configure
from tests.unit.oai.conftest import DC, OAI, article, edit, look_again, oai_id
from tests.unit.oai.conftest import handle_of as handle_in

pytestmark = pytest.mark.django_db


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
