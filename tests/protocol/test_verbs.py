"""What each verb answers, over a store in memory (section 4 of the standard)."""

from datetime import timedelta

import pytest

from oai.protocol.dates import stamp
from oai.protocol.tokens import LIFETIME
from oai.protocol.verbs import answer
from oai.store.port import SetEntry
from tests.protocol.memory import (
    BASE_URL,
    FIRST,
    NOW,
    OAI,
    MemoryStore,
    ask,
    codes,
    identifiers,
    provider,
    row,
    token_of,
)

ID = "oai:repository.example.org:123456789/1"
DC = ("metadataPrefix", "oai_dc")
LISTS = ["ListIdentifiers", "ListRecords"]


def texts(root, name):
    return [e.text for e in root.iter(f"{OAI}{name}")]


def harvest(source, verb, *arguments):
    """Return the pages of a list, each a response."""
    pages = [ask(source, ("verb", verb), *arguments)]
    while (token := token_of(pages[-1])) is not None and token.text:
        pages.append(ask(source, ("verb", verb), ("resumptionToken", token.text)))
    return pages


# Identify, ListMetadataFormats, GetRecord


def test_identify_says_what_the_repository_is():
    root = ask(provider(MemoryStore()), ("verb", "Identify"))
    assert texts(root, "repositoryName") == ["Repository <of> Examples & Tests"]
    assert texts(root, "baseURL") == [BASE_URL]
    assert texts(root, "protocolVersion") == ["2.0"]
    assert texts(root, "adminEmail") == ["admin@example.org"]
    assert texts(root, "earliestDatestamp") == [stamp(FIRST)]
    assert texts(root, "deletedRecord") == ["persistent"]
    assert texts(root, "granularity") == ["YYYY-MM-DDThh:mm:ssZ"]
    assert texts(root, "compression") == ["gzip"]
    scheme = "{http://www.openarchives.org/OAI/2.0/oai-identifier}"
    assert root.find(f".//{scheme}oai-identifier/{scheme}repositoryIdentifier").text == "repository.example.org"


def test_the_formats_are_those_of_the_context_for_every_record_deleted_or_not():
    source = provider(MemoryStore([row(1), row(2, deleted=True)]))
    for arguments in ([], [("identifier", ID)], [("identifier", ID[:-1] + "2")]):
        root = ask(source, ("verb", "ListMetadataFormats"), *arguments)
        assert texts(root, "metadataPrefix") == ["oai_dc"]
        assert texts(root, "metadataNamespace") == ["http://www.openarchives.org/OAI/2.0/oai_dc/"]


@pytest.mark.parametrize(
    "identifier",
    [
        ID[:-1] + "9",
        "nope",
        "123456789/1",
        "oai:example.org:123456789/1",
        "oai:repository.example.org:",
        "oai:Repository.example.org:123456789/1",
        "OAI:repository.example.org:123456789/1",
        "oai:repository.example.org:123456789%2F1",
        "oai:repository.example.org:" + "9" * 10_000,
        "http://repository.example.org/1",
    ],
)
def test_an_identifier_that_names_no_record_does_not_exist(identifier):
    source = provider(MemoryStore([row(1)]))
    assert codes(ask(source, ("verb", "GetRecord"), DC, ("identifier", identifier))) == ["idDoesNotExist"]
    assert codes(ask(source, ("verb", "ListMetadataFormats"), ("identifier", identifier))) == ["idDoesNotExist"]


@pytest.mark.parametrize("verb", [*LISTS, "GetRecord"])
def test_a_format_that_is_not_offered_cannot_be_disseminated(verb):
    arguments = [("identifier", ID)] if verb == "GetRecord" else []
    root = ask(provider(MemoryStore([row(1)])), ("verb", verb), ("metadataPrefix", "nope"), *arguments)
    assert codes(root) == ["cannotDisseminateFormat"]
    assert root.find(f"{OAI}request").get("metadataPrefix") == "nope"


def test_a_record_that_has_none_of_the_formats_says_so():
    source = provider(MemoryStore([row(1)], has_formats=set()))
    assert codes(ask(source, ("verb", "ListMetadataFormats"), ("identifier", ID))) == ["noMetadataFormats"]
    assert codes(ask(source, ("verb", "GetRecord"), DC, ("identifier", ID))) == ["cannotDisseminateFormat"]


