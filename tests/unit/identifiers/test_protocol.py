"""The messages of the Handle System: what is written is read again, and nothing else is."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identifiers.handle_server import keys
from identifiers.handle_server.protocol import (
    Credential,
    Envelope,
    ErrorResponse,
    Flag,
    Message,
    ResolutionRequest,
    ResolutionResponse,
    packets,
    request_digest,
    without_digest,
)
from identifiers.handle_server.site import Interface, Server, Site
from identifiers.handle_server.values import AdminRecord, HandleValue, Reference, chosen, folded, values_of
from identifiers.handle_server.wire import ProtocolError, Reader, text

OCTET = st.integers(0, 0xFF)
TWO, FOUR = st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
BYTES = st.binary(max_size=60)
REFERENCES = st.lists(st.builds(Reference, BYTES, FOUR), max_size=3).map(tuple)
VALUES = st.builds(HandleValue, FOUR, BYTES, BYTES, FOUR, OCTET, FOUR, OCTET, REFERENCES)
ENVELOPES = st.builds(
    Envelope,
    version=st.tuples(OCTET, OCTET),
    request_id=FOUR,
    length=FOUR,
    suggested=st.tuples(st.integers(0, 3), OCTET),
    session_id=FOUR,
    sequence=FOUR,
    compressed=st.booleans(),
    encrypted=st.booleans(),
    truncated=st.booleans(),
)
MESSAGES = st.builds(Message, FOUR, FOUR, FOUR, BYTES, TWO, OCTET, FOUR, BYTES)
RESOLUTION_REQUESTS = st.builds(
    ResolutionRequest, BYTES, st.lists(FOUR, max_size=5).map(tuple), st.lists(BYTES, max_size=5).map(tuple)
)
RESOLUTION_RESPONSES = st.builds(ResolutionResponse, BYTES, st.lists(VALUES, max_size=4).map(tuple))
ADMINISTRATORS = st.builds(AdminRecord, BYTES, FOUR, TWO)
CREDENTIALS = st.builds(Credential, BYTES, BYTES, BYTES, FOUR)
ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6).filter(lambda ip: int(ip) >> 32)).map(str)
INTERFACES = st.builds(Interface, st.integers(0, 3), st.integers(0, 3), FOUR)
SERVERS = st.builds(Server, FOUR, ADDRESSES, BYTES, st.lists(INTERFACES, max_size=3).map(tuple))
SITES = st.builds(
    Site,
    servers=st.lists(SERVERS, max_size=2).map(tuple),
    attributes=st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9)), max_size=2).map(tuple),
    serial=TWO,
    version=st.tuples(OCTET, OCTET),
    primary=st.booleans(),
    multi_primary=st.booleans(),
    hash_option=OCTET,
    hash_filter=BYTES,
)
DECODERS: list[Callable[[bytes], Any]] = [
    Envelope.decode,
    Message.decode,
    ResolutionRequest.decode,
    ResolutionResponse.decode,
    ErrorResponse.decode,
    AdminRecord.decode,
    Credential.decode,
    Site.decode,
    keys.to_json,
    without_digest,
]


@given(ENVELOPES)
def test_an_envelope_comes_back(envelope: Envelope) -> None:
    assert Envelope.decode(envelope.encode()) == envelope


@given(MESSAGES)
def test_a_message_comes_back(message: Message) -> None:
    assert Message.decode(message.encode()) == message


@given(MESSAGES)
def test_a_message_may_end_without_a_credential(message: Message) -> None:
    assert Message.decode(message.header_and_body()).body == message.body


@given(RESOLUTION_REQUESTS)
def test_a_resolution_request_comes_back(request: ResolutionRequest) -> None:
    assert ResolutionRequest.decode(request.encode()) == request


@given(RESOLUTION_RESPONSES)
def test_a_resolution_response_comes_back(response: ResolutionResponse) -> None:
    assert ResolutionResponse.decode(response.encode()) == response


@given(st.text(max_size=60))
def test_an_error_comes_back(message: str) -> None:
    assert ErrorResponse.decode(ErrorResponse(message).encode()).message == message


@given(VALUES)
def test_a_value_comes_back(value: HandleValue) -> None:
    assert HandleValue.read(Reader(value.encode())) == value


@given(ADMINISTRATORS)
def test_an_administrator_comes_back(record: AdminRecord) -> None:
    assert AdminRecord.decode(record.encode()) == record


@given(CREDENTIALS)
def test_a_credential_comes_back(credential: Credential) -> None:
    assert Credential.decode(credential.encode()) == credential


@given(SITES)
def test_a_site_comes_back(site: Site) -> None:
    assert Site.decode(site.encode()) == site


@given(MESSAGES, st.sampled_from([(2, 1), (2, 6), (2, 7), (2, 11)]), BYTES)
def test_the_digest_of_a_request_comes_back(request: Message, version: tuple[int, int], body: bytes) -> None:
    digest = request_digest(version, request)

    assert without_digest(digest + body) == (digest, body)
    algorithm = hashlib.sha256 if version >= (2, 7) else hashlib.sha1
    assert digest[1:] == algorithm(request.header_and_body()).digest()


@given(st.binary(max_size=2000), FOUR)
def test_packets_make_the_message_again(message: bytes, request_id: int) -> None:
    sent = packets(Envelope((2, 11), request_id, 0), message)

    assert max(map(len, sent)) <= 512
    envelopes = [Envelope.decode(packet) for packet in sent]
    assert [envelope.sequence for envelope in envelopes] == list(range(len(sent)))
    assert {(each.length, each.truncated) for each in envelopes} == {(len(message), len(sent) > 1)}
    assert b"".join(packet[Envelope.SIZE :] for packet in sent) == message


@given(st.sampled_from(DECODERS), st.binary(max_size=200))
def test_bytes_of_a_stranger_are_read_or_refused(decode: Callable[[bytes], Any], data: bytes) -> None:
    with suppress(ProtocolError):
        decode(data)


@pytest.mark.parametrize("count", [2049, 0xFFFFFFFF])
def test_no_memory_is_reserved_for_what_a_stranger_announces(count: int) -> None:
    with pytest.raises(ProtocolError):
        ResolutionRequest.decode(text(b"1/2") + count.to_bytes(4, "big"))
    with pytest.raises(ProtocolError):
        ResolutionRequest.decode(count.to_bytes(4, "big") + b"1/2")


@pytest.mark.parametrize(
    ("spoken", "suggested", "answered"),
    [
        ((2, 3), (2, 11), (2, 11)),
        ((2, 1), (0, 0), (2, 1)),
        ((2, 0), (0, 0), (2, 1)),
        ((2, 3), (2, 99), (2, 11)),
        ((2, 6), (2, 6), (2, 5)),
        ((5, 0), (1, 0), (2, 1)),
        ((3, 9), (3, 9), (2, 1)),
    ],
)
def test_an_answer_is_in_the_newest_version_that_both_speak(
    spoken: tuple[int, int], suggested: tuple[int, int], answered: tuple[int, int]
) -> None:
    assert Envelope(spoken, 1, 0, suggested).answer_version == answered


def test_values_are_chosen_by_index_or_by_type() -> None:
    values = [
        HandleValue(index, name, b"") for index, name in ((1, b"URL"), (2, b"URL.us"), (3, b"URLs"), (4, b"EMAIL"))
    ]

    def indexes(*names: bytes, indexes: tuple[int, ...] = ()) -> list[int]:
        return [value.index for value in chosen(values, indexes, names)]

    assert indexes() == [1, 2, 3, 4]
    assert indexes(b"url") == [1]
    assert indexes(b"URL.") == [1, 2]
    assert indexes(b"URL.us", indexes=(4,)) == [2, 4]
    assert indexes(b"NONE") == []


def test_only_ascii_letters_are_compared_without_case() -> None:
    assert folded("10673/abc-Ä") == folded("10673/ABC-Ä") != folded("10673/abc-ä")
    assert folded("10673/ıſß") == "10673/ıſß"


def test_the_flags_are_those_of_the_rfc() -> None:
    assert Flag.AUTHORITATIVE | Flag.CERTIFY | Flag.ENCRYPT | Flag.RECURSIVE == 0xF0000000
    assert Flag.CACHE_CERTIFY | Flag.CONTINUED | Flag.KEEP_ALIVE | Flag.PUBLIC_ONLY == 0x0F000000
    assert Flag.DIGEST == 0x00800000


@pytest.mark.parametrize(("url_index", "indexes"), [(1, [1, 100]), (100, [100, 101]), (7, [7, 100])])
def test_the_address_and_the_administrator_have_indexes_of_their_own(url_index: int, indexes: list[int]) -> None:
    url, admin = values_of("10673/5", "https://repo.example.org/handle/10673/5", url_index)

    assert [url.index, admin.index] == indexes
    assert AdminRecord.decode(admin.data).handle == b"0.NA/10673"
