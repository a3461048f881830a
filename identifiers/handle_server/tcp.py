"""Messages over TCP (RFC 3652, 2.3): an envelope, the message, and the next one if the client wants to go on."""

from __future__ import annotations

from identifiers.handle_server.protocol import Envelope, Flag, Message
from identifiers.handle_server.responder import Responder, refusal, whole
from identifiers.handle_server.streams import Connection, Connections, Refused

MAX_REQUEST = 16_384  # bytes; a resolution that names a handle of 2048 bytes and a hundred types has room
_FLAGS_AT = 8


class TcpConnection(Connection[tuple[Envelope, bytes]]):
    """A connection to port 2641."""

    def __init__(self, connections: Connections, responder: Responder) -> None:
        super().__init__(connections)
        self._responder = responder

    def next_request(self) -> tuple[Envelope, bytes] | None:
        """Take the next message. Raises Refused for one that is too long."""
        if len(self.buffer) < Envelope.SIZE:
            return None
        envelope = Envelope.decode(self.buffer)
        if not Message.HEADER_SIZE <= envelope.length <= MAX_REQUEST:
            raise Refused(whole(refusal(envelope, f"a request has at most {MAX_REQUEST} bytes")))
        end = Envelope.SIZE + envelope.length
        if len(self.buffer) < end:
            return None
        message = bytes(self.buffer[Envelope.SIZE : end])
        del self.buffer[:end]
        return envelope, message

    async def answer(self, request: tuple[Envelope, bytes]) -> tuple[bytes, bool]:
        """Return the answer; the connection stays open when the request says so."""
        envelope, message = request
        reply = await self._responder.answer(envelope, message, keep_alive=True)
        if reply is None:
            return b"", False
        stays_open = int.from_bytes(reply[1][_FLAGS_AT : _FLAGS_AT + 4], "big") & Flag.KEEP_ALIVE
        return whole(reply), bool(stays_open)
