"""Arguments: every way to get them wrong, and what is answered (sections 3.1, 3.6 and 4 of the standard)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.memory import BASE_URL, OAI, MemoryStore, ask, codes, provider, row

LIST = [("metadataPrefix", "oai_dc")]


@pytest.fixture
def source():
    return provider(MemoryStore([row(n) for n in range(1, 6)]))


def refused(source, pairs, code):
    root = ask(source, *pairs)
    assert code in codes(root)
    return root.find(f"{OAI}request")


@pytest.mark.parametrize(
    "pairs",
    [
        [],
        [("verb", "")],
        [("verb", "Nope")],
        [("verb", "identify")],
        [("verb", "Identify"), ("verb", "Identify")],
        [("verb", "Identify"), ("verb", "ListSets")],
        [("metadataPrefix", "oai_dc")],
        [("verb", "Identify\x00")],
    ],
)
def test_a_missing_unknown_or_repeated_verb_is_bad_verb_and_no_attribute_is_echoed(source, pairs):
    request = refused(source, pairs, "badVerb")
    assert dict(request.attrib) == {}
    assert request.text == BASE_URL


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("Identify", [("metadataPrefix", "oai_dc")]),
        ("Identify", [("foo", "bar")]),
        ("Identify", [("resumptionToken", "x")]),
        ("ListMetadataFormats", [("metadataPrefix", "oai_dc")]),
        ("ListMetadataFormats", [("identifier", "")]),
        ("ListMetadataFormats", [("identifier", "a"), ("identifier", "a")]),
        ("ListSets", [("set", "com_1")]),
        ("ListSets", [("resumptionToken", "")]),
        ("GetRecord", []),
        ("GetRecord", [("metadataPrefix", "oai_dc")]),
        ("GetRecord", [("identifier", "oai:repository.example.org:123456789/1")]),
        ("GetRecord", [("identifier", "oai:x.y:1"), ("metadataPrefix", "oai_dc"), ("set", "com_1")]),
        ("GetRecord", [("identifier", "oai:x.y:1"), ("metadataPrefix", "oai_dc"), ("metadataPrefix", "oai_dc")]),
        ("GetRecord", [("identifier", "oai:x.y:1"), ("metadataPrefix", "")]),
        ("GetRecord", [("identifier", 'in"valid'), ("metadataPrefix", "oai_dc")]),
        ("GetRecord", [("identifier", "\x01<"), ("metadataPrefix", "oai_dc")]),
        ("GetRecord", [("identifier", "oai:x.y:%zz"), ("metadataPrefix", "oai_dc")]),
        ("GetRecord", [("identifier", "oai:x.y:a b"), ("metadataPrefix", "oai_dc")]),
        ("GetRecord", [("identifier", "oai:x.y:\U0001f600"), ("metadataPrefix", "oai_dc")]),
        ("ListRecords", []),
        ("ListRecords", [*LIST, ("foo", "bar")]),
        ("ListRecords", [*LIST, ("identifier", "oai:x.y:1")]),
        ("ListRecords", [*LIST, ("metadataPrefix", "oai_dc")]),
        ("ListRecords", [*LIST, ("resumptionToken", "x")]),
        ("ListRecords", [("resumptionToken", "x"), ("resumptionToken", "x")]),
        ("ListRecords", [("resumptionToken", "x"), ("from", "2024-01-01")]),
        ("ListRecords", [("metadataPrefix", "oai dc")]),
        ("ListRecords", [*LIST, ("set", "a b!")]),
        ("ListRecords", [*LIST, ("set", ":a")]),
        ("ListRecords", [*LIST, ("set", "")]),
        ("ListRecords", [*LIST, ("from", "")]),
        ("ListRecords", [("metadataprefix", "oai_dc")]),
    ],
)
def test_an_argument_that_is_unknown_repeated_missing_empty_or_malformed_is_bad_argument(source, verb, arguments):
    request = refused(source, [("verb", verb), *arguments], "badArgument")
    assert dict(request.attrib) == {}


@pytest.mark.parametrize("name", ["from", "until"])
@pytest.mark.parametrize(
    "value",
    [
        "yesterday",
        "2024",
        "2024-01",
        "2024-1-1",
        "2024-13-45",
        "2023-02-29",
        "0000-01-01",
        "20240101",
        "2024-01-01junk",
        " 2024-01-01",
        "2024-01-01 ",
        "2024-01-01\n",
        "2024-01-01T00:00:00",
        "2024-01-01T00:00Z",
        "2024-01-01T00:00:00.000Z",
        "2024-01-01T00:00:00+02:00",
        "2024-01-01T99:00:00Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01T23:59:60Z",
        "2024-01-01t00:00:00z",
        "٢٠٢٤-٠١-٠١",
    ],
)
def test_a_date_that_is_not_one_of_the_two_forms_is_bad_argument(source, name, value):
    refused(source, [("verb", "ListIdentifiers"), *LIST, (name, value)], "badArgument")


@pytest.mark.parametrize(
    ("earliest", "latest"),
    [
        ("2024-01-01", "2024-01-02T00:00:00Z"),
        ("2024-01-01T00:00:00Z", "2024-01-02"),
        ("2024-01-02", "2024-01-01"),
        ("2024-01-01T00:00:01Z", "2024-01-01T00:00:00Z"),
    ],
)
def test_from_and_until_have_one_granularity_and_the_right_order(source, earliest, latest):
    refused(source, [("verb", "ListRecords"), *LIST, ("from", earliest), ("until", latest)], "badArgument")


def test_all_faults_of_the_arguments_are_named(source):
    root = ask(source, ("verb", "GetRecord"))
    assert codes(root) == ["badArgument", "badArgument"]


def test_arguments_are_echoed_decoded_with_the_verb_first(source):
    root = ask(source, ("metadataPrefix", "oai_dc"), ("from", "2024-01-01"), ("verb", "ListIdentifiers"))
    assert list(root.find(f"{OAI}request").attrib.items()) == [
        ("verb", "ListIdentifiers"),
        ("metadataPrefix", "oai_dc"),
        ("from", "2024-01-01"),
    ]


NAMES = st.sampled_from(
    ["verb", "identifier", "metadataPrefix", "from", "until", "set", "resumptionToken", "Verb", "\ud800", ""]
) | st.text(max_size=8)
VALUES = (
    st.sampled_from(["Identify", "ListRecords", "ListSets", "GetRecord", "ListMetadataFormats", "ListIdentifiers"])
    | st.sampled_from(["oai_dc", "com_1", "a:b", "oai:repository.example.org:123456789/1"])
    | st.sampled_from(["2024-01-01", "9999-12-31", "0001-01-01", "2024-01-01T00:00:00Z"])
    | st.sampled_from(["http://a:b/", "//a", "1a:b", "http://a:99999", "%41", "a#b", "&'();"])
    | st.sampled_from(["\ud800", "\ufffe", "\U0010ffff"])
    | st.text(max_size=20)
    | st.text(alphabet="abc:/?#[]@!$&'()*+,;=%-._~1", max_size=12)
)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=5))
def test_no_arguments_whatsoever_break_the_response(pairs):
    ask(provider(MemoryStore([row(n) for n in range(1, 4)]), page=2), *pairs)


@given(st.sampled_from(["identifier", "set", "metadataPrefix"]), VALUES)
def test_what_is_echoed_is_valid(name, value):
    source = provider(MemoryStore([row(1)]))
    if name == "identifier":
        ask(source, ("verb", "GetRecord"), ("metadataPrefix", "oai_dc"), (name, value))
        ask(source, ("verb", "ListMetadataFormats"), (name, value))
    else:
        others = {"metadataPrefix": "oai_dc"} | {name: value}
        ask(source, ("verb", "ListRecords"), *others.items())
