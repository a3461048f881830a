"""Items enter the archive, and what is written then."""

import pytest
from django.db import IntegrityError, transaction

from identifiers import services as identifiers
from identifiers.models import Handle
from repository import authorize
from repository.authorize import ANONYMOUS, SYSTEM
from repository.constants import Action
from repository.models import Bitstream, Item, Mark, ResourcePolicy
from repository.services import editing, groups, install, items, policies, registries
from tests import factories
from tests.factories import NOW, md

pytestmark = pytest.mark.django_db


def test_an_archived_item_has_handle_dates_and_provenance():
    item = factories.item(files=[factories.new_file(content=b"abc")])
    handle = identifiers.handle_of(item.pk)
    assert handle
    assert handle.startswith("123456789/")
    assert item.md.values("dc.date.accessioned") == ["2026-03-01T12:00:00Z"] == item.md.values("dc.date.available")
    assert item.md.values("dc.identifier.uri") == [identifiers.canonical_url(handle)]
    [note] = item.md.values("dc.description.provenance")
    assert "thesis.txt: 3 bytes, checksum: 900150983cd24fb0d6963f7d28e17f72 (MD5)" in note


def test_issued_today_becomes_the_day_and_no_date_is_invented():
    assert factories.item(metadata=md(dc_title="A", dc_date_issued="today")).md.first("dc.date.issued") == "2026-03-01"
    assert factories.item(metadata=md(dc_title="A")).md.first("dc.date.issued") is None


def test_deposit_in_two_steps_gives_what_an_import_gives():
    collection = factories.collection()
    item = install.create_item(acting_user=SYSTEM, collection=collection, metadata=md(dc_title="A"), now=NOW)
    assert not authorize.can(ANONYMOUS, Action.READ, item)
    archived = install.archive_item(acting_user=SYSTEM, item=item, now=NOW)
    imported = factories.item(metadata=md(dc_title="A"), within=collection)
    assert authorize.can(ANONYMOUS, Action.READ, archived)
    assert archived.metadata.keys() == imported.metadata.keys()
    assert policies.specs_of(archived) == policies.specs_of(imported)
    with pytest.raises(items.WrongState):
        install.archive_item(acting_user=SYSTEM, item=item, now=NOW)


def test_archiving_leaves_alone_what_was_said_of_who_may_read_the_item():
    item = install.create_item(
        acting_user=SYSTEM, collection=factories.collection(), metadata=md(dc_title="A"), now=NOW
    )
    team = groups.create_group(acting_user=SYSTEM, name="Team", now=NOW)
    only_team = policies.PolicySpec(Action.READ, group_id=team.pk)
    policies.add_policy(acting_user=SYSTEM, obj=item, spec=only_team, now=NOW)
    archived = install.archive_item(acting_user=SYSTEM, item=item, now=NOW)
    assert policies.specs_of(archived) == [only_team]
    assert not authorize.can(ANONYMOUS, Action.READ, archived)


def test_an_unknown_field_is_refused_by_name():
    with pytest.raises(registries.UnknownField, match=r"dc\.nonsense"):
        factories.item(metadata=md(dc_title="A", dc_nonsense="x"))


def test_minting_skips_handles_that_an_import_took():
    collection = factories.collection()
    number = int((identifiers.handle_of(collection.pk) or "").split("/")[1])
    factories.item(within=collection, handle=f"123456789/{number + 1}")
    assert identifiers.handle_of(factories.item(within=collection).pk) == f"123456789/{number + 2}"


def test_a_handle_outlives_its_object_and_names_only_that_one_again():
    item, other = factories.item(), factories.item()
    handle = identifiers.handle_of(item.pk)
    items.expunge(acting_user=SYSTEM, item=item, now=NOW)
    assert identifiers.lookup(handle).object_id == item.pk
    with pytest.raises(identifiers.HandleTaken), transaction.atomic():
        factories.item(handle=identifiers.handle_of(other.pk))
    assert factories.item(handle=handle).pk == item.pk


def test_the_site_has_the_handle_zero():
    assert Handle.objects.get(handle="123456789/0").object_type == 5


def test_withdrawn_items_are_hidden_and_come_back():
    item = items.withdraw(acting_user=SYSTEM, item=factories.item(), now=NOW)
    assert not authorize.can(ANONYMOUS, Action.READ, item)
    assert "Item withdrawn by the system" in item.md.values("dc.description.provenance")[-1]
    again = items.reinstate(acting_user=SYSTEM, item=item, now=NOW)
    assert authorize.can(ANONYMOUS, Action.READ, again)


def test_an_expunged_item_leaves_its_files_to_cleanup():
    item = factories.item(files=[factories.new_file()])
    items.expunge(acting_user=SYSTEM, item=item, now=NOW)
    [left] = Bitstream.objects.all()
    assert left.deleted
    assert left.bundle_id is None
    assert not ResourcePolicy.objects.filter(bitstream=left).exists()


def test_each_change_marks_the_item_for_each_consumer():
    item = factories.item()
    assert set(Mark.objects.filter(object_id=item.pk).values_list("consumer", flat=True)) == {"search", "oai"}


def test_an_embargo_marks_the_item_for_the_day_it_ends():
    import datetime

    start = datetime.date(2026, 6, 1)
    item = factories.item()
    spec = policies.PolicySpec(Action.READ, group_id=policies.ANONYMOUS_READ.group_id, start_date=start)
    policies.replace_policies(acting_user=SYSTEM, obj=item, action=Action.READ, specs=[spec], now=NOW)
    due = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)
    assert Mark.objects.filter(object_id=item.pk, due=due).count() == 2
    assert not authorize.can(ANONYMOUS, Action.READ, item, now=NOW)
    assert authorize.can(ANONYMOUS, Action.READ, item, now=due)


def test_a_stale_form_is_told_and_writes_nothing():
    item = factories.item()
    patch = editing.Patch(add=[("dc.subject", editing.Value("owls"))])
    editing.edit_metadata(acting_user=SYSTEM, obj=item, patch=patch, now=NOW, version=1)
    with pytest.raises(editing.EditConflict):
        editing.edit_metadata(acting_user=SYSTEM, obj=item, patch=patch, now=NOW, version=1)
    assert Item.objects.get(pk=item.pk).md.values("dc.subject") == ["owls"]


@pytest.mark.parametrize(
    "wrong", [[], {"dc.title": []}, {"dc.title": "x"}, {"dc.title": [{"text": "x"}]}, {"dc.title": [{"value": 1}]}]
)
def test_the_database_refuses_metadata_of_another_shape(wrong):
    item = factories.item()
    with pytest.raises(IntegrityError), transaction.atomic():
        Item.objects.filter(pk=item.pk).update(metadata=wrong)
