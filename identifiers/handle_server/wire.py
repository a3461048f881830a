"""The pieces that messages of the Handle System are made of (RFC 3651 section 3, RFC 3652 section 2.1). Plain Python.

All numbers are unsigned and big-endian; a text is its length in four bytes, then UTF-8; an array is its count in four
bytes, then its elements.
"""

from __future__ import annotations

from collections.abc import Sequence

MAX_ARRAY = 2048  # elements
MAX_MESSAGE = 262_144  # bytes behind an envelope


class ProtocolError(ValueError):
    """The bytes are not what the protocol says; answered with PROTOCOL_ERROR."""


class Reader:
    """Takes one thing after the other from bytes; ProtocolError where they end too early."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes."""
        end = self._at + size
        if size < 0 or end > len(self._data):
            raise ProtocolError("it ends in the middle")
        piece = self._data[self._at : end]
        self._at = end
        return piece

    def number(self, size: int = 4) -> int:
        """Return the next number, of that many bytes."""
        return int.from_bytes(self.take(size), "big")

    def text(self, longest: int = MAX_MESSAGE) -> bytes:
        """Return the bytes of the next text."""
        size = self.number()
        if size > longest:
            raise ProtocolError(f"a text of {size} bytes is too long")
        return self.take(size)

    def count(self) -> int:
        """Return how many elements the next array has."""
        count = self.number()
        if count > MAX_ARRAY:
            raise ProtocolError(f"an array of {count} elements is too long")
        return count

    def rest(self) -> bytes:
        """Return all that is left."""
        return self.take(len(self._data) - self._at)

    def finish(self) -> None:
        """Raise ProtocolError unless everything was taken."""
        if self._at != len(self._data):
            raise ProtocolError("there is more than there should be")


def text(value: bytes) -> bytes:
    """Return a text as it is sent."""
    return len(value).to_bytes(4, "big") + value


def array(elements: Sequence[bytes]) -> bytes:
    """Return an array of elements that are encoded already."""
    return len(elements).to_bytes(4, "big") + b"".join(elements)
