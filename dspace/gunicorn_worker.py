"""gunicorn's threaded worker: a thread stays with a connection for a moment after an answer, but not for long.

A harvester, and whatever else asks on one connection as fast as it is answered, sends its next request within a
millisecond or two. gunicorn's own worker hands the connection back to its main thread, which waits for that request
and hands it to a thread again: twice a thread is woken, for more than it takes to answer a small request.

A client that announces a request and does not send it would have a thread for as long as it likes, and four of them all
there are. Here it has one for as long as nobody else needs it, half a minute at most.
"""

import contextlib
import errno
import gc
import select
import socket
import time
from collections.abc import Callable

from gunicorn.http.parser import RequestParser
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers import gthread
from gunicorn.workers.gthread import TConn, ThreadWorker

MOMENT = 3  # milliseconds; a thread that waits for nothing is missed by nobody for so long
TICK = 100  # milliseconds between two looks whether somebody else needs the thread
PATIENCE = 30.0  # seconds that a client may keep a thread waiting
PATIENCE_OF_OTHERS = 2.0  # seconds that others wait for a thread meanwhile
SLOWEST = 500  # bytes a second: whoever sends less all the time keeps a thread waiting, too
_MEGABYTE = 2**20  # what is read of a body at once
_GOODBYE = 8  # times something is read of what a client goes on to send


class Worker(ThreadWorker):
    """A ThreadWorker that answers on the same thread what comes at once, and waits for nobody who does not send."""

    def load_wsgi(self) -> None:
        """Load the application, and look for cycles only in what comes after it: requests leave few.

        gunicorn looks at its settings dozens of times for each request, through a method of Python: from here on they
        are plain attributes.
        """
        super().load_wsgi()
        vars(self.cfg).update({name: setting.get() for name, setting in self.cfg.settings.items()})
        gc.collect()
        gc.freeze()
        gc.set_threshold(10_000, 10, 10)

    def handle(self, conn: TConn) -> bool:
        """Answer a request, and those that follow at once; return what ThreadWorker.handle does for the last."""
        if self.cfg.is_ssl:  # some of what has come is in OpenSSL already, where nobody sees it from outside
            return super().handle(conn)
        if not conn.initialized:
            if not conn.data_ready and not _has_more(conn.sock, MOMENT):
                # Until it sends something, the main thread waits for it. (The stubs do not know this value.)
                return gthread._DEFER  # type: ignore[attr-defined, no-any-return]
            conn.init()
            assert isinstance(conn.parser, RequestParser)
            conn.parser.unreader = _Incoming(conn.sock, self._is_thread_needed)
        kept = self._answer(conn)
        while kept is True and self._has_threads_left() and _has_more(conn.sock, MOMENT):
            kept = self._answer(conn)
        if kept is False:
            _see_off(conn)
        return kept

    def _answer(self, conn: TConn) -> bool:
        _incoming(conn).begin()
        return super().handle(conn)

    def _has_threads_left(self) -> bool:
        """Whether a thread is free for whoever comes next, for a waiting one is not; never while shutting down."""
        return bool(self.alive and self._busy() < self.cfg.threads)

    def _is_thread_needed(self) -> bool:
        """Whether somebody waits for a thread; always while shutting down."""
        return bool(not self.alive or self._busy() > self.cfg.threads)

    def _busy(self) -> int:
        """Return how many connections have a thread or wait for one."""
        return int(self.nr_conns - len(self.keepalived_conns) - len(self.pending_conns))


class _Incoming(SocketUnreader):
    """What gunicorn's parser reads: a client that keeps a thread waiting for too long counts as gone."""

    def __init__(self, sock: socket.socket, is_thread_needed: Callable[[], bool]) -> None:
        super().__init__(sock)
        self._is_thread_needed = is_thread_needed
        self.begin()

    def begin(self) -> None:
        """Begin with a new request."""
        self._received = 0
        self._waited = 0.0

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Return what has come, at least a byte, or nothing at the end. Raises ConnectionResetError."""
        size = max(self.mxchunk, min(size_hint or 0, _MEGABYTE))
        if not _has_more(self.sock, 0):
            self._wait()
        data = self.sock.recv(size)
        self._received += len(data)
        return data

    def _wait(self) -> None:
        begun = free = time.monotonic()
        while not _has_more(self.sock, TICK):
            now = time.monotonic()
            if not self._is_thread_needed():
                free = now
            if now - begun > PATIENCE or now - free > min(PATIENCE, PATIENCE_OF_OTHERS + self._received / SLOWEST):
                self._give_up()
        self._waited += time.monotonic() - begun
        patience = PATIENCE_OF_OTHERS if self._is_thread_needed() else PATIENCE
        if self._waited > patience + self._received / SLOWEST:
            self._give_up()

    def _give_up(self) -> None:
        """Raise what gunicorn, and the application, take for a client that has gone."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)  # else gunicorn would wait for its end, on the main thread
        raise ConnectionResetError(errno.ECONNRESET, "the client does not send what it has announced")


def _incoming(conn: TConn) -> _Incoming:
    assert isinstance(conn.parser, RequestParser)
    assert isinstance(conn.parser.unreader, _Incoming)
    return conn.parser.unreader


def _has_more(sock: socket.socket, milliseconds: int) -> bool:
    """Wait for more from a client, or for its end."""
    poll = select.poll()  # a selector would be one more file to open
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(milliseconds))


def _see_off(conn: TConn) -> None:
    """End a connection, and wait until the client has, too: else the answer might not reach it.

    gunicorn does so as well, but on the main thread, where everybody else would wait for the client.
    """
    incoming = _incoming(conn)
    incoming.begin()
    with contextlib.suppress(OSError):  # it has gone already, or was given up
        conn.sock.shutdown(socket.SHUT_WR)
        for _ in range(_GOODBYE):
            if not incoming.chunk():
                break
        conn.sock.shutdown(socket.SHUT_RDWR)