def test_get_record_gives_header_and_metadata():
    root = ask(provider(MemoryStore([row(1)])), ("verb", "GetRecord"), DC, ("identifier", ID))
    assert identifiers(root) == [ID]
    assert texts(root, "datestamp") == [stamp(FIRST + timedelta(minutes=1))]
    assert texts(root, "setSpec") == ["com_1", "col_2"]
    assert root.find(f".//{OAI}metadata")[0].tag == "{http://www.openarchives.org/OAI/2.0/oai_dc/}dc"


def test_a_deleted_record_has_a_header_with_its_status_and_sets_and_nothing_else():
    root = ask(provider(MemoryStore([row(1, deleted=True)])), ("verb", "GetRecord"), DC, ("identifier", ID))
    record = root.find(f".//{OAI}record")
    assert [child.tag for child in record] == [f"{OAI}header"]
    assert record[0].get("status") == "deleted"
    assert texts(root, "setSpec") == ["com_1", "col_2"]


# Lists


@pytest.mark.parametrize("verb", LISTS)
@pytest.mark.parametrize("count", [1, 9, 10, 11, 19, 20, 21, 35])
def test_a_list_is_whole_whatever_its_length(verb, count):
    source = provider(MemoryStore([row(n) for n in range(1, count + 1)]), page=10)
    pages = harvest(source, verb, DC)
    seen = [i for page in pages for i in identifiers(page)]
    assert seen == [f"oai:repository.example.org:123456789/{n}" for n in range(1, count + 1)]
    assert len(pages) == -(-count // 10), "no empty page at the end"
    tokens = [token_of(page) for page in pages]
    if count <= 10:
        assert tokens == [None], "a list complete in one response has no token"
        return
    assert [t.text is None for t in tokens] == [False] * (len(pages) - 1) + [True]
    assert [int(t.get("cursor")) for t in tokens] == list(range(0, count, 10))
    assert {int(t.get("completeListSize")) for t in tokens} == {count}
    assert {t.get("expirationDate") for t in tokens[:-1]} == {stamp(NOW + LIFETIME)}


@pytest.mark.parametrize("verb", LISTS)
def test_the_last_token_can_be_sent_again(verb):
    source = provider(MemoryStore([row(n) for n in range(1, 25)]), page=10)
    token = token_of(ask(source, ("verb", verb), DC)).text
    request = [("verb", verb), ("resumptionToken", token)]
    assert answer(source, request, base_url=BASE_URL, now=NOW) == answer(source, request, base_url=BASE_URL, now=NOW)


@pytest.mark.parametrize("verb", LISTS)
@pytest.mark.parametrize(
    ("earliest", "latest", "expected"),
    [
        ("2024-01-01T00:02:00Z", "2024-01-01T00:04:00Z", [2, 3, 4]),
        ("2024-01-01T00:02:00Z", "2024-01-01T00:02:00Z", [2]),
        ("2024-01-01T00:04:01Z", None, [5]),
        (None, "2024-01-01T00:00:59Z", []),
        ("2024-01-01", "2024-01-01", [1, 2, 3, 4, 5]),
        ("2024-01-02", None, []),
        (None, "2023-12-31", []),
        (None, "2024-01-01T00:00:00Z", []),
        ("2090-01-01", None, []),
        (None, "9999-12-31", [1, 2, 3, 4, 5]),
        ("0001-01-01", None, [1, 2, 3, 4, 5]),
    ],
)
def test_from_and_until_are_inclusive(verb, earliest, latest, expected):
    source = provider(MemoryStore([row(n) for n in range(1, 6)]), page=2)
    dates = [(name, value) for name, value in (("from", earliest), ("until", latest)) if value]
    pages = harvest(source, verb, DC, *dates)
    if not expected:
        assert codes(pages[0]) == ["noRecordsMatch"]
    assert [int(i.rpartition("/")[2]) for page in pages for i in identifiers(page)] == expected


@pytest.mark.parametrize("verb", LISTS)
def test_a_set_selects_and_goes_on_through_tokens(verb):
    rows = [row(n, sets="com_1 col_2" if n % 2 else "com_1 col_3") for n in range(1, 10)]
    pages = harvest(provider(MemoryStore(rows), page=2), verb, DC, ("set", "col_3"))
    assert [int(i.rpartition("/")[2]) for page in pages for i in identifiers(page)] == [2, 4, 6, 8]
    assert codes(harvest(provider(MemoryStore(rows)), verb, DC, ("set", "col_9"))[0]) == ["noRecordsMatch"]


@pytest.mark.parametrize("verb", LISTS)
def test_the_response_date_of_a_list_is_the_stores_also_when_nothing_matches(verb):
    early = NOW - timedelta(seconds=1)
    for rows in ([], [row(1)]):
        root = ask(provider(MemoryStore(rows, response_date=early)), ("verb", verb), DC)
        assert texts(root, "responseDate") == [stamp(early)]


@pytest.mark.parametrize("verb", LISTS)
def test_a_record_changed_in_mid_list_moves_to_the_end_and_nothing_unchanged_is_lost(verb):
    store = MemoryStore([row(n) for n in range(1, 8)])
    source = provider(store, page=3)
    first = ask(source, ("verb", verb), DC)
    store.rows[1] = row(2, minutes=60)  # sent already
    store.rows[4] = row(5, minutes=61, deleted=True)  # not yet sent
    store.rows.append(row(8, minutes=62))
    seen, root = identifiers(first), first
    while token_of(root).text:
        root = ask(source, ("verb", verb), ("resumptionToken", token_of(root).text))
        seen += identifiers(root)
    numbers = [int(i.rpartition("/")[2]) for i in seen]
    assert numbers == [1, 2, 3, 4, 6, 7, 2, 5, 8]
    assert int(token_of(root).get("completeListSize")) == len(numbers)


@pytest.mark.parametrize("verb", LISTS)
def test_the_end_of_a_list_says_how_many_there_were(verb):
    store = MemoryStore([row(n) for n in range(1, 8)])
    source = provider(store, page=3)
    pages = [ask(source, ("verb", verb), DC)]
    del store.rows[3:5]
    while token_of(pages[-1]).text:
        pages.append(ask(source, ("verb", verb), ("resumptionToken", token_of(pages[-1]).text)))
    sizes = [int(token_of(page).get("completeListSize")) for page in pages]
    assert sizes == [7, 5]
    assert sum(len(identifiers(page)) for page in pages) == 5


@pytest.mark.parametrize("verb", LISTS)
def test_a_list_once_begun_does_not_end_in_an_error_when_its_rest_has_just_changed(verb):
    store = MemoryStore([row(n) for n in range(1, 4)])
    source = provider(store, page=2)
    first = ask(source, ("verb", verb), DC, ("until", "2024-02-01"))
    del store.rows[2]  # for this second the record is not shown
    second = ask(source, ("verb", verb), ("resumptionToken", token_of(first).text))
    assert codes(second) == []
    assert identifiers(second) == identifiers(first)[-1:]
    assert token_of(second).text is None


@pytest.mark.parametrize("verb", [*LISTS, "ListSets"])
def test_a_token_is_refused_under_another_verb_when_altered_or_expired(verb):
    store = MemoryStore([row(n) for n in range(1, 4)], [SetEntry(str(n), f"com_{n}", "") for n in range(3)])
    source = provider(store, page=1)
    text = token_of(ask(source, ("verb", verb), *([] if verb == "ListSets" else [DC]))).text
    for other in {*LISTS, "ListSets"} - {verb}:
        assert codes(ask(source, ("verb", other), ("resumptionToken", text))) == ["badResumptionToken"]
    assert codes(ask(source, ("verb", verb), ("resumptionToken", text + "x"))) == ["badResumptionToken"]
    late = ask(source, ("verb", verb), ("resumptionToken", text), now=NOW + LIFETIME)
    assert codes(late) == ["badResumptionToken"]


@pytest.mark.parametrize("verb", LISTS)
def test_a_token_of_a_format_that_is_not_offered_any_more_is_refused_as_a_token(verb):
    store = MemoryStore([row(n) for n in range(1, 4)])
    text = token_of(ask(provider(store, page=1), ("verb", verb), DC)).text
    without = provider(store, page=1, formats=[])
    assert codes(ask(without, ("verb", verb), ("resumptionToken", text))) == ["badResumptionToken"]
    assert codes(ask(without, ("verb", verb), DC)) == ["cannotDisseminateFormat"]


# Sets


@pytest.mark.parametrize("count", [1, 4, 5, 6, 10, 11])
def test_the_sets_are_paged(count):
    entries = [SetEntry(f"{n:03}", f"com_{n}", f"Community <{n}> & more" if n else "") for n in range(count)]
    pages = harvest(provider(MemoryStore(set_entries=entries), page=5), "ListSets")
    assert [s for page in pages for s in texts(page, "setSpec")] == [e.spec for e in entries]
    assert [s for page in pages for s in texts(page, "setName")] == [e.name or e.spec for e in entries]
    if count > 5:
        assert [int(token_of(page).get("cursor")) for page in pages] == list(range(0, count, 5))


def test_without_sets_there_is_no_set_hierarchy():
    assert codes(ask(provider(MemoryStore()), ("verb", "ListSets"))) == ["noSetHierarchy"]
