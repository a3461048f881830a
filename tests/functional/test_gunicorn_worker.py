"""The worker under a real gunicorn: connections that go on at once, more of them than threads, and the end.

And clients that do not send what they announce, or do not go when they were answered: nobody waits for them.
"""

import contextlib
import http.client
import itertools
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dspace import gunicorn_worker

ROOT = Path(__file__).resolve().parents[2]
THREADS = 4
TIMEOUT = 9.0  # seconds; a client that is in the way may have a thread for two
POST = b"POST / HTTP/1.1\r\nHost: localhost\r\n"
_APPLICATION = """
import threading
def application(environ, start_response):
    if environ["PATH_INFO"] != "/unread":
        environ["wsgi.input"].read()
    body = str(threading.get_ident()).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A gunicorn with our configuration file, and its port; each answer names the thread that gave it."""
    (tmp_path / "threads.py").write_text(_APPLICATION)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["gunicorn", "threads", "--pythonpath", str(tmp_path), "--bind", f"127.0.0.1:{port}"]
    with subprocess.Popen(
        [sys.executable, "-m", *command, "--threads", str(THREADS), "--graceful-timeout", "5"], cwd=ROOT
    ) as process:
        try:
            for _ in range(100):
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", port), timeout=5).close()
                    break
                time.sleep(0.1)
            yield process, port
        finally:
            process.kill()


def _ask(connection: http.client.HTTPConnection) -> bytes:
    connection.request("GET", "/")
    return connection.getresponse().read()


def test_a_connection_that_goes_on_at_once_keeps_its_thread(server: tuple[subprocess.Popen[bytes], int]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server[1], timeout=10)
    threads = [_ask(connection) for _ in range(200)]
    # On a busy machine the client may come a little late now and then.
    stayed = sum(one == next_ for one, next_ in itertools.pairwise(threads))
    assert stayed > 100


@pytest.mark.parametrize("name", ["SCRIPT_NAME", "PATH_INFO"])
def test_no_header_of_a_client_says_where_the_application_is(
    server: tuple[subprocess.Popen[bytes], int], name: str
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server[1], timeout=10)
    connection.request("GET", "/", headers={name: "/unread"})
    assert connection.getresponse().status in (200, 400)


def test_more_connections_than_threads_are_all_answered(server: tuple[subprocess.Popen[bytes], int]) -> None:
    connections = [http.client.HTTPConnection("127.0.0.1", server[1], timeout=10) for _ in range(3 * THREADS)]
    for _ in range(20):
        assert all(_ask(connection) for connection in connections)


def test_it_ends_at_once_when_told(server: tuple[subprocess.Popen[bytes], int]) -> None:
    process, port = server
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    assert _ask(connection)
    process.terminate()
    assert process.wait(5) == 0


@pytest.fixture
def connect(server: tuple[subprocess.Popen[bytes], int]) -> Iterator[Callable[[bytes], list[socket.socket]]]:
    """Open twice as many connections as there are threads, send something on each, and leave them open."""
    with contextlib.ExitStack() as opened:

        def several(sent: bytes) -> list[socket.socket]:
            made = [
                opened.enter_context(socket.create_connection(("127.0.0.1", server[1]))) for _ in range(2 * THREADS)
            ]
            for one in made:
                one.sendall(sent)
            return made

        yield several


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(POST + b"Content-Length: 10\r\n\r\n", id="no body"),
        pytest.param(POST + b"Content-Length: 10\r\n\r\nhalf", id="half a body"),
        pytest.param(POST + b"Transfer-Encoding: chunked\r\n\r\n", id="no chunks"),
        pytest.param(POST, id="half a header"),
        pytest.param(b"POST /unread HTTP/1.1\r\nContent-Length: 10\r\n\r\n", id="no body, and nobody reads it"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"GET / HTTP/1.0\r\n\r\n", id="answered and not gone"),
    ],
)
def test_nobody_waits_for_clients_that_do_not_go_on(
    server: tuple[subprocess.Popen[bytes], int], connect: Callable[[bytes], list[socket.socket]], sent: bytes
) -> None:
    connect(sent)
    assert _ask(http.client.HTTPConnection("127.0.0.1", server[1], timeout=TIMEOUT))


def test_nobody_waits_for_clients_that_send_a_byte_now_and_then(
    server: tuple[subprocess.Popen[bytes], int], connect: Callable[[bytes], list[socket.socket]]
) -> None:
    slow = connect(POST + b"Content-Length: 10000\r\n\r\n")
    answered = threading.Event()

    def trickle() -> None:
        while not answered.wait(0.05):
            for one in slow:
                with contextlib.suppress(OSError):  # it was given up
                    one.sendall(b"x")

    sender = threading.Thread(target=trickle)
    sender.start()
    try:
        assert _ask(http.client.HTTPConnection("127.0.0.1", server[1], timeout=TIMEOUT))
    finally:
        answered.set()
        sender.join()


def test_a_request_that_comes_in_pieces_is_answered(server: tuple[subprocess.Popen[bytes], int]) -> None:
    with socket.create_connection(("127.0.0.1", server[1]), timeout=TIMEOUT) as client:
        for piece in (b"POST / HTT", b"P/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n", b"\r\n", b"ab", b"cd"):
            client.sendall(piece)
            threading.Event().wait(0.2)  # longer than the server looks at once
        assert client.recv(8192).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize("is_thread_needed", [False, True])
def test_a_client_that_sends_nothing_counts_as_gone_in_the_end(
    monkeypatch: pytest.MonkeyPatch, is_thread_needed: bool
) -> None:
    monkeypatch.setattr(gunicorn_worker, "PATIENCE_OF_OTHERS" if is_thread_needed else "PATIENCE", 0.2)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        incoming = gunicorn_worker._Incoming(ours, lambda: is_thread_needed)
        theirs.sendall(b"GET")
        assert incoming.chunk() == b"GET"
        with pytest.raises(ConnectionResetError):
            incoming.chunk()
        assert theirs.recv(10) == b"", "and is told so"
