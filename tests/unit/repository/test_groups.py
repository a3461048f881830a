"""Groups, people and policies: given, changed, taken away."""

import pytest

from repository import authorize
from repository.authorize import SYSTEM, NotAuthorized, actor_for
from repository.constants import ADMINISTRATOR_GROUP, ANONYMOUS_GROUP, Action
from repository.models import EPerson, Group, Item, Mark, ResourcePolicy
from repository.services import epeople, groups, policies
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def group(name="Team"):
    return groups.create_group(acting_user=SYSTEM, name=name, now=NOW)


def readable_by(team):
    """An item that only this group may read."""
    item = factories.item()
    only_team = policies.PolicySpec(Action.READ, group_id=team.pk)
    policies.replace_policies(acting_user=SYSTEM, obj=item, action=Action.READ, specs=[only_team], now=NOW)
    return item


def test_a_renamed_group_keeps_members_and_rights_and_no_name_is_given_twice():
    team, person = group(), factories.eperson()
    groups.add_member(acting_user=SYSTEM, group=team, eperson=person)
    item = readable_by(team)
    groups.rename_group(acting_user=SYSTEM, group=team, name="Crew ", now=NOW)
    assert Group.objects.get(pk=team.pk).group_name == "Crew"
    assert authorize.can(actor_for(person), Action.READ, item)
    with pytest.raises(groups.GroupRefused):
        groups.rename_group(acting_user=SYSTEM, group=group("Other"), name="Crew", now=NOW)


def test_a_deleted_group_takes_its_rights_along_and_tells_of_the_items():
    team, person = group(), factories.eperson()
    groups.add_member(acting_user=SYSTEM, group=team, eperson=person)
    item, actor = readable_by(team), actor_for(person)
    Mark.objects.all().delete()
    groups.delete_group(acting_user=SYSTEM, group=team, now=NOW)
    assert not authorize.can(actor, Action.READ, item)
    assert set(Mark.objects.values_list("object_id", flat=True)) == {item.pk}
    assert Item.objects.filter(pk=item.pk).exists()


@pytest.mark.parametrize("pk", [ANONYMOUS_GROUP, ADMINISTRATOR_GROUP])
def test_permanent_groups_stay_as_they_are(pk):
    permanent = Group.objects.get(pk=pk)
    with pytest.raises(groups.GroupRefused):
        groups.delete_group(acting_user=SYSTEM, group=permanent, now=NOW)
    with pytest.raises(groups.GroupRefused):
        groups.rename_group(acting_user=SYSTEM, group=permanent, name="Else", now=NOW)


def test_who_leaves_a_group_loses_what_it_may():
    team, outer, person = group(), group("Outer"), factories.eperson()
    groups.add_member(acting_user=SYSTEM, group=team, eperson=person)
    groups.add_subgroup(acting_user=SYSTEM, group=outer, child=team)
    item = readable_by(outer)
    assert authorize.can(actor_for(person), Action.READ, item)
    groups.remove_subgroup(acting_user=SYSTEM, group=outer, child=team)
    assert not authorize.can(actor_for(person), Action.READ, item)
    groups.add_subgroup(acting_user=SYSTEM, group=outer, child=team)
    groups.remove_member(acting_user=SYSTEM, group=team, eperson=person)
    assert not authorize.can(actor_for(person), Action.READ, item)


def test_the_last_administrator_neither_leaves_nor_is_deleted():
    person, administrators = factories.administrator(), Group.objects.get(pk=ADMINISTRATOR_GROUP)
    with pytest.raises(groups.GroupRefused):
        groups.remove_member(acting_user=SYSTEM, group=administrators, eperson=person)
    with pytest.raises(epeople.EPersonRefused):
        epeople.delete_eperson(acting_user=SYSTEM, eperson=person)
    factories.administrator("second@example.org")
    groups.remove_member(acting_user=SYSTEM, group=administrators, eperson=person)
    epeople.delete_eperson(acting_user=SYSTEM, eperson=person)
    assert list(EPerson.objects.values_list("email", flat=True)) == ["second@example.org"]


def test_a_policy_taken_away_counts_no_more_and_the_item_is_told_of():
    item = factories.item()
    Mark.objects.all().delete()
    policy = ResourcePolicy.objects.get(item=item, action=Action.READ)
    with pytest.raises(NotAuthorized):
        policies.remove_policy(acting_user=actor_for(factories.eperson()), policy=policy, now=NOW)
    policies.remove_policy(acting_user=SYSTEM, policy=policy, now=NOW)
    assert not authorize.can(authorize.ANONYMOUS, Action.READ, item)
    assert set(Mark.objects.values_list("object_id", flat=True)) == {item.pk}


def test_a_person_is_changed_in_what_there_is_and_nothing_else_is_taken_silently():
    person, other = factories.eperson(), factories.eperson()
    for somebody in (person, other):  # an empty one is none, of which there may be several
        edited = epeople.edit_eperson(acting_user=SYSTEM, eperson=somebody, now=NOW, first_name="Grace", netid="")
        assert (edited.md.first("eperson.firstname"), edited.netid) == ("Grace", None)
    with pytest.raises(TypeError, match="frist_name"):
        epeople.edit_eperson(acting_user=SYSTEM, eperson=person, now=NOW, frist_name="Grace")
    with pytest.raises(NotAuthorized):
        epeople.edit_eperson(acting_user=actor_for(person), eperson=person, now=NOW, can_log_in=True)


def test_the_only_administrator_cannot_be_locked_out():
    person = factories.administrator()
    with pytest.raises(epeople.EPersonRefused, match="only administrator"):
        epeople.edit_eperson(acting_user=SYSTEM, eperson=person, now=NOW, can_log_in=False)
    factories.administrator("second@example.org")
    assert not epeople.edit_eperson(acting_user=SYSTEM, eperson=person, now=NOW, can_log_in=False).can_log_in
