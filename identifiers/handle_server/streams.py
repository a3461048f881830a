"""Connections that carry one request after the other, and what keeps them few, quick and small."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Generic, TypeVar

log = logging.getLogger(__name__)

IDLE = 60.0  # seconds that a connection may stay open between two requests
SLOW = 10.0  # seconds that a request may take to arrive, and an answer to be taken
LINGER = 2.0  # seconds for the other side to read why it is refused
READ_AHEAD = 32_768  # bytes that wait while a request is worked on
PIECE = 16_384  # bytes that are read at once
WRITE_AHEAD = 65_536  # bytes that wait for a client to take them
STOP_PATIENCE = 5.0  # seconds for answers that are being made when the server stops

Request = TypeVar("Request")


class Refused(Exception):
    """The bytes can't be a request; `answer` is sent and the connection closed."""

    def __init__(self, answer: bytes) -> None:
        super().__init__("refused")
        self.answer = answer


class Connections:
    """All connections of the server: at most `most`; whoever is late or idle too long is closed.

    At the limit a new connection takes the place of the one that would be closed next; when all are being answered
    it is the new one that is closed.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: set[Connection[Any]] = set()
        self.piece = memoryview(bytearray(PIECE))  # for all: what is read into it is copied at once

    def add(self, connection: Connection[Any]) -> None:
        """Keep an eye on a new connection."""
        self._open.add(connection)
        if len(self._open) > self._most:
            others = [each for each in self._open if each is not connection and not each.is_busy]
            victim = min(others, key=lambda each: each.deadline, default=connection)
            self._open.discard(victim)  # now: it ends in a later turn of the loop, and others may come in this one
            victim.abort()

    def discard(self, connection: Connection[Any]) -> None:
        """Forget a connection that is closed."""
        self._open.discard(connection)

    def __len__(self) -> int:
        return len(self._open)

    async def watch(self) -> None:
        """Close late connections, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(1)
            now = loop.time()
            for connection in [each for each in self._open if each.deadline < now]:
                connection.abort()

    async def close(self) -> None:
        """Close those that wait at once, the others after their answer."""
        loop = asyncio.get_running_loop()
        for connection in list(self._open):
            connection.finish()
        end = loop.time() + STOP_PATIENCE
        while self._open and loop.time() < end:
            await asyncio.sleep(0.02)
        for connection in list(self._open):
            connection.abort()


class Connection(asyncio.BufferedProtocol, Generic[Request]):
    """One connection: takes requests out of `buffer`, answers them in order, one at a time."""

    def __init__(self, connections: Connections) -> None:
        self.buffer = bytearray()
        self.deadline = 0.0
        self.is_busy = False
        self._connections = connections
        self._is_last = False  # nothing is taken any more
        self._is_ended = False  # the client sends nothing any more
        self._transport: asyncio.Transport | None = None
        self._can_write = asyncio.Event()
        self._can_write.set()
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[None] | None = None

    def next_request(self) -> Request | None:
        """Take the next whole request out of `buffer`; None when it has not all arrived. Raises Refused."""
        raise NotImplementedError

    async def answer(self, request: Request) -> tuple[bytes, bool]:
        """Return the answer, and whether the connection stays open."""
        raise NotImplementedError

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        transport.set_write_buffer_limits(high=WRITE_AHEAD)
        self._transport = transport
        self._connections.add(self)
        self._wait(IDLE)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._transport = None
        self._can_write.set()
        if self._task:
            self._task.cancel()
        self._connections.discard(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Say where to put what arrives."""
        return self._connections.piece

    def buffer_updated(self, nbytes: int) -> None:
        """Take what arrived, and begin with a request that is whole."""
        if self._is_last or self._transport is None:
            return
        was_empty = not self.buffer
        self.buffer += self._connections.piece[:nbytes]
        if not self.is_busy:
            if was_empty:  # from the first byte on, so that a byte now and then does not keep the connection
                self._wait(SLOW)
            self._go_on()
        elif len(self.buffer) > READ_AHEAD:
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        """The client sends no more; it still gets the answers to what it has sent."""
        self._is_ended = True
        return self.is_busy

    def pause_writing(self) -> None:
        """The client does not take its answers."""
        self._can_write.clear()

    def resume_writing(self) -> None:
        """The client has taken its answers."""
        self._can_write.set()

    def finish(self) -> None:
        """Close after the answer that is being made."""
        self._is_last = True
        if not self.is_busy and self._transport:
            self._transport.close()

    def abort(self) -> None:
        """Close now."""
        if self._transport:
            self._transport.abort()

    def _wait(self, seconds: float) -> None:
        self.deadline = self._loop.time() + seconds

    def _go_on(self) -> None:
        """Begin with the next request if it is there."""
        try:
            request = self.next_request()
        except Refused as refused:
            self._refuse(refused.answer)
            return
        if request is not None:
            self.is_busy = True
            self.deadline = float("inf")
            self._task = self._loop.create_task(self._work(request))

    async def _work(self, request: Request) -> None:
        try:
            data, stays_open = await self.answer(request)
        except Exception:  # of whatever kind: one request's trouble is not the others'
            log.exception("A request could not be answered")
            self.abort()
            return
        if self._transport is None:
            return
        self._wait(SLOW)
        self._transport.write(data)
        if not stays_open or self._is_last:
            self._is_last = True
            self._transport.close()
            return
        await self._can_write.wait()
        self._task, self.is_busy = None, False
        if self._transport:
            self._wait(SLOW if self.buffer else IDLE)
            self._go_on()
            if self._is_ended and not self.is_busy:
                self._transport.close()
            elif not self.is_busy or len(self.buffer) <= READ_AHEAD:
                self._transport.resume_reading()

    def _refuse(self, answer: bytes) -> None:
        """Say why, and let the other side read it before the connection is gone."""
        self._is_last = True
        self.buffer.clear()
        if self._transport:
            self._transport.write(answer)
            self._transport.write_eof()
            self._wait(LINGER)
