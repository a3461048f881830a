"""Messages over UDP (RFC 3652, 2.3): packets of 512 bytes, an envelope in each; long messages have several."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import cast

from identifiers.handle_server.allowance import Allowance
from identifiers.handle_server.protocol import UDP_PACKET, Envelope, Message, packets
from identifiers.handle_server.responder import Responder
from identifiers.handle_server.streams import STOP_PATIENCE
from identifiers.handle_server.tcp import MAX_REQUEST
from identifiers.handle_server.wire import ProtocolError

log = logging.getLogger(__name__)

AT_ONCE = 512  # requests that are worked on; more are dropped, and asked again
UNFINISHED = 128  # requests of several packets whose rest is waited for
PATIENCE = 5.0  # seconds
_PIECE = UDP_PACKET - Envelope.SIZE

Address = tuple[str, int]
SocketAddress = tuple[str, int] | tuple[str, int, int, int]  # of IPv4, of IPv6


@dataclass
class _Unfinished:
    """A request of several packets, as far as it is here."""

    until: float
    length: int
    pieces: dict[int, bytes] = field(default_factory=dict)

    def whole(self) -> bytes | None:
        """Return the message, None while a piece is missing."""
        count = -(-self.length // _PIECE)
        if len(self.pieces) < count:
            return None
        data = b"".join(self.pieces[number] for number in sorted(self.pieces))
        return data if len(data) == self.length else None


class UdpServer(asyncio.DatagramProtocol):
    """Answers the datagrams of port 2641. What can't be a request is dropped, so that no two servers talk for ever."""

    def __init__(self, responder: Responder) -> None:
        self._responder = responder
        self._loop = asyncio.get_running_loop()
        self._allowance = Allowance(self._loop.time())
        self._tasks: set[asyncio.Task[None]] = set()
        self._unfinished: dict[tuple[Address, int], _Unfinished] = {}
        self._transport: asyncio.DatagramTransport | None = None
        self._is_closing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.DatagramTransport", transport)  # a class of its own in Python 3.11

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._transport = None

    async def close(self) -> None:
        """Take no more requests, and end after the answers that are being made."""
        self._is_closing = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_PATIENCE)
        if self._transport:
            self._transport.close()

    def error_received(self, exc: Exception) -> None:
        """Somebody we answered is gone: that is his affair."""
        log.debug("UDP: %s", exc)

    def datagram_received(self, data: bytes, addr: SocketAddress) -> None:
        """Begin with a request when all of it is here."""
        if self._is_closing:
            return
        try:
            envelope = Envelope.decode(data)
        except ProtocolError:
            return
        piece = data[Envelope.SIZE :]
        message: bytes | None = piece
        if len(piece) != envelope.length:
            message = self._collect(envelope, piece, (addr[0], addr[1]))
        if message is None or len(message) < Message.HEADER_SIZE or len(self._tasks) >= AT_ONCE:
            return
        task = self._loop.create_task(self._answer(envelope, message, addr))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _collect(self, envelope: Envelope, piece: bytes, sender: Address) -> bytes | None:
        """Add a packet to the others of its message; return the message when it is whole."""
        now = self._loop.time()
        self._unfinished = {key: each for key, each in self._unfinished.items() if each.until > now}
        key = (sender, envelope.request_id)
        is_wrong = envelope.length > MAX_REQUEST or envelope.sequence * _PIECE >= envelope.length
        if is_wrong or (key not in self._unfinished and len(self._unfinished) >= UNFINISHED):
            return None
        found = self._unfinished.setdefault(key, _Unfinished(now + PATIENCE, envelope.length))
        found.pieces[envelope.sequence] = piece[:_PIECE]
        message = found.whole()
        if message is not None:
            del self._unfinished[key]
        return message

    async def _answer(self, envelope: Envelope, message: bytes, addr: SocketAddress) -> None:
        def grants(size: int) -> bool:
            asked, answered = Envelope.SIZE + len(message), size + -(-size // _PIECE) * Envelope.SIZE
            return self._allowance.grants(addr[0], asked, answered, self._loop.time())

        try:
            reply = await self._responder.answer(envelope, message, grants=grants)
        except Exception:  # of whatever kind: one request's trouble is not the others'
            log.exception("A datagram could not be answered")
            return
        if reply is None or self._transport is None:
            return
        for datagram in packets(*reply):
            self._transport.sendto(datagram, addr)
