"""Who may see what: a matrix, and `visible_to` against a model in plain Python."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from repository import authorize
from repository.authorize import ANONYMOUS, SYSTEM, actor_for, can, visible_to
from repository.constants import ADMINISTRATOR_GROUP, ANONYMOUS_GROUP, Action
from repository.models import Bitstream, Bundle, Collection, Community, Group, GroupMember, Item, ResourcePolicy
from repository.services import groups, install, items, policies
from tests import factories
from tests.factories import NOW, md

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


def grant(obj, action, *, group=None, person=None, start=None, end=None):
    spec = policies.PolicySpec(
        action,
        group_id=group.pk if group else None,
        eperson_id=person.pk if person else None,
        start_date=start,
        end_date=end,
    )
    return policies.add_policy(acting_user=SYSTEM, obj=obj, spec=spec, now=NOW)


def hide(obj):
    policies.replace_policies(acting_user=SYSTEM, obj=obj, action=Action.READ, specs=[], now=NOW)


@pytest.fixture
def world():
    """A tree with an item, its bundle and file, and somebody for each role."""
    top = factories.community("Top")
    sub = factories.community("Sub", parent=top)
    home = factories.collection("Home", within=sub)
    item = factories.item(within=home, files=[factories.new_file()])
    people = {
        "visitor": ANONYMOUS,
        "user": actor_for(factories.eperson()),
        "site admin": actor_for(factories.administrator()),
    }
    for role, obj in {"top admin": top, "sub admin": sub, "collection admin": home, "item admin": item}.items():
        person = factories.eperson()
        grant(obj, Action.ADMIN, person=person)
        people[role] = actor_for(person)
    neighbour = factories.eperson()
    grant(factories.collection("Elsewhere"), Action.ADMIN, person=neighbour)
    people["admin elsewhere"] = actor_for(neighbour)
    return item, people


ADMINS = {"site admin", "top admin", "sub admin", "collection admin", "item admin"}
EVERYBODY = ADMINS | {"visitor", "user", "admin elsewhere"}
STATES = {
    "public": (EVERYBODY, EVERYBODY),
    "private": (EVERYBODY, EVERYBODY),  # not listed, but whoever has the address may read
    "embargoed": (ADMINS, ADMINS),
    "embargo over": (EVERYBODY, EVERYBODY),
    "lease over": (ADMINS, ADMINS),
    "file embargoed": (EVERYBODY, ADMINS),
    "withdrawn": (ADMINS, ADMINS),
}


def _put(item, state):
    file = Bitstream.objects.get(bundle__item=item)
    everybody = Group.objects.get(pk=ANONYMOUS_GROUP)
    if state == "private":
        items.set_discoverable(acting_user=SYSTEM, item=item, discoverable=False, now=NOW)
    elif state == "withdrawn":
        items.withdraw(acting_user=SYSTEM, item=item, now=NOW)
    elif state == "file embargoed":
        hide(file)
        grant(file, Action.READ, group=everybody, start=TODAY + timedelta(days=1))
    elif state != "public":
        hide(item)
        dates = {
            "embargoed": {"start": TODAY + timedelta(days=1)},
            "embargo over": {"start": TODAY},
            "lease over": {"end": TODAY - timedelta(days=1)},
        }[state]
        grant(item, Action.READ, group=everybody, **dates)


@pytest.mark.parametrize("state", STATES)
def test_each_role_sees_what_it_may_in_each_state(world, state):
    item, people = world
    _put(item, state)
    file = Bitstream.objects.get(bundle__item=item)
    item = Item.objects.get(pk=item.pk)
    for obj, expected in zip((item, file), STATES[state], strict=True):
        seen = {role for role, actor in people.items() if can(actor, Action.READ, obj, now=NOW)}
        assert seen == expected, (state, obj)
        for role, actor in people.items():
            assert visible_to(actor, type(obj).objects.all(), now=NOW).filter(pk=obj.pk).exists() == (role in seen)


def test_only_administrators_of_the_item_may_write_it(world):
    item, people = world
    for action in (Action.WRITE, Action.DELETE, Action.ADMIN, Action.ADD, Action.REMOVE):
        assert {role for role, actor in people.items() if can(actor, action, item)} == ADMINS


def test_a_submitter_has_the_item_until_it_is_archived():
    person = factories.eperson()
    collection = factories.collection()
    grant(collection, Action.ADD, person=person)
    actor = actor_for(person)
    item = install.create_item(acting_user=actor, collection=collection, metadata=md(dc_title="A"), now=NOW)
    assert can(actor, Action.WRITE, item)
    assert not can(ANONYMOUS, Action.READ, item)
    assert not can(actor_for(factories.eperson()), Action.READ, item)
    install.archive_item(acting_user=actor, item=item, now=NOW)
    assert not can(actor, Action.WRITE, item)


def test_rights_come_through_groups_of_groups_and_cycles_are_refused():
    person = factories.eperson()
    inner, outer = (groups.create_group(acting_user=SYSTEM, name=n, now=NOW) for n in ("inner", "outer"))
    groups.add_member(acting_user=SYSTEM, group=inner, eperson=person)
    groups.add_subgroup(acting_user=SYSTEM, group=outer, child=inner)
    item = factories.item()
    hide(item)
    grant(item, Action.READ, group=outer)
    assert can(actor_for(person), Action.READ, item)
    assert not can(ANONYMOUS, Action.READ, item)
    with pytest.raises(groups.GroupRefused, match="cannot contain itself"):
        groups.add_subgroup(acting_user=SYSTEM, group=inner, child=outer)
    with pytest.raises(groups.GroupRefused):
        groups.add_subgroup(acting_user=SYSTEM, group=outer, child=Group.objects.get(pk=ANONYMOUS_GROUP))


def test_a_person_who_may_not_log_in_is_a_visitor():
    person = factories.administrator()
    assert actor_for(person).is_admin
    person.can_log_in = False
    assert actor_for(person) == ANONYMOUS


def test_services_refuse_those_who_may_not():
    item, actor = factories.item(), actor_for(factories.eperson())
    for call in (
        lambda: items.withdraw(acting_user=actor, item=item, now=NOW),
        lambda: items.expunge(acting_user=actor, item=item, now=NOW),
        lambda: items.move_item(acting_user=actor, item=item, collection=factories.collection(), now=NOW),
        lambda: policies.add_policy(acting_user=actor, obj=item, spec=policies.ANONYMOUS_READ, now=NOW),
        lambda: groups.create_group(acting_user=actor, name="x", now=NOW),
    ):
        with pytest.raises(authorize.NotAuthorized):
            call()


# --- visible_to against a model in plain Python ---------------------------------------------------------------

DAYS = [None, TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=1)]
drawn_policies = st.lists(
    st.tuples(
        st.sampled_from(["top", "sub", "home", "item", "bundle", "file"]),
        st.sampled_from([Action.READ, Action.WRITE, Action.ADMIN]),
        st.sampled_from(["anonymous", "readers", "staff", "person", "other"]),
        st.sampled_from(DAYS),
        st.sampled_from(DAYS),
    )
    .filter(lambda p: not (p[1] == Action.ADMIN and p[2] == "anonymous"))
    .filter(lambda p: p[3] is None or p[4] is None or p[3] <= p[4]),
    max_size=6,
)


def _model(objects, state, policies_, actor_names, is_admin, is_submitter):
    """Which of the objects the actor may read: the rules of `authorize`, told once more without SQL."""

    def granted(name, action):
        return any(
            where == name and what == action and who in actor_names
            and (start is None or start <= TODAY) and (end is None or end >= TODAY)
            for where, what, who, start, end in policies_
        )  # fmt: skip

    if is_admin:
        return set(objects)
    seen = set()
    top_admin = granted("top", Action.ADMIN)
    sub_admin = top_admin or granted("sub", Action.ADMIN)
    home_admin = sub_admin or granted("home", Action.ADMIN)
    item_admin = home_admin or granted("item", Action.ADMIN) or (state == "progress" and is_submitter)
    for name, manages in (("top", top_admin), ("sub", sub_admin), ("home", home_admin)):
        if manages or granted(name, Action.READ):
            seen.add(name)
    item_read = item_admin or (state == "archived" and granted("item", Action.READ))
    if item_read:
        seen.add("item")
    for name in ("bundle", "file"):
        if item_admin or (item_read and granted(name, Action.READ)):
            seen.add(name)
    return seen


@pytest.fixture
def tree():
    top = factories.community("Top")
    sub = factories.community("Sub", parent=top)
    home = factories.collection("Home", within=sub)
    item = factories.item(within=home, files=[factories.new_file()])
    people = {name: factories.eperson() for name in ("person", "other", "boss")}
    GroupMember.objects.create(group_id=ADMINISTRATOR_GROUP, eperson=people["boss"])
    readers, staff = (groups.create_group(acting_user=SYSTEM, name=n, now=NOW) for n in ("readers", "staff"))
    groups.add_member(acting_user=SYSTEM, group=staff, eperson=people["person"])
    groups.add_subgroup(acting_user=SYSTEM, group=readers, child=staff)
    file = Bitstream.objects.get(bundle__item=item)
    objects = {"top": top, "sub": sub, "home": home, "item": item, "bundle": file.bundle, "file": file}
    subjects = {
        "anonymous": {"group_id": ANONYMOUS_GROUP},
        "readers": {"group_id": readers.pk},
        "staff": {"group_id": staff.pk},
        "person": {"eperson_id": people["person"].pk},
        "other": {"eperson_id": people["other"].pk},
    }
    return objects, people, subjects


NAMES = {
    "visitor": {"anonymous"},
    "person": {"anonymous", "person", "staff", "readers"},
    "other": {"anonymous", "other"},
    "boss": {"anonymous", "boss"},
}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=drawn_policies, state=st.sampled_from(["progress", "archived", "withdrawn"]), submitter=st.booleans())
def test_what_is_visible_and_what_may_be_read_are_equal(tree, drawn, state, submitter):
    objects, people, subjects = tree
    ResourcePolicy.objects.all().delete()
    ResourcePolicy.objects.bulk_create(
        ResourcePolicy(
            **{{"top": "community", "sub": "community", "home": "collection", "item": "item", "bundle": "bundle",
                "file": "bitstream"}[where]: objects[where]},
            action=what, start_date=start, end_date=end, **subjects[who],
        )
        for where, what, who, start, end in drawn
    )  # fmt: skip
    Item.objects.filter(pk=objects["item"].pk).update(
        in_archive=state == "archived",
        withdrawn=state == "withdrawn",
        submitter=people["person"] if submitter else None,
    )
    for name, known_as in NAMES.items():
        actor = actor_for(people.get(name))
        expected = _model(objects, state, drawn, known_as, name == "boss", submitter and name == "person")
        readable = {n for n, o in objects.items() if can(actor, Action.READ, o, now=NOW)}
        visible = {
            n
            for model in (Community, Collection, Item, Bundle, Bitstream)
            for row in visible_to(actor, model.objects.all(), now=NOW)
            for n, o in objects.items()
            if o == row
        }
        assert readable == visible == expected, (name, state)
