"""The bytes of a response."""

from lxml import etree

from oai.protocol.verbs import answer
from oai.store.port import SetEntry
from tests.protocol.memory import BASE_URL, NOW, OAI, MemoryStore, ask, provider

XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


def test_the_root_has_exactly_the_pair_that_harvesters_compare_with():
    root = ask(provider(MemoryStore()), ("verb", "Identify"))
    assert dict(root.attrib) == {
        f"{XSI}schemaLocation": "http://www.openarchives.org/OAI/2.0/ http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd"
    }


def test_a_response_declares_utf_8_and_gives_its_date_in_whole_seconds():
    now = NOW.replace(microsecond=999_999)
    data = answer(provider(MemoryStore()), [("verb", "Identify")], base_url=BASE_URL, now=now)
    assert data.startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
    assert b"<responseDate>2024-06-01T12:00:00Z</responseDate>" in data


def test_text_is_escaped_once_without_control_characters_and_with_astral_ones():
    name = "Ä & <b> ]]> \x00\x0b\ufffe\ud800 \U0001f600 \U00020000"
    root = ask(provider(MemoryStore(set_entries=[SetEntry("1", "com_1", name)])), ("verb", "ListSets"))
    assert root.findtext(f".//{OAI}setName") == "Ä & <b> ]]>  \U0001f600 \U00020000"


def test_white_space_in_an_argument_is_echoed_as_it_came():
    data = answer(
        provider(MemoryStore()),
        [("verb", "ListRecords"), ("resumptionToken", "a\tb\nc\"<&'")],
        base_url=BASE_URL,
        now=NOW,
    )
    assert etree.fromstring(data).find(f"{OAI}request").get("resumptionToken") == "a\tb\nc\"<&'"
