"""The worker under a real gunicorn: connections that go on at once, more of them than threads, and the end."""

import contextlib
import http.client
import itertools
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
THREADS = 4
_APPLICATION = """
import threading
def application(environ, start_response):
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
