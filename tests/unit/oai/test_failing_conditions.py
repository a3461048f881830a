"""A repository's own condition that raises: other records are published as ever, its own stay where they are."""

import logging
import re

import pytest
from django.utils import timezone
from lxml import etree

from identifiers.services import handle_of
from oai import conditions
from oai.store import following, publisher
from repository import changes
from repository.authorize import SYSTEM
from repository.metadata import Value
from repository.models import Item, Mark
from repository.services import editing
from tests import factories as make
from tests.unit.oai.conftest import OAI, look_again
from tests.unit.oai.conftest import handle_of as handle_in

pytestmark = pytest.mark.django_db
THIS = "tests.unit.oai.test_failing_conditions.NotSealed"
OWN, TITLED, AUTHORED = (f'<Custom ref="{name}"/>' for name in ("own", "titleCondition", "authorCondition"))
UNTITLED = f"<Not><Condition>{TITLED}</Condition></Not>"


class NotSealed:
    """Shows all but sealed items; fails on titles that are a mess."""

    def __init__(self, _parameters):
        pass

    def shows(self, facts):
        titles = facts.values("dc.title")
        if "Mess" in titles:
            raise RuntimeError("no such title")
        return "Sealed" not in titles


@pytest.fixture(params=["", "Not", "set"])
def context(request, own_folder):
    """A context `library` whose filter, or set, is the condition; or its opposite's opposite."""
    custom = OWN
    if request.param == "Not":
        custom = f"<Not><Condition><Not><Condition>{custom}</Condition></Not></Condition></Not>"
    add_library(own_folder, custom, '<Set ref="theirs"/>' if request.param == "set" else '<Filter ref="theirs"/>')
    return "library", "&set=theirs" if request.param == "set" else ""


def add_library(folder, definition, inside):
    path = folder / "xoai.xml"
    text = path.read_text()
    for before, new in (
        ("</Contexts>", f'<Context baseurl="library">{inside}<Format ref="oaidc"/></Context>'),
        ("</Filters>", f'<Filter id="theirs"><Definition>{definition}</Definition></Filter>'),
        ("</Filters>", f'<CustomCondition id="own"><Class>{THIS}</Class></CustomCondition>'),
        ("</Sets>", '<Set id="theirs"><Spec>theirs</Spec><Name>T</Name><Filter ref="theirs"/></Set>'),
    ):
        text = text.replace(before, new + before)
    path.write_text(text)
    look_again()
    following.follow_configuration()


def harvest(client, context):
    name, rest = context
    response = client.get(f"/oai/{name}?verb=ListIdentifiers&metadataPrefix=oai_dc{rest}")
    root = etree.fromstring(response.content)
    return {handle_in(header): header.get("status") for header in root.iter(f"{OAI}header")}


def rename(item, title):
    change(item, {"dc.title": [Value(title)]})


def change(item, fields):
    patch = editing.Patch(replace=fields)
    editing.edit_metadata(acting_user=SYSTEM, obj=Item.objects.get(pk=item.pk), patch=patch, now=timezone.now())


def test_it_neither_enters_nor_leaves_and_all_others_do(context, publish, client):
    owls, eagles, mess = make.item("Owls"), make.item("Eagles"), make.item("Mess")
    publish()
    assert harvest(client, context) == {handle_of(owls.pk): None, handle_of(eagles.pk): None}
    rename(owls, "Mess")
    rename(eagles, "Sealed")
    publish()
    assert harvest(client, context) == {handle_of(owls.pk): None, handle_of(eagles.pk): "deleted"}
    rename(mess, "Tidied up")
    publish()
    assert harvest(client, context)[handle_of(mess.pk)] is None
    rename(owls, "Sealed")
    publish()
    assert harvest(client, context)[handle_of(owls.pk)] == "deleted"


def test_what_it_fails_on_is_new_to_harvesters_as_any_change(context, publish, client):
    item = make.item("Owls")
    publish()
    rename(item, "Mess")
    publish()
    response = client.get("/oai/library?verb=ListRecords&metadataPrefix=oai_dc")
    assert re.search(b"<dc:title>Mess</dc:title>", response.content)


def test_publishing_is_not_slowed_and_the_log_names_it_once(context, monkeypatch, caplog):
    for title in ("Mess", "Owls", "Mess", "Eagles"):
        make.item(title)
    batches = []
    monkeypatch.setattr(publisher, "compile_items", noting(batches, publisher.compile_items))
    with caplog.at_level(logging.ERROR):
        changes.run_all("oai", now=timezone.now)
    assert [len(batch) for batch in batches] == [4]
    assert not Mark.objects.filter(consumer="oai").exists()
    assert [record.name for record in caplog.records] == [conditions.__name__]
    assert THIS in caplog.text
    assert re.search(r'xoai\.xml:\d+: <CustomCondition id="own">', caplog.text)


@pytest.mark.parametrize(
    ("joined", "first", "second", "shown"),
    [
        ("Or", OWN, TITLED, {None}),
        ("Or", TITLED, OWN, {None}),
        ("Or", OWN, UNTITLED, set()),
        ("And", OWN, TITLED, set()),
        ("And", TITLED, OWN, set()),
    ],
)
def test_what_fails_decides_nothing_where_the_other_does(joined, first, second, shown, own_folder, publish, client):
    add_library(own_folder, both(joined, first, second), '<Filter ref="theirs"/>')
    make.item("Mess")
    publish()
    assert set(harvest(client, ("library", "")).values()) == shown


@pytest.mark.parametrize("sides", [(OWN, AUTHORED), (AUTHORED, OWN)])
def test_what_does_not_meet_one_condition_leaves_whatever_the_other_says(sides, own_folder, publish, client):
    add_library(own_folder, both("And", *sides), '<Filter ref="theirs"/>')
    item = make.item("Owls")
    publish()
    assert harvest(client, ("library", "")) == {handle_of(item.pk): None}
    change(item, {"dc.title": [Value("Mess")], "dc.contributor.author": []})
    publish()
    assert harvest(client, ("library", "")) == {handle_of(item.pk): "deleted"}


def both(joined, first, second):
    left, right = f"<LeftCondition>{first}</LeftCondition>", f"<RightCondition>{second}</RightCondition>"
    return f"<{joined}>{left}{right}</{joined}>"


def noting(calls, function):
    def noted(item_ids, now):
        calls.append(item_ids)
        return function(item_ids, now)

    return noted
