"""A small archive of every kind of thing a page must treat with care."""

from dataclasses import dataclass
from datetime import date

import pytest
from django.test import Client

from identifiers import services as identifiers
from repository import bitstore, changes
from repository.authorize import SYSTEM
from repository.constants import ANONYMOUS_GROUP, Action
from repository.models import Bitstream, Collection, Community, Item
from repository.services import items, policies
from tests import factories
from tests.factories import NOW, md

FAR = date(2126, 1, 1)


@dataclass
class Archive:
    """`hidden` was never readable by anybody but administrators; `embargoed` is open, its file is not."""

    community: Community
    collection: Collection
    hidden_collection: Collection
    open: Item
    hidden: Item
    private: Item
    withdrawn: Item
    withdrawn_hidden: Item
    embargoed: Item

    def url(self, obj) -> str:
        return f"/handle/{identifiers.handle_of(obj.pk)}"

    def file(self, item: Item) -> Bitstream:
        return Bitstream.objects.filter(bundle__item=item).first()


def close(obj) -> None:
    """Take the object's READ policies away."""
    policies.replace_policies(acting_user=SYSTEM, obj=obj, action=Action.READ, specs=[], now=NOW)


def close_new_items(collection: Collection) -> None:
    """Let nobody but administrators read the items that the collection will get."""
    for action in (Action.DEFAULT_ITEM_READ, Action.DEFAULT_BITSTREAM_READ):
        policies.replace_policies(acting_user=SYSTEM, obj=collection, action=action, specs=[], now=NOW)


def embargo(bitstream: Bitstream, until: date) -> None:
    spec = policies.PolicySpec(Action.READ, group_id=ANONYMOUS_GROUP, start_date=until)
    policies.replace_policies(acting_user=SYSTEM, obj=bitstream, action=Action.READ, specs=[spec], now=NOW)


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    """Files go to a store of the test's own."""
    options = {"location": str(tmp_path / "assetstore")}
    settings.STORAGES = settings.STORAGES | {
        "assetstore0": {"BACKEND": "repository.bitstore.storage.AssetStorage", "OPTIONS": options}
    }
    assert bitstore.incoming() == 0


@pytest.fixture
def archive(db) -> Archive:
    community = factories.community("Faculty of Owls")
    collection = factories.collection("Theses", within=community)
    hidden_collection = factories.collection("Secret drawer", within=community)

    def thesis(title: str) -> Item:
        metadata = md(dc_title=title, dc_contributor_author="Ørsted, Åse", dc_date_issued="2024-05", dc_subject="Owls")
        files = [factories.new_file(f"{title}.txt", title.encode() * 100)]
        return factories.item(within=collection, metadata=metadata, files=files)

    opened = policies.specs_of(collection, Action.DEFAULT_ITEM_READ, Action.DEFAULT_BITSTREAM_READ)
    close_new_items(collection)
    hidden, withdrawn_hidden = thesis("Hidden owls"), thesis("Forgotten owls")
    for spec in opened:
        policies.add_policy(acting_user=SYSTEM, obj=collection, spec=spec, now=NOW)
    made = Archive(
        community=community,
        collection=collection,
        hidden_collection=hidden_collection,
        open=thesis("Open owls"),
        hidden=hidden,
        private=thesis("Private owls"),
        withdrawn=thesis("Withdrawn owls"),
        withdrawn_hidden=withdrawn_hidden,
        embargoed=thesis("Embargoed owls"),
    )
    close(hidden_collection)
    embargo(made.file(made.embargoed), FAR)
    for item in (made.withdrawn, made.withdrawn_hidden):
        items.withdraw(acting_user=SYSTEM, item=item, now=NOW)
    items.set_discoverable(acting_user=SYSTEM, item=made.private, discoverable=False, now=NOW)
    changes.run("search", now=NOW)
    return made


@pytest.fixture
def reader(db) -> Client:
    """Somebody with an account and no rights."""
    client = Client()
    client.force_login(factories.eperson("reader@example.org"), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def administrator(db) -> Client:
    client = Client()
    client.force_login(factories.administrator(), backend="django.contrib.auth.backends.ModelBackend")
    return client
