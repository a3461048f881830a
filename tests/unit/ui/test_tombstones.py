"""Who is told that something is gone (410), and for whom it is as if it had never been (404), at every address."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import import_module
from itertools import product
from typing import Literal

import pytest
from django.db import connection
from django.test import Client

from identifiers import renaming
from identifiers import services as identifiers
from identifiers.models import Handle
from oai import identity
from repository import changes
from repository.authorize import SYSTEM
from repository.constants import ANONYMOUS_GROUP, Action
from repository.models import Bitstream, Collection, Community, EPerson, Item, ResourcePolicy
from repository.services import collections, communities, groups, install, items, policies
from tests import factories
from tests.factories import NOW
from tests.unit.ui.conftest import close, close_new_items, embargo
from tests.unit.ui.test_pages import configure

pytestmark = pytest.mark.django_db

MISSING = "/items/00000000-0000-4000-8000-00000000dead"
LATER = NOW + timedelta(days=400)


def opened(collection: Collection, start: date | None, end: date | None) -> None:
    """Let everybody read the items that the collection will get, on these days."""
    for action in (Action.DEFAULT_ITEM_READ, Action.DEFAULT_BITSTREAM_READ):
        spec = policies.PolicySpec(action, group_id=ANONYMOUS_GROUP, start_date=start, end_date=end)
        policies.replace_policies(acting_user=SYSTEM, obj=collection, action=action, specs=[spec], now=NOW)


def public() -> Item:
    return factories.item("Owls", files=[factories.new_file()])


def restricted_from_the_start() -> Item:
    drawer = factories.collection()
    close_new_items(drawer)
    return factories.item("Owls", within=drawer, files=[factories.new_file()])


def restricted_later() -> Item:
    item = public()
    close(item)
    return item


def private() -> Item:
    item = public()
    items.set_discoverable(acting_user=SYSTEM, item=item, discoverable=False, now=NOW)
    return item


def private_and_restricted() -> Item:
    item = restricted_from_the_start()
    items.set_discoverable(acting_user=SYSTEM, item=item, discoverable=False, now=NOW)
    return item


def embargoed(days: int = 500) -> Item:
    drawer = factories.collection()
    opened(drawer, (NOW + timedelta(days=days)).date(), None)
    return factories.item("Owls", within=drawer, files=[factories.new_file()])


def after_its_embargo() -> Item:
    return embargoed(days=10)


def after_its_last_day() -> Item:
    drawer = factories.collection()
    opened(drawer, None, (NOW + timedelta(days=10)).date())
    return factories.item("Owls", within=drawer, files=[factories.new_file()])


def over_before_it_came() -> Item:
    drawer = factories.collection()
    opened(drawer, None, (NOW - timedelta(days=10)).date())
    return factories.item("Owls", within=drawer, files=[factories.new_file()])


WAS_PUBLIC = [public, restricted_later, private, after_its_embargo, after_its_last_day]
NEVER_PUBLIC = [restricted_from_the_start, private_and_restricted, embargoed, over_before_it_came]


@dataclass
class Addresses:
    """Where an item was found before it went."""

    handle: str
    pages: list[str]

    @classmethod
    def of(cls, item: Item) -> "Addresses":
        handle = identifiers.handle_of(item.pk)
        assert handle
        return cls(handle, [f"/handle/{handle}", f"/items/{item.pk}", f"/bitstream/{handle}/1/thesis.txt"])


def withdraw(item: Item) -> None:
    items.withdraw(acting_user=SYSTEM, item=item, now=LATER)


def expunge(item: Item) -> None:
    items.expunge(acting_user=SYSTEM, item=item, now=LATER)


def withdraw_and_expunge(item: Item) -> None:
    withdraw(item)
    expunge(item)


def as_if_missing(client: Client, url: str) -> None:
    """Assert that nobody can tell this page from that of an address that never existed."""
    page, missing = client.get(url), client.get(MISSING)
    assert page.status_code == 404, url
    assert page.content == missing.content, url
    assert sorted(page.headers.items()) == sorted(missing.headers.items()), url


@pytest.mark.parametrize("end", [withdraw, expunge, withdraw_and_expunge])
@pytest.mark.parametrize("make", WAS_PUBLIC)
def test_what_was_public_leaves_a_tombstone(client, reader, make: Callable[[], Item], end: Callable[[Item], None]):
    item = make()
    addresses = Addresses.of(item)
    end(item)
    for visitor, url in product((client, reader), addresses.pages):
        page = visitor.get(url)
        assert page.status_code == 410, url
        assert "Owls" not in page.content.decode()


@pytest.mark.parametrize("end", [withdraw, expunge, withdraw_and_expunge])
@pytest.mark.parametrize("make", NEVER_PUBLIC)
def test_what_never_was_public_is_as_if_it_had_never_been(client, reader, make, end):
    item = make()
    addresses = Addresses.of(item)
    resolver = f"/handleresolver/resolve/{addresses.handle}"
    before = client.get(resolver).content
    end(item)
    for visitor, url in product((client, reader), addresses.pages):
        as_if_missing(visitor, url)
    assert client.get(resolver).content == before


@pytest.mark.parametrize("make", [*WAS_PUBLIC, *NEVER_PUBLIC])
def test_administrators_see_withdrawn_items_and_the_tombstones_of_deleted_ones(administrator, make):
    item = make()
    addresses = Addresses.of(item)
    withdraw(item)
    for url in addresses.pages:
        assert administrator.get(url).status_code == 200, url
    expunge(item)
    for url in addresses.pages:
        assert administrator.get(url).status_code == 410, url
    assert administrator.get(MISSING).status_code == 404


def test_an_item_in_progress_that_is_deleted_was_never_there(client):
    item = install.create_item(acting_user=SYSTEM, collection=factories.collection(), metadata={}, now=NOW)
    expunge(item)
    as_if_missing(client, f"/items/{item.pk}")


def test_an_embargo_that_ends_while_an_item_is_withdrawn_opens_no_tombstone(client):
    item = embargoed(days=10)
    addresses = Addresses.of(item)
    items.withdraw(acting_user=SYSTEM, item=item, now=NOW)  # the embargo is over by today's clock
    for url in addresses.pages:
        as_if_missing(client, url)


def test_who_could_read_a_restricted_item_gets_the_tombstone_of_the_withdrawn_one(client, reader):
    item = restricted_from_the_start()
    group = groups.create_group(acting_user=SYSTEM, name="Owl readers", now=NOW)
    groups.add_member(acting_user=SYSTEM, group=group, eperson=EPerson.objects.get(email="reader@example.org"))
    spec = policies.PolicySpec(Action.READ, group_id=group.pk)
    policies.add_policy(acting_user=SYSTEM, obj=item, spec=spec, now=NOW)
    withdraw(item)
    assert reader.get(f"/items/{item.pk}").status_code == 410
    as_if_missing(client, f"/items/{item.pk}")


def test_a_hidden_file_of_a_withdrawn_item_is_told_apart_from_a_missing_one_by_nobody(client):
    item = factories.item(files=[factories.new_file("a.txt"), factories.new_file("b.txt")])
    shown, hidden = Bitstream.objects.filter(bundle__item=item).order_by("sequence_id")
    embargo(hidden, date(2126, 1, 1))
    withdraw(item)
    assert client.get(f"/bitstreams/{shown.pk}/download").status_code == 410
    as_if_missing(client, f"/bitstreams/{hidden.pk}/download")
    handle = identifiers.handle_of(item.pk)
    assert [client.get(f"/bitstream/{handle}/{number}/x").status_code for number in (1, 2, 3)] == [410, 410, 410]


def test_the_file_of_a_deleted_item_is_gone_at_the_address_that_people_cite(client, administrator):
    item = public()
    handle, file = identifiers.handle_of(item.pk), Bitstream.objects.get(bundle__item=item)
    cited = [f"/bitstream/{handle}/1/thesis.txt", f"/bitstream/handle/{handle}/thesis.txt"]
    withdraw(item)
    for url in (*cited, f"/bitstreams/{file.pk}/download"):
        assert client.get(url).status_code == 410, url
    expunge(item)
    for url in cited:
        assert client.get(url).status_code == 410, url
    for visitor in (client, administrator):  # nothing tells whose it was
        as_if_missing(visitor, f"/bitstreams/{file.pk}/download")


def delete_collection(place: Collection) -> None:
    collections.delete_collection(acting_user=SYSTEM, collection=place, now=LATER)


def delete_community(place: Community) -> None:
    communities.delete_community(acting_user=SYSTEM, community=place, now=LATER)


@pytest.mark.parametrize(
    ("make", "delete", "name"),
    [
        (factories.collection, delete_collection, "collections"),
        (factories.community, delete_community, "communities"),
    ],
)
@pytest.mark.parametrize("history", ["public", "closed", "never public"])
def test_collections_and_communities_leave_tombstones_by_the_same_rule(
    client, administrator, make, delete, name, history: Literal["public", "closed", "never public"]
):
    place = make()
    urls = [f"/handle/{identifiers.handle_of(place.pk)}", f"/{name}/{place.pk}"]
    if history == "closed":
        close(place)
    if history == "never public":  # an import may bring it like this
        ResourcePolicy.objects.filter(**{f"{type(place).__name__.lower()}": place.pk}).delete()
    delete(place)
    for url in urls:
        assert administrator.get(url).status_code == 410
        if history == "never public":
            as_if_missing(client, url)
        else:
            assert client.get(url).status_code == 410


def test_deleting_a_collection_leaves_tombstones_of_its_public_items_only(client):
    place = factories.collection()
    shown = Addresses.of(factories.item(within=place, files=[factories.new_file()]))
    close_new_items(place)
    hidden = Addresses.of(factories.item(within=place, files=[factories.new_file()]))
    delete_collection(place)
    assert [client.get(url).status_code for url in shown.pages] == [410, 410, 410]
    for url in hidden.pages:
        as_if_missing(client, url)


def test_harvesters_are_told_of_what_was_public_only(client):
    made = [public(), restricted_from_the_start()]
    handles = [identifiers.handle_of(item.pk) for item in made]
    while changes.run("oai", now=NOW):
        pass
    for item in made:
        expunge(item)
    while changes.run("oai", now=LATER):
        pass
    answers = []
    for handle in handles:
        asked = {"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": identity.identifier(handle)}
        page = client.get("/oai/request", asked).content.decode()
        answers.append(("deleted" in page, "idDoesNotExist" in page))
    assert answers == [(True, False), (False, True)]


@pytest.mark.parametrize("make", [restricted_from_the_start, restricted_later])
def test_a_former_handle_of_what_is_hidden_leads_nowhere(client, settings, make):
    item = make()
    addresses = Addresses.of(item)
    old = addresses.handle.partition("/")[0]
    renaming.change_prefix(old, "20.500")
    configure(settings, "handle.additional.prefixes", old)
    for url in addresses.pages:
        as_if_missing(client, url)
    expunge(item)
    if make is restricted_from_the_start:
        as_if_missing(client, addresses.pages[0])
    else:
        assert client.get(addresses.pages[0]).status_code == 301
        assert client.get(addresses.pages[0], follow=True).status_code == 410


def test_a_handle_that_ends_in_browse_has_its_page(client):
    place = factories.collection()
    handle = identifiers.handle_of(place.pk)
    factories.item("Browsing owls", within=place, handle="20.500/how-to/browse")
    factories.item("Shadowed", within=place, handle=f"{handle}/browse")
    assert "Browsing owls" in client.get("/handle/20.500/how-to/browse").content.decode()
    assert "Browse by title" in client.get(f"/handle/{handle}/browse").content.decode()
    as_if_missing(client, "/handle/20.500/nothing/browse")


def test_tombstones_of_before_are_kept_where_there_is_no_doubt(client):
    made = [public(), restricted_from_the_start(), embargoed(days=10), public()]
    kept, *others = [Addresses.of(item).pages[0] for item in made]
    for item in made[:3]:
        withdraw(item)
    expunge(made[3])
    Handle.objects.update(was_public=False)  # as it was before there was such a column
    with connection.cursor() as cursor:
        cursor.execute(import_module("repository.migrations.0004_once_public").WITHDRAWN)
    assert client.get(kept).status_code == 410
    for url in others:
        as_if_missing(client, url)
