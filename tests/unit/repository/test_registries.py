"""The registry of metadata fields: merging, renaming, deleting."""

import pytest

from repository.authorize import SYSTEM
from repository.models import Collection, Item, Mark, MetadataField
from repository.services import collections, registries
from tests import factories
from tests.factories import NOW, md

pytestmark = pytest.mark.django_db


def test_merging_a_field_moves_its_values_to_the_end_of_the_other():
    item = factories.item(metadata=md(dc_title="A", dc_subject=["a"], dc_subject_other=["b"]))
    moved = registries.merge_field(acting_user=SYSTEM, old="dc.subject.other", new="dc.subject", now=NOW)
    assert moved == 1
    assert Item.objects.get(pk=item.pk).md.values("dc.subject") == ["a", "b"]
    registries.delete_field(acting_user=SYSTEM, name="dc.subject.other")
    with pytest.raises(registries.FieldInUse):
        registries.delete_field(acting_user=SYSTEM, name="dc.subject")


def test_merging_goes_on_in_batches_and_marks_only_what_it_moved(monkeypatch):
    monkeypatch.setattr(registries, "_MOVED_AT_ONCE", 2)
    home = factories.collection()
    moved = {factories.item(within=home, metadata=md(dc_title="A", dc_subject_other="b")).pk for _ in range(5)}
    factories.item(within=home)
    Mark.objects.all().delete()
    assert registries.merge_field(acting_user=SYSTEM, old="dc.subject.other", new="dc.subject", now=NOW) == 5
    assert set(Mark.objects.values_list("object_id", flat=True)) == moved


def test_a_renamed_field_keeps_its_place_and_its_values():
    item = factories.item(metadata=md(dc_title="A", dc_subject_other=["b", "c"]))
    collections.set_template(
        acting_user=SYSTEM, collection=item.owning_collection, metadata=md(dc_subject_other="x"), now=NOW
    )
    place = registries.field_names().index("dc.subject.other")
    registries.rename_field(acting_user=SYSTEM, old="dc.subject.other", new="dc.subject.keyword", now=NOW)
    assert registries.field_names().index("dc.subject.keyword") == place
    assert "dc.subject.other" not in registries.field_names()
    assert Item.objects.get(pk=item.pk).md.values("dc.subject.keyword") == ["b", "c"]
    assert Collection.objects.get(pk=item.owning_collection_id).template_metadata == md(dc_subject_keyword="x")
    registries.require_fields(["dc.subject.keyword"])


@pytest.mark.parametrize(
    ("new", "refusal"), [("dc.subject", registries.FieldExists), ("local.subject", registries.UnknownField)]
)
def test_a_field_is_not_renamed_onto_another_or_out_of_its_schema(new, refusal):
    before = MetadataField.objects.count()
    with pytest.raises(refusal):
        registries.rename_field(acting_user=SYSTEM, old="dc.subject.other", new=new, now=NOW)
    assert MetadataField.objects.count() == before


def test_two_schemas_never_have_one_namespace():
    registries.load_fields(acting_user=SYSTEM, schemas={"mine": "http://my.example/"}, fields=[])
    with pytest.raises(registries.UnknownField, match="that of the schema mine"):
        registries.load_fields(acting_user=SYSTEM, schemas={"yours": "http://my.example/"}, fields=[])
