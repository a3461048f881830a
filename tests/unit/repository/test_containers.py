"""Communities, collections and the items in them: made, moved, mapped, deleted."""

import io
from datetime import timedelta

import pytest

from identifiers import services as identifiers
from repository import authorize, querysets
from repository.authorize import SYSTEM, actor_for
from repository.constants import ANONYMOUS_GROUP, Action
from repository.models import Bitstream, Collection, Community, Group, Item, ItemCollection, Mark
from repository.services import bitstreams, collections, communities, groups, items, logos, policies, roles
from tests import factories
from tests.factories import NOW, md

pytestmark = pytest.mark.django_db


def test_a_community_or_collection_needs_a_name():
    with pytest.raises(communities.NameMissing):
        communities.create_community(acting_user=SYSTEM, metadata=md(dc_title=" "), now=NOW)
    with pytest.raises(communities.NameMissing):
        collections.create_collection(acting_user=SYSTEM, community=factories.community(), metadata={}, now=NOW)


def test_deleting_a_community_takes_all_below_it_and_leaves_tombstones():
    top = factories.community()
    home = factories.collection(within=factories.community(parent=top))
    item = factories.item(within=home, files=[factories.new_file()])
    handles = [identifiers.handle_of(o.pk) for o in (top, home, item)]
    communities.delete_community(acting_user=SYSTEM, community=top, now=NOW)
    assert not Community.objects.exists()
    assert not Collection.objects.exists()
    assert not Item.objects.exists()
    assert all(identifiers.lookup(h) for h in handles)
    assert Mark.objects.filter(object_id=item.pk, consumer="oai").count() == 2


def test_deleting_a_collection_spares_items_that_are_only_mapped_to_it():
    home, other = factories.collection(), factories.collection()
    item = factories.item(within=home, also_in=(other,))
    collections.delete_collection(acting_user=SYSTEM, collection=other, now=NOW)
    assert Item.objects.filter(pk=item.pk).exists()
    assert list(ItemCollection.objects.values_list("collection", flat=True)) == [home.pk]


def test_a_community_cannot_be_moved_below_itself():
    top = factories.community()
    child = factories.community(parent=top)
    with pytest.raises(communities.WouldContainItself):
        communities.move_community(acting_user=SYSTEM, community=top, parent=child, now=NOW)
    moved = communities.move_community(acting_user=SYSTEM, community=child, parent=None, now=NOW)
    assert moved.parent is None


def test_moving_a_community_tells_of_every_item_below():
    top, child = factories.community(), factories.community()
    item = factories.item(within=factories.collection(within=child))
    Mark.objects.all().delete()
    communities.move_community(acting_user=SYSTEM, community=child, parent=top, now=NOW)
    assert set(Mark.objects.values_list("object_id", flat=True)) == {item.pk}
    assert querysets.ancestors_of([item.owning_collection_id]) == {item.owning_collection_id: [child.pk, top.pk]}


def test_an_item_moves_to_another_collection_and_leaves_the_first():
    item, other = factories.item(), factories.collection()
    moved = items.move_item(acting_user=SYSTEM, item=item, collection=other, now=NOW)
    assert moved.owning_collection == other
    assert list(ItemCollection.objects.filter(item=item).values_list("collection", flat=True)) == [other.pk]


def test_an_item_is_mapped_and_unmapped_but_never_leaves_its_owner():
    item, other = factories.item(), factories.collection()
    items.map_item(acting_user=SYSTEM, item=item, collection=other, now=NOW)
    assert list(querysets.items_in([other.pk])) == [item]
    items.unmap_item(acting_user=SYSTEM, item=item, collection=other, now=NOW)
    assert list(querysets.items_in([other.pk])) == []
    with pytest.raises(items.WrongState):
        items.unmap_item(acting_user=SYSTEM, item=item, collection=item.owning_collection, now=NOW)


def test_a_new_logo_replaces_the_old_one_and_everybody_sees_it():
    top = factories.community()
    first = logos.set_logo(acting_user=SYSTEM, container=top, stream=io.BytesIO(b"1"), name="a.png", now=NOW)
    second = logos.set_logo(acting_user=SYSTEM, container=top, stream=io.BytesIO(b"2"), name="b.png", now=NOW)
    assert Community.objects.get(pk=top.pk).logo == second
    assert Bitstream.objects.get(pk=first.pk).deleted
    visible = authorize.visible_to(authorize.ANONYMOUS, Bitstream.objects.all(), now=NOW)
    assert list(visible) == [second]


