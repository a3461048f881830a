"""Values of handles as bytes, and which of them are asked for (RFC 3651 section 3.1). Plain Python."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from identifiers.handle_server.wire import Reader, array, text


@dataclass(frozen=True, slots=True)
class Reference:
    """A value of another handle."""

    handle: bytes
    index: int


_VALUE = struct.Struct(">IIBIB")


@dataclass(frozen=True, slots=True)
class HandleValue:
    """One value of a handle (RFC 3651, 3.1).

    `ttl` is in seconds, or since 1970 when `ttl_type` is 1; `permissions` are the bits administrators read 8, write 4,
    everybody reads 2, writes 1; `timestamp` is the last change in seconds since 1970, 0 when nobody knows.
    """

    index: int
    type: bytes
    data: bytes
    ttl: int = 86_400
    permissions: int = 0b1110
    timestamp: int = 0
    ttl_type: int = 0
    references: tuple[Reference, ...] = ()

    @classmethod
    def read(cls, reader: Reader) -> HandleValue:
        """Read the next value. Raises ProtocolError."""
        index, timestamp, ttl_type, ttl, permissions = _VALUE.unpack(reader.take(_VALUE.size))
        name, data = reader.text(), reader.text()
        references = tuple(Reference(reader.text(), reader.number()) for _ in range(reader.count()))
        return cls(index, name, data, ttl, permissions, timestamp, ttl_type, references)

    def encode(self) -> bytes:
        """Return it as it is sent."""
        head = _VALUE.pack(self.index, self.timestamp, self.ttl_type, self.ttl, self.permissions)
        references = [text(other.handle) + other.index.to_bytes(4, "big") for other in self.references]
        return head + text(self.type) + text(self.data) + array(references)


@dataclass(frozen=True, slots=True)
class AdminRecord:
    """The data of an HS_ADMIN value: who administers the handle (RFC 3651, 3.2.2)."""

    handle: bytes
    index: int
    permissions: int

    @classmethod
    def decode(cls, data: bytes) -> AdminRecord:
        """Read the data of a value. Raises ProtocolError."""
        reader = Reader(data)
        permissions = reader.number(2)
        return cls(reader.text(), reader.number(), permissions)

    def encode(self) -> bytes:
        """Return the data of a value."""
        return self.permissions.to_bytes(2, "big") + text(self.handle) + self.index.to_bytes(4, "big")


ADMINISTRATOR_INDEX = 300  # where a prefix keeps the key of its administrator
_MAY_ALL_BUT_LIST = 0b0111_1111_1111


def values_of(handle: str, url: str, url_index: int) -> tuple[HandleValue, ...]:
    """Return the values of a handle of the repository: its address, and who administers it.

    The latter has index 100, by custom; the one after it where the address has that itself, as in DSpace.
    """
    prefix = f"0.NA/{handle.partition('/')[0]}".encode()
    admin = AdminRecord(prefix, ADMINISTRATOR_INDEX, _MAY_ALL_BUT_LIST).encode()
    admin_index = 101 if url_index == 100 else 100
    return HandleValue(url_index, b"URL", url.encode()), HandleValue(admin_index, b"HS_ADMIN", admin)


def folded(handle: str) -> str:
    """Return a handle in the form that equal ones share: ASCII letters are compared without case (RFC 3651, 3)."""
    return handle.encode(errors="surrogatepass").upper().decode(errors="surrogatepass")


def chosen(values: Iterable[HandleValue], indexes: Sequence[int], types: Sequence[bytes]) -> list[HandleValue]:
    """Return the values of one of these indexes or types, all when none is named.

    A type that ends in a dot means all types below it too (RFC 3652, 3.2.1).
    """
    if not indexes and not types:
        return list(values)
    return [value for value in values if value.index in indexes or any(_is_type(value.type, name) for name in types)]


def _is_type(found: bytes, wanted: bytes) -> bool:
    found, wanted = found.upper(), wanted.upper()
    return found == wanted or (wanted.endswith(b".") and (found.startswith(wanted) or found == wanted[:-1]))
