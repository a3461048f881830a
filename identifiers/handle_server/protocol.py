"""The messages of the Handle System as bytes (RFC 3651 section 3, RFC 3652 sections 2 and 3). Plain Python, no Django.

A message is an envelope, a header, a body and a credential. Every `decode` takes bytes of a stranger: it raises
ProtocolError for what is not of the form, and never reads or reserves more than it was given.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, replace
from enum import IntEnum, IntFlag

from identifiers.handle_server.values import HandleValue
from identifiers.handle_server.wire import ProtocolError, Reader, array, text

Version = tuple[int, int]
OLDEST, NEWEST = (2, 1), (2, 11)  # the versions of the protocol that are spoken here
BROKEN = (2, 6)  # its clients sign other bytes than they mean to: they are answered in 2.5
SHA256_SINCE, SUGGESTION_SIGNED_SINCE, DSA_SHA256_SINCE = (2, 7), (2, 8), (2, 11)

MAX_HANDLE = 2048  # bytes
UDP_PACKET = 512  # bytes, envelope included


class Op(IntEnum):
    """What a message asks for (RFC 3652, 2.2.2.1)."""

    NONE = 0
    RESOLUTION = 1
    GET_SITE_INFO = 2
    CREATE_HANDLE = 100
    DELETE_HANDLE = 101
    ADD_VALUE = 102
    REMOVE_VALUE = 103
    MODIFY_VALUE = 104
    LIST_HANDLES = 105
    CHALLENGE_ANSWER = 200
    VERIFY_ANSWER = 201
    HOME_PREFIX = 300
    UNHOME_PREFIX = 301
    LIST_HOMED_PREFIXES = 302
    SESSION_SETUP = 400
    SESSION_TERMINATE = 401
    SESSION_EXCHANGE_KEY = 402


class Code(IntEnum):
    """How a request went (RFC 3652, 2.2.2.2); a request itself has REQUEST.

    After ERROR a client of the Handle System asks another server, or over another protocol; any other code it believes.
    """

    REQUEST = 0
    SUCCESS = 1
    ERROR = 2
    PROTOCOL_ERROR = 4
    NOT_SUPPORTED = 5
    HANDLE_NOT_FOUND = 100
    INVALID_HANDLE = 102
    VALUES_NOT_FOUND = 200
    NOT_RESPONSIBLE = 301
    SESSION_TIMEOUT = 500


class Flag(IntFlag):
    """How it is asked (RFC 3652, 2.2.2.3)."""

    AUTHORITATIVE = 0x80000000
    CERTIFY = 0x40000000
    ENCRYPT = 0x20000000
    RECURSIVE = 0x10000000
    CACHE_CERTIFY = 0x08000000
    CONTINUED = 0x04000000
    KEEP_ALIVE = 0x02000000
    PUBLIC_ONLY = 0x01000000
    DIGEST = 0x00800000
    OVERWRITE = 0x00400000
    MINT = 0x00200000
    NO_REFERRAL = 0x00100000


_ENVELOPE = struct.Struct(">BBBBIIII")
_COMPRESSED, _ENCRYPTED, _TRUNCATED, _SUGGESTED_MAJOR = 0x80, 0x40, 0x20, 0x03


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands before each message, and in each packet of one (RFC 3652, 2.2.1).

    `length` is that of the message without envelopes; `sequence` counts the packets of a message from 0.
    `suggested` is the highest version the sender speaks, (0, 0) when it does not say.
    """

    version: Version
    request_id: int
    length: int
    suggested: Version = (0, 0)
    session_id: int = 0
    sequence: int = 0
    compressed: bool = False
    encrypted: bool = False
    truncated: bool = False

    SIZE = _ENVELOPE.size

    @classmethod
    def decode(cls, data: bytes | bytearray | memoryview) -> Envelope:
        """Read the first bytes of `data`. Raises ProtocolError."""
        if len(data) < cls.SIZE:
            raise ProtocolError("no envelope")
        major, minor, flags, minor2, session, request, sequence, length = _ENVELOPE.unpack_from(data)
        return cls(
            version=(major, minor),
            request_id=request,
            length=length,
            suggested=(flags & _SUGGESTED_MAJOR, minor2),
            session_id=session,
            sequence=sequence,
            compressed=bool(flags & _COMPRESSED),
            encrypted=bool(flags & _ENCRYPTED),
            truncated=bool(flags & _TRUNCATED),
        )

    def encode(self) -> bytes:
        """Return its 20 bytes."""
        flags = self.suggested[0] & _SUGGESTED_MAJOR
        flags |= _COMPRESSED * self.compressed | _ENCRYPTED * self.encrypted | _TRUNCATED * self.truncated
        numbers = self.session_id, self.request_id, self.sequence, self.length
        return _ENVELOPE.pack(*self.version, flags, self.suggested[1], *numbers)

    @property
    def answer_version(self) -> Version:
        """The version to answer in: the highest that both sides speak."""
        wanted = self.suggested if self.suggested[0] else self.version
        if wanted[0] != NEWEST[0]:  # some very old clients called themselves 5.0
            return OLDEST
        chosen = min(max(wanted, OLDEST), NEWEST)
        return (2, 5) if chosen == BROKEN else chosen


_HEADER = struct.Struct(">IIIHBxII")


