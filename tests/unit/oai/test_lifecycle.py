"""The life of a record: what harvesters see of an item as it is archived, changed, hidden, moved and removed."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from django.utils import timezone

from identifiers.services import handle_of
from oai.models import Membership, Record
from oai.store.publisher import apply_changes
from repository import changes
from repository.authorize import SYSTEM
from repository.constants import Action
from repository.models import Item, ResourcePolicy
from repository.services import collections, communities, items, policies
from repository.services.policies import ANONYMOUS_READ
from tests import factories as make
from tests.unit.oai.conftest import DC, OAI, edit, stamp_from_the_future

pytestmark = pytest.mark.django_db
NOW = make.NOW


def spec(obj, kind):
    return f"{kind}_{handle_of(obj.pk).replace('/', '_')}"


@pytest.fixture
def places():
    """A community in a community, a collection in the inner one, another beside it."""
    top = make.community("Top")
    inner = make.community("Inner", parent=top)
    return top, inner, make.collection("First", within=inner), make.collection("Second", within=top)


def test_a_record_is_listed_in_its_collections_and_all_communities_above(harvester, publish, places):
    top, inner, first, second = places
    item = make.item(within=first, also_in=(second,))
    publish()
    handle = handle_of(item.pk)
    sets = {spec(top, "com"), spec(inner, "com"), spec(first, "col"), spec(second, "col")}
    for verb in ("ListRecords", "ListIdentifiers"):
        assert harvester.headers(verb)[handle]["sets"] == sets
    for name in sets:
        assert harvester.live(set=name) == {handle}
    assert {e.text for e in harvester.get(handle).iter(f"{OAI}setSpec")} == sets


def test_withdrawing_leaves_a_tombstone_and_reinstating_revives_it(harvester, publish):
    item = make.item()
    publish()
    handle, before = handle_of(item.pk), harvester.headers()
    items.withdraw(acting_user=SYSTEM, item=item, now=timezone.now())
    publish()
    headers = harvester.headers()
    assert headers[handle]["deleted"]
    assert headers[handle]["sets"] == before[handle]["sets"]
    for name in before[handle]["sets"]:
        assert harvester.dead(set=name) == {handle}, "a tombstone stays in its sets"
    record = harvester.get(handle).find(f".//{OAI}record")
    assert [e.tag for e in record] == [f"{OAI}header"]
    items.reinstate(acting_user=SYSTEM, item=Item.objects.get(pk=item.pk), now=timezone.now())
    publish()
    assert harvester.live() == {handle}
    assert harvester.get(handle).findtext(f".//{DC}title") == "On owls"


def test_a_private_item_becomes_a_tombstone_and_comes_back(harvester, publish):
    item = make.item()
    publish()
    items.set_discoverable(acting_user=SYSTEM, item=item, discoverable=False, now=timezone.now())
    publish()
    assert harvester.dead() == {handle_of(item.pk)}
    items.set_discoverable(acting_user=SYSTEM, item=item, discoverable=True, now=timezone.now())
    publish()
    assert harvester.live() == {handle_of(item.pk)}


def test_an_expunged_item_leaves_a_tombstone_for_ever(harvester, publish):
    item = make.item()
    publish()
    handle = handle_of(item.pk)
    items.expunge(acting_user=SYSTEM, item=item, now=timezone.now())
    publish()
    assert harvester.dead() == {handle}
    assert harvester.errors("ListMetadataFormats", identifier=harvester_id(handle)) == []


def harvester_id(handle):
    from oai import identity

    return identity.identifier(handle)


@pytest.mark.parametrize("state", ["private", "restricted", "embargoed", "in progress", "withdrawn at once"])
def test_an_item_that_was_never_public_never_shows(harvester, publish, state):
    item = make.item() if state != "in progress" else None
    if state == "private":
        items.set_discoverable(acting_user=SYSTEM, item=item, discoverable=False, now=timezone.now())
    elif state == "restricted":
        policies.replace_policies(acting_user=SYSTEM, obj=item, action=Action.READ, specs=[], now=timezone.now())
    elif state == "embargoed":
        embargo(item, date(2090, 1, 1))
    elif state == "withdrawn at once":
        items.withdraw(acting_user=SYSTEM, item=item, now=timezone.now())
    publish()
    assert not Record.objects.exists()
    assert harvester.errors("ListRecords", metadataPrefix="oai_dc") == ["noRecordsMatch"]
    if item:
        arguments = {"identifier": harvester_id(handle_of(item.pk))}
        assert harvester.errors("GetRecord", metadataPrefix="oai_dc", **arguments) == ["idDoesNotExist"]
        items.expunge(acting_user=SYSTEM, item=Item.objects.get(pk=item.pk), now=timezone.now())
        publish()
        assert harvester.errors("ListRecords", metadataPrefix="oai_dc") == ["noRecordsMatch"]


def embargo(item, day):
    specs = [replace(ANONYMOUS_READ, start_date=day)]
    policies.replace_policies(acting_user=SYSTEM, obj=item, action=Action.READ, specs=specs, now=timezone.now())


def test_an_embargo_ends_on_its_day_without_anybody_running_a_command(harvester, publish):
    item = make.item()
    embargo(item, date(2090, 1, 1))
    publish()
    assert harvester.headers() == {}
    publish(datetime(2089, 12, 31, 23, 59, 59, tzinfo=UTC))
    assert harvester.headers() == {}
    publish(datetime(2090, 1, 1, tzinfo=UTC))
    assert harvester.live() == {handle_of(item.pk)}


def test_an_item_that_is_public_until_a_day_is_deleted_the_day_after(harvester, publish):
    item = make.item()
    specs = [replace(ANONYMOUS_READ, end_date=date(2090, 1, 1))]
    policies.replace_policies(acting_user=SYSTEM, obj=item, action=Action.READ, specs=specs, now=timezone.now())
    publish()
    assert harvester.live() == {handle_of(item.pk)}
    publish(datetime(2090, 1, 1, 23, 59, 59, tzinfo=UTC))
    assert harvester.live() == {handle_of(item.pk)}
    publish(datetime(2090, 1, 2, tzinfo=UTC))
    assert harvester.dead() == {handle_of(item.pk)}


def test_losing_anonymous_read_leaves_a_tombstone(harvester, publish):
    item = make.item()
    publish()
    policies.replace_policies(acting_user=SYSTEM, obj=item, action=Action.READ, specs=[], now=timezone.now())
    publish()
    assert harvester.dead() == {handle_of(item.pk)}


def test_moving_leaves_a_tombstone_in_the_set_that_was_left_and_only_there(harvester, publish, places):
    top, inner, first, second = places
    item = make.item(within=first)
    publish()
    handle = handle_of(item.pk)
    items.move_item(acting_user=SYSTEM, item=item, collection=second, now=timezone.now())
    publish()
    assert harvester.live() == {handle}
    assert harvester.headers()[handle]["sets"] == {spec(top, "com"), spec(second, "col")}
    assert harvester.live(set=spec(second, "col")) == harvester.live(set=spec(top, "com")) == {handle}
    for left in (spec(first, "col"), spec(inner, "com")):
        said = harvester.headers(set=left)[handle]
        assert said["deleted"]
        assert said["sets"] == {left}
    items.move_item(acting_user=SYSTEM, item=Item.objects.get(pk=item.pk), collection=first, now=timezone.now())
    publish()
    assert harvester.live(set=spec(first, "col")) == {handle}
    assert harvester.dead(set=spec(second, "col")) == {handle}


def test_mapping_and_unmapping_follow(harvester, publish, places):
    _, _, first, second = places
    item = make.item(within=first)
    publish()
    handle = handle_of(item.pk)
    items.map_item(acting_user=SYSTEM, item=item, collection=second, now=timezone.now())
    publish()
    assert harvester.live(set=spec(second, "col")) == {handle}
    items.unmap_item(acting_user=SYSTEM, item=item, collection=second, now=timezone.now())
    publish()
    assert harvester.dead(set=spec(second, "col")) == {handle}
    assert harvester.live() == {handle}


def test_a_moved_community_takes_its_records_along(harvester, publish, places):
    top, inner, first, _ = places
    item = make.item(within=first)
    publish()
    other = make.community("Other")
    communities.move_community(acting_user=SYSTEM, community=inner, parent=other, now=timezone.now())
    publish()
    assert harvester.live(set=spec(other, "com")) == {handle_of(item.pk)}
    assert harvester.dead(set=spec(top, "com")) == {handle_of(item.pk)}


def test_a_collection_that_visitors_may_not_see_is_no_set(harvester, publish, places):
    _, _, first, second = places
    item = make.item(within=first, also_in=(second,))
    publish()
    policies.replace_policies(acting_user=SYSTEM, obj=first, action=Action.READ, specs=[], now=timezone.now())
    publish()
    handle = handle_of(item.pk)
    assert harvester.live() == {handle}
    assert spec(first, "col") not in harvester.headers()[handle]["sets"]
    assert spec(first, "col") not in [e.text for e in harvester.ask("ListSets").iter(f"{OAI}setSpec")]
    assert harvester.live(set=spec(first, "col")) == set()


def test_a_renamed_collection_changes_its_set_name_and_no_record(harvester, publish, places):
    _, _, first, _ = places
    make.item(within=first)
    publish()
    before = stamps()
    edit(first, dc_title="Renamed <Collection> & more")
    changes.run_all("oai", now=timezone.now)
    assert stamps() == before
    names = {
        e.findtext(f"{OAI}setSpec"): e.findtext(f"{OAI}setName") for e in harvester.ask("ListSets").iter(f"{OAI}set")
    }
    assert names[spec(first, "col")] == "Renamed <Collection> & more"


def stamps():
    return {(m.record_id, m.view, m.spec): (m.datestamp, m.deleted) for m in Membership.objects.all()}


def test_a_change_that_harvesters_cannot_see_keeps_the_datestamp(publish):
    item = make.item()
    publish()
    before = stamps()
    edit(item, dc_description_provenance="Looked at by Ann Other")
    Item.objects.filter(pk=item.pk).update(last_modified=timezone.now())
    changes.run_all("oai", now=timezone.now)
    apply_changes([item.pk], timezone.now(), rebuild=True)
    assert stamps() == before


def test_an_edited_record_is_new_in_all_its_lists(harvester, publish, places):
    _, _, first, _ = places
    item, other = make.item(within=first), make.item("Unchanged", within=first)
    publish()
    before = stamps()
    edit(item, dc_title="On eagles")
    stamp_from_the_future()
    changes.run_all("oai", now=timezone.now)
    after = stamps()
    assert {key[0] for key in before if after[key] != before[key]} == {Record.objects.get(item=item.pk).pk}
    assert len({after[key] for key in before if after[key] != before[key]}) == 1
    assert harvester.get(handle_of(item.pk)).findtext(f".//{DC}title") == "On eagles", "GetRecord has it at once"
    assert harvester.live() == {handle_of(other.pk)}, "lists have it when its second has passed"


def test_a_tombstone_outlives_a_deleted_collection(harvester, publish, places):
    _, _, first, _ = places
    item = make.item(within=first)
    name = spec(first, "col")
    publish()
    handle = handle_of(item.pk)
    collections.delete_collection(acting_user=SYSTEM, collection=first, now=timezone.now())
    publish()
    assert harvester.dead(set=name) == harvester.dead() == {handle}


def test_the_policies_of_a_hidden_file_keep_it_out_of_the_record(publish):
    item = make.item(files=[make.new_file("open.txt"), make.new_file("secret.pdf", b"%PDF-1.4 hidden")])
    hidden = item.bundles.get().bitstreams.get(metadata__contains={"dc.title": [{"value": "secret.pdf"}]})
    ResourcePolicy.objects.filter(bitstream=hidden).delete()
    publish()
    document = Record.objects.get().document
    assert "open.txt" in document
    assert "secret.pdf" not in document.replace(
        Item.objects.get().metadata["dc.description.provenance"][0]["value"], ""
    )
    assert hidden.md5 not in document


def test_hidden_fields_never_appear(harvester, publish, settings):
    values = settings.DSPACE
    settings.DSPACE = Hiding(values)
    item = make.item(metadata=make.md(dc_title="Open", dc_rights_holder="Hidden holder", dc_subject="shown"))
    publish()
    data = harvester.bytes("GetRecord", metadataPrefix="oai_dc", identifier=harvester_id(handle_of(item.pk))).decode()
    assert "shown" in data
    assert "Hidden holder" not in data
    assert "provenance" not in data
    assert "Made available" not in data


class Hiding:
    """The configuration with `metadata.hide.dc.rights.holder = true`."""

    def __init__(self, configuration):
        self.configuration = configuration

    def __getattr__(self, name):
        return getattr(self.configuration, name)

    def bool(self, key, default=False):
        return key == "metadata.hide.dc.rights.holder" or self.configuration.bool(key, default)
