"""Every context of the configuration, over HTTP, over the store it really has: each case a strict validator tries."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone
from lxml import etree

from identifiers.services import handle_of
from oai import identity, running
from oai.protocol import dates
from repository.authorize import SYSTEM
from repository.services import items
from tests import factories as make
from tests.factories import NOW, md
from tests.protocol.memory import OAI, codes, identifiers, token_of
from tests.shared import oai_problems

pytestmark = [pytest.mark.django_db, pytest.mark.parametrize("context", sorted(running.current().contexts))]

LISTS = ["ListIdentifiers", "ListRecords"]


def shown_everywhere(title, within):
    """An item that the filters of all contexts show."""
    metadata = md(
        dc_title=title,
        dc_contributor_author="Ørsted, Åse",
        dc_date_issued="2024-05-17",
        dc_language_iso="en_US",
        dc_type="article",
        dc_rights="info:eu-repo/semantics/openAccess",
        dc_relation="info:eu-repo/grantAgreement/EC/FP7/123456",
    )
    return make.item(within=within, metadata=metadata, files=[make.new_file(f"{title}.txt", b"All about it.\n")])


class Archive:
    """Seven items in two collections, one of them withdrawn; one more that never was public."""

    def __init__(self, publish):
        self.first, self.second = make.collection("First"), make.collection("Second")
        made = [shown_everywhere(f"Item {n}", self.second if n > 4 else self.first) for n in range(7)]
        private = make.item("Private", within=self.first)
        items.set_discoverable(acting_user=SYSTEM, item=private, discoverable=False, now=NOW)
        publish()
        items.withdraw(acting_user=SYSTEM, item=made[2], now=NOW)
        publish()
        self.ids = [identity.identifier(handle_of(item.pk)) for item in made]
        self.withdrawn = self.ids[2]
        self.private = identity.identifier(handle_of(private.pk))
        self.sets = [identity.set_spec("col", handle_of(c.pk)) for c in (self.first, self.second)]


@pytest.fixture
def archive(publish):
    return Archive(publish)


class Door:
    """Asks one context, and holds every answer against the official schemas where they are at hand."""

    def __init__(self, context):
        self.context = running.current().contexts[context]
        self.prefix = self.context.formats[0].prefix
        self.problems = oai_problems()

    def bytes(self, *pairs, post=False):
        query = urlencode(pairs)
        path = f"/oai/{self.context.name}"
        form = {"data": query, "content_type": "application/x-www-form-urlencoded"}
        response = Client().post(path, **form) if post else Client().get(f"{path}?{query}")
        assert response.status_code == 200
        assert response["Content-Type"] == "text/xml;charset=UTF-8"
        if self.problems:
            assert self.problems(response.content) == []
        return response.content

    def ask(self, *pairs, post=False):
        return etree.fromstring(self.bytes(*pairs, post=post))

    def first(self, verb, *pairs):
        prefix = [] if verb == "ListSets" else [("metadataPrefix", self.prefix)]
        return self.ask(("verb", verb), *prefix, *pairs)

    def pages(self, verb, *pairs):
        pages = [self.first(verb, *pairs)]
        while (token := token_of(pages[-1])) is not None and token.text:
            pages.append(self.ask(("verb", verb), ("resumptionToken", token.text)))
        return pages

    def token(self, verb):
        return token_of(self.first(verb)).text


def texts(root, name):
    return [e.text for e in root.iter(f"{OAI}{name}")]


@pytest.fixture
def door(context):
    return Door(context)


# What is asked, with {…} for what depends on the archive, and the code of the error.
BAD_VERBS = ["", "verb=", "verb=Nope", "verb=identify", "verb=Identify&verb=Identify", "metadataPrefix={prefix}"]
BAD_ARGUMENTS = [
    "verb=Identify&foo=bar",
    "verb=Identify&metadataPrefix={prefix}",
    "verb=ListMetadataFormats&metadataPrefix={prefix}",
    "verb=ListMetadataFormats&identifier=",
    "verb=ListMetadataFormats&identifier={id}&identifier={id}",
    "verb=ListSets&set={set}",
    "verb=ListSets&resumptionToken=",
    "verb=GetRecord",
    "verb=GetRecord&identifier={id}",
    "verb=GetRecord&metadataPrefix={prefix}",
    "verb=GetRecord&metadataPrefix={prefix}&identifier={id}&set={set}",
    'verb=GetRecord&metadataPrefix={prefix}&identifier=a"b',
    "verb={list}",
    "verb={list}&metadataPrefix=",
    "verb={list}&metadataPrefix={prefix}&metadataPrefix={prefix}",
    "verb={list}&metadataPrefix={prefix}&identifier={id}",
    "verb={list}&metadataPrefix={prefix}&resumptionToken={token}",
    "verb={list}&resumptionToken={token}&resumptionToken={token}",
    "verb={list}&resumptionToken={token}&set={set}",
    "verb={list}&metadataPrefix={prefix}&set=",
    "verb={list}&metadataPrefix={prefix}&set=a b",
    "verb={list}&metadataPrefix={prefix}&from=",
    "verb={list}&metadataPrefix={prefix}&from=2024-13-45",
    "verb={list}&metadataPrefix={prefix}&from=2024-1-1",
    "verb={list}&metadataPrefix={prefix}&until=2024-01-01T00:00:00.0Z",
    "verb={list}&metadataPrefix={prefix}&until=2024-01-01T00:00:00+02:00",
    "verb={list}&metadataPrefix={prefix}&from=2024-01-01&until=2024-01-02T00:00:00Z",
    "verb={list}&metadataPrefix={prefix}&from=2024-01-02&until=2024-01-01",
]
BAD_TOKENS = [
    "verb={list}&resumptionToken=junk",
    "verb={list}&resumptionToken={token}x",
    "verb={list}&resumptionToken={token_of_other_verb}",
    "verb={list}&resumptionToken={token_of_other_context}",
    "verb=ListSets&resumptionToken={token}",
]
NO_FORMATS = [
    "verb={list}&metadataPrefix=nope",
    "verb={list}&metadataPrefix={prefix}x",
    "verb=GetRecord&metadataPrefix=nope&identifier={id}",
]
NO_RECORDS = [
    "verb={list}&metadataPrefix={prefix}&set=col_nope",
    "verb={list}&metadataPrefix={prefix}&set={set}:nope",
    "verb={list}&metadataPrefix={prefix}&until=1990-01-01",
    "verb={list}&metadataPrefix={prefix}&from={tomorrow}",
    "verb={list}&metadataPrefix={prefix}&until={midnight}",
]
NO_IDENTIFIERS = [
    "verb=GetRecord&metadataPrefix={prefix}&identifier={unknown}",
    "verb=ListMetadataFormats&identifier={unknown}",
]
CASES = [
    *((query, "badVerb") for query in BAD_VERBS),
    *((query, "badArgument") for query in BAD_ARGUMENTS),
    *((query, "badResumptionToken") for query in BAD_TOKENS),
    *((query, "cannotDisseminateFormat") for query in NO_FORMATS),
    *((query, "noRecordsMatch") for query in NO_RECORDS),
    *((query, "idDoesNotExist") for query in NO_IDENTIFIERS),
]
WITHOUT_ATTRIBUTES = ("badVerb", "badArgument")


def variations(door, archive):
    """Yield what stands for the {…} of the cases, once with each of the lists and of the identifiers of nothing."""
    now = timezone.now()
    other = next(Door(name) for name in running.current().contexts if name != door.context.name)
    local_id = archive.ids[0].removeprefix(identity.identifier(""))
    unknown = [
        archive.private,
        identity.identifier("123456789/99999"),
        f"oai:other.example.org:{local_id}",
        archive.ids[0].upper(),
        local_id,
        archive.ids[0] + "/",
        identity.identifier("9" * 10_000),
    ]
    for verb, other_verb in (LISTS, reversed(LISTS)):
        common = {
            "list": verb,
            "prefix": door.prefix,
            "id": archive.ids[0],
            "set": archive.sets[0],
            "token": door.token(verb),
            "token_of_other_verb": door.token(other_verb),
            "token_of_other_context": other.token(verb),
            "tomorrow": dates.stamp(now + timedelta(days=1))[:10],
            "midnight": dates.stamp(now - timedelta(days=1))[:10] + "T00:00:00Z",
        }
        yield from (common | {"unknown": identifier} for identifier in unknown)


def test_every_wrong_request_gets_its_error(archive, door, small_pages):
    small_pages(2)
    wrong, asked = {}, set()
    for values in variations(door, archive):
        for template, code in CASES:
            query = template.format(**values)
            if query in asked:
                continue
            asked.add(query)
            root = door.ask(*(tuple(pair.split("=", 1)) for pair in query.split("&") if pair))
            attributes = dict(root.find(f"{OAI}request").attrib)
            if set(codes(root)) != {code} or bool(attributes) == (code in WITHOUT_ATTRIBUTES):
                wrong[query] = codes(root), attributes
    assert wrong == {}


def test_identify_is_what_validators_expect(archive, door):
    root = door.ask(("verb", "Identify"))
    base_url = root.findtext(f".//{OAI}baseURL")
    assert base_url == root.findtext(f"{OAI}request") == f"http://testserver/oai/{door.context.name}"
    assert "@" in root.findtext(f".//{OAI}adminEmail")
    assert root.findtext(f".//{OAI}protocolVersion") == "2.0"
    assert root.findtext(f".//{OAI}granularity") == "YYYY-MM-DDThh:mm:ssZ"
    assert root.findtext(f".//{OAI}deletedRecord") == "persistent"
    stamps = [stamp for page in door.pages("ListIdentifiers") for stamp in texts(page, "datestamp")]
    assert root.findtext(f".//{OAI}earliestDatestamp") <= min(stamps)


@pytest.mark.parametrize("size", [2, 7, 100])
def test_lists_are_whole_and_agree_with_each_other_and_with_get_record(archive, door, small_pages, size):
    small_pages(size)
    for verb in LISTS:
        pages = door.pages(verb)
        assert sorted(i for page in pages for i in identifiers(page)) == sorted(archive.ids)
        tokens = [token_of(page) for page in pages]
        if size >= 7:
            assert tokens == [None]
            continue
        assert [int(t.get("cursor")) for t in tokens] == [0, 2, 4, 6]
        assert {t.get("completeListSize") for t in tokens} == {"7"}
        assert [bool(t.text) for t in tokens] == [True, True, True, False]
        a_day_on = dates.stamp(timezone.now() + timedelta(hours=24))
        assert all(t.get("expirationDate") > a_day_on for t in tokens[:-1])
    listed = {record.findtext(f".//{OAI}identifier"): record for page in pages for record in page.iter(f"{OAI}record")}
    for identifier, record in listed.items():
        root = door.ask(("verb", "GetRecord"), ("metadataPrefix", door.prefix), ("identifier", identifier))
        assert etree.tostring(root.find(f".//{OAI}record"), method="c14n") == etree.tostring(record, method="c14n")


def test_every_format_has_every_record_it_is_said_to_have(archive, door):
    said = {
        identifier: texts(door.ask(("verb", "ListMetadataFormats"), ("identifier", identifier)), "metadataPrefix")
        for identifier in archive.ids
    }
    for offered in door.context.formats:
        root = door.ask(("verb", "ListRecords"), ("metadataPrefix", offered.prefix))
        assert set(identifiers(root)) == {
            identifier for identifier in archive.ids if offered.prefix in said[identifier]
        }
        assert offered.filter or set(identifiers(root)) == set(archive.ids)
        for record in root.iter(f"{OAI}record"):
            deleted = record[0].get("status") == "deleted"
            assert deleted == (record[0].findtext(f"{OAI}identifier") == archive.withdrawn)
            assert [child.tag for child in record[1:]] == ([] if deleted else [f"{OAI}metadata"])


def test_the_formats_are_those_of_the_configuration(archive, door):
    offered = [(f.prefix, f.schema, f.namespace) for f in door.context.formats]
    root = door.ask(("verb", "ListMetadataFormats"))
    assert [tuple(child.text for child in found) for found in root.iter(f"{OAI}metadataFormat")] == offered


def test_sets_select_and_a_deleted_record_stays_in_its_own(archive, door, small_pages):
    small_pages(2)
    listed = {e.text for page in door.pages("ListSets") for e in page.iter(f"{OAI}setSpec")}
    assert {*archive.sets, *(s.spec for s in door.context.sets)} <= listed
    for spec, expected in zip(archive.sets, (archive.ids[:5], archive.ids[5:]), strict=True):
        for verb in LISTS:
            pages = door.pages(verb, ("set", spec))
            assert sorted(i for page in pages for i in identifiers(page)) == sorted(expected)
    for own in door.context.sets:
        assert len([i for page in door.pages("ListRecords", ("set", own.spec)) for i in identifiers(page)]) == 7
    deleted = [h for page in door.pages("ListRecords", ("set", archive.sets[0])) for h in page.iter(f"{OAI}header")]
    assert [h.findtext(f"{OAI}identifier") for h in deleted if h.get("status")] == [archive.withdrawn]


def test_from_and_until_are_inclusive_in_both_granularities(archive, door):
    for verb in LISTS:
        headers = list(door.first(verb).iter(f"{OAI}header"))
        for header in headers:
            moment = header.findtext(f"{OAI}datestamp")
            same = sorted(h.findtext(f"{OAI}identifier") for h in headers if h.findtext(f"{OAI}datestamp") == moment)
            assert sorted(identifiers(door.first(verb, ("from", moment), ("until", moment)))) == same
            day = moment[:10]
            assert len(identifiers(door.first(verb, ("from", day), ("until", day)))) == len(
                [h for h in headers if h.findtext(f"{OAI}datestamp")[:10] == day]
            )


def test_a_token_can_be_sent_again_and_by_post(archive, door, small_pages):
    small_pages(2)
    for verb in (*LISTS, "ListSets"):
        token = door.token(verb)
        answers = [door.ask(("verb", verb), ("resumptionToken", token), post=post) for post in (False, True, False)]
        assert len({shown(root, verb) for root in answers}) == 1


def shown(root, verb):
    """Return a list as it was sent, but for the next token, which says until when it is good."""
    content = root.find(f"{OAI}{verb}")
    following = content.find(f"{OAI}resumptionToken")
    following.text = "…" if following.text else None
    following.attrib.pop("expirationDate", None)
    return etree.tostring(content)


def test_a_token_altered_in_any_byte_is_refused(archive, door, small_pages):
    small_pages(2)
    token = door.token("ListRecords")
    for at in range(len(token)):
        altered = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        assert codes(door.ask(("verb", "ListRecords"), ("resumptionToken", altered))) == ["badResumptionToken"]


def test_what_each_answer_begins_with(archive, door):
    data = door.bytes(("verb", "Identify"))
    assert data.startswith(
        b'<?xml version="1.0" encoding="UTF-8"?>\n<?xml-stylesheet type="text/xsl" href="static/style.xsl"'
    )
    location = b"http://www.openarchives.org/OAI/2.0/ http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd"
    assert b'xsi:schemaLocation="' + location + b'"' in data