@dataclass(frozen=True, slots=True)
class Message:
    """Header, body and credential (RFC 3652, 2.2.2 to 2.2.4). `expiration` is in seconds since 1970, 0 for none."""

    op: int
    code: int
    flags: int
    body: bytes = b""
    site_serial: int = 0
    recursion: int = 0
    expiration: int = 0
    credential: bytes = b""

    HEADER_SIZE = _HEADER.size

    @classmethod
    def decode(cls, data: bytes) -> Message:
        """Read a whole message, without its envelope. Raises ProtocolError."""
        reader = Reader(data)
        op, code, flags, serial, recursion, expiration, size = _HEADER.unpack(reader.take(_HEADER.size))
        body = reader.take(size)
        credential = reader.text() if len(data) >= _HEADER.size + size + 4 else b""
        reader.finish()
        return cls(op, code, flags, body, serial, recursion, expiration, credential)

    def header_and_body(self) -> bytes:
        """Return what digests and signatures are made over."""
        serial, recursion = self.site_serial & 0xFFFF, self.recursion & 0xFF
        header = _HEADER.pack(self.op, self.code, self.flags, serial, recursion, self.expiration, len(self.body))
        return header + self.body

    def encode(self) -> bytes:
        """Return it as it stands behind an envelope."""
        return self.header_and_body() + text(self.credential)


@dataclass(frozen=True, slots=True)
class ResolutionRequest:
    """Which values of which handle; no index and no type means all (RFC 3652, 3.2.1)."""

    handle: bytes
    indexes: tuple[int, ...] = ()
    types: tuple[bytes, ...] = ()

    @classmethod
    def decode(cls, body: bytes) -> ResolutionRequest:
        """Read the body of a request. Raises ProtocolError."""
        reader = Reader(body)
        handle = reader.text()
        indexes = tuple(reader.number() for _ in range(reader.count()))
        types = tuple(reader.text() for _ in range(reader.count()))
        return cls(handle, indexes, types)

    def encode(self) -> bytes:
        """Return the body of a request."""
        indexes = array([index.to_bytes(4, "big") for index in self.indexes])
        return text(self.handle) + indexes + array([text(name) for name in self.types])


@dataclass(frozen=True, slots=True)
class ResolutionResponse:
    """The values that were asked for (RFC 3652, 3.2.2)."""

    handle: bytes
    values: tuple[HandleValue, ...]

    @classmethod
    def decode(cls, body: bytes) -> ResolutionResponse:
        """Read the body of an answer. Raises ProtocolError."""
        reader = Reader(body)
        handle = reader.text(MAX_HANDLE)
        values = tuple(HandleValue.read(reader) for _ in range(reader.count()))
        reader.finish()
        return cls(handle, values)

    def encode(self) -> bytes:
        """Return the body of an answer."""
        return text(self.handle) + array([value.encode() for value in self.values])


@dataclass(frozen=True, slots=True)
class ErrorResponse:
    """Why there is no other answer, for people (RFC 3652, 3.3)."""

    message: str

    @classmethod
    def decode(cls, body: bytes) -> ErrorResponse:
        """Read the body of an answer. Raises ProtocolError."""
        return cls(Reader(body).text().decode(errors="replace"))

    def encode(self) -> bytes:
        """Return the body of an answer."""
        return text(self.message.encode())


@dataclass(frozen=True, slots=True)
class Credential:
    """A signature over a message (RFC 3652, 2.2.4), with the algorithm of its digest: `SHA-256` or `SHA1`."""

    algorithm: bytes
    signature: bytes
    type: bytes = b"HS_SIGNED"
    session_counter: int = 0

    @classmethod
    def decode(cls, data: bytes) -> Credential:
        """Read a credential. Raises ProtocolError."""
        reader = Reader(data)
        reader.take(4)  # version, reserved, options
        reader.text()  # the signer's handle, of no use
        counter, kind = reader.number(), reader.text()
        section = Reader(reader.text())
        return cls(section.text(), section.text(), kind, counter)

    def encode(self) -> bytes:
        """Return the bytes of a credential."""
        section = text(self.algorithm) + text(self.signature)
        return bytes(8) + self.session_counter.to_bytes(4, "big") + text(self.type) + text(section)


def signed_bytes(envelope: Envelope, message: Message, session_counter: int = 0) -> bytes:
    """Return what the signature of a message in this envelope is made over; it depends on the envelope's version."""
    covered = message.header_and_body()
    if envelope.version < BROKEN:
        return covered
    versions = bytes(envelope.version)
    if envelope.version >= SUGGESTION_SIGNED_SINCE:
        versions += bytes(envelope.suggested)
    return versions + struct.pack(">III", envelope.session_id, envelope.request_id, session_counter) + covered


_DIGESTS = {2: "sha1", 3: "sha256"}


def request_digest(version: Version, request: Message) -> bytes:
    """Return the digest of a request that its answer begins with, in that version of the protocol (RFC 3652, 2.2.3)."""
    number = 3 if version >= SHA256_SINCE else 2
    digest = hashlib.new(_DIGESTS[number], request.header_and_body(), usedforsecurity=False).digest()
    return bytes([number]) + digest


def without_digest(body: bytes) -> tuple[bytes, bytes]:
    """Split the body of an answer that begins with a digest: digest as `request_digest` has it, and the rest."""
    reader = Reader(body)
    number = reader.number(1)
    if number not in _DIGESTS:
        raise ProtocolError("a digest of an unknown kind")
    digest = reader.take(hashlib.new(_DIGESTS[number], usedforsecurity=False).digest_size)
    return bytes([number]) + digest, reader.rest()


def packets(envelope: Envelope, message: bytes) -> list[bytes]:
    """Return the datagrams of a message; the envelope's length, sequence and truncation are set here."""
    size = UDP_PACKET - Envelope.SIZE
    pieces = [message[at : at + size] for at in range(0, len(message), size)] or [b""]
    whole = replace(envelope, length=len(message), truncated=len(pieces) > 1)
    return [replace(whole, sequence=number).encode() + piece for number, piece in enumerate(pieces)]