def test_roles_have_dspaces_group_names_and_give_their_rights():
    home, person = factories.collection(), factories.eperson()
    admins = roles.create_role(acting_user=SYSTEM, container=home, role=roles.Role.ADMIN, now=NOW)
    assert admins.group_name == f"COLLECTION_{home.pk}_ADMIN"
    assert roles.create_role(acting_user=SYSTEM, container=home, role=roles.Role.ADMIN, now=NOW) == admins
    groups.add_member(acting_user=SYSTEM, group=admins, eperson=person)
    assert authorize.can(actor_for(person), Action.ADMIN, factories.item(within=home))
    roles.delete_role(acting_user=SYSTEM, container=home, role=roles.Role.ADMIN, now=NOW)
    assert not authorize.can(actor_for(person), Action.ADMIN, home)
    assert not Group.objects.filter(pk=admins.pk).exists()
    with pytest.raises(roles.NoSuchRole):
        roles.create_role(acting_user=SYSTEM, container=home.community, role=roles.Role.SUBMIT, now=NOW)


def test_a_deleted_collection_or_community_takes_the_groups_of_its_roles_along():
    home = factories.collection()
    for role in roles.Role:
        roles.create_role(acting_user=SYSTEM, container=home, role=role, now=NOW)
    roles.create_role(acting_user=SYSTEM, container=home.community, role=roles.Role.ADMIN, now=NOW)
    communities.delete_community(acting_user=SYSTEM, community=home.community, now=NOW)
    assert not Group.objects.filter(permanent=False).exists()


def test_a_moved_collection_is_below_its_new_community_and_its_items_are_told_of():
    item, other = factories.item(), factories.community()
    Mark.objects.all().delete()
    moved = collections.move_collection(acting_user=SYSTEM, collection=item.owning_collection, community=other, now=NOW)
    assert querysets.ancestors_of([moved.pk]) == {moved.pk: [other.pk]}
    assert set(Mark.objects.values_list("object_id", "consumer")) == {(item.pk, "search"), (item.pk, "oai")}


def test_a_logo_is_taken_away_and_left_to_cleanup():
    top = factories.community()
    logo = logos.set_logo(acting_user=SYSTEM, container=top, stream=io.BytesIO(b"1"), name="a.png", now=NOW)
    logos.remove_logo(acting_user=SYSTEM, container=Community.objects.get(pk=top.pk), now=NOW)
    assert Community.objects.get(pk=top.pk).logo is None
    assert Bitstream.objects.get(pk=logo.pk).deleted


def test_a_date_in_a_policy_of_a_container_marks_the_items_in_it_for_that_day():
    item = factories.item()
    start = NOW.date() + timedelta(days=10)
    spec = policies.PolicySpec(Action.READ, group_id=ANONYMOUS_GROUP, start_date=start)
    Mark.objects.all().delete()
    policies.add_policy(acting_user=SYSTEM, obj=item.owning_collection.community, spec=spec, now=NOW)
    later = Mark.objects.filter(due__gt=NOW, consumer="oai")
    assert [(m.object_id, m.due.date()) for m in later] == [(item.pk, start)]


def test_the_number_of_a_deleted_file_is_never_given_to_another():
    item = factories.item(files=[factories.new_file("one.txt"), factories.new_file("two.txt")])
    last = Bitstream.objects.get(bundle__item=item, sequence_id=2)
    bitstreams.delete_bitstream(acting_user=SYSTEM, bitstream=last, now=NOW)
    new = bitstreams.add_bitstream(acting_user=SYSTEM, item=item, new=factories.new_file("three.txt"), now=NOW)
    assert new.sequence_id == 3


def test_the_path_of_a_community_is_one_query(django_assert_num_queries):
    top = factories.community("Top")
    middle = factories.community("Middle", parent=top)
    low = factories.community("Low", parent=middle)
    with django_assert_num_queries(1):
        assert querysets.path_of(low) == [top, middle, low]
