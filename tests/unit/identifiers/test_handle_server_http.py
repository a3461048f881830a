"""The server over HTTP: JSON for people and programs, native messages tunnelled, and what is refused."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from identifiers.handle_server.http import MAX_HEAD
from identifiers.handle_server.protocol import Envelope
from identifiers.handle_server.tcp import MAX_REQUEST
from tests.unit.identifiers.conftest import LOCALHOST, PREFIX, Running, exists_unless_absent, receive

KNOWN, UNKNOWN = f"{PREFIX}/5", f"{PREFIX}/absent"


def get(running: Running, path: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(LOCALHOST, running.http_port, timeout=10)
    connection.request(method, path)
    response = connection.getresponse()
    return response.status, dict(response.headers), response.read()


def test_json_has_the_values_that_are_asked_for(running: Running) -> None:
    status, headers, body = get(running, f"/api/handles/{KNOWN}")
    found = json.loads(body)
    assert (status, found["responseCode"], found["handle"]) == (200, 1, KNOWN)
    assert [value["index"] for value in found["values"]] == [1, 100]
    assert headers["Content-Type"].startswith("application/json")

    def indexes(query: str) -> list[int]:
        return [value["index"] for value in json.loads(get(running, f"/api/handles/{KNOWN}?{query}")[2])["values"]]

    assert indexes("type=URL") == [1]
    assert indexes("index=100&index=7") == [100]
    assert indexes("type=EMAIL") == []
    assert get(running, f"/api/handles/{KNOWN}?pretty")[2].startswith(b"{\n  ")
    assert json.loads(get(running, "/api/handles/10673%2F5")[2])["handle"] == KNOWN


def test_json_has_the_codes_of_the_handle_software(running: Running) -> None:
    def codes(path: str, method: str = "GET") -> tuple[int, int]:
        status, _, body = get(running, path, method)
        return status, json.loads(body)["responseCode"]

    assert codes(f"/api/handles/{UNKNOWN}") == (404, 100)
    assert codes("/api/handles/1/2") == (400, 301)
    assert codes("/api/handles/") == (400, 102)
    assert codes(f"/api/handles/{KNOWN}?type=EMAIL") == (200, 200)
    assert codes(f"/api/handles/{KNOWN}", "PUT") == (405, 5)
    assert codes(f"/api/handles/{KNOWN}", "DELETE") == (405, 5)
    assert get(running, "/elsewhere")[0] == 404


def test_a_callback_is_a_plain_name(running: Running) -> None:
    status, headers, body = get(running, f"/api/handles/{KNOWN}?callback=my.app$1")
    assert (status, body.startswith(b"my.app$1({"), body.endswith(b"});")) == (200, True, True)
    assert headers["Content-Type"].startswith("application/javascript")
    assert headers["X-Content-Type-Options"] == "nosniff"
    for wrong in ("alert(1)//", "a;b", "<script>", "a-b", "x" * 500):
        assert get(running, f"/api/handles/{KNOWN}?callback={wrong}")[0] == 400


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked", 411),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999", 413),
        (b"POST / HTTP/1.1\r\nContent-Length: -1", 400),
        (b"GET /api/handles/1/2?index=x HTTP/1.1\r\nConnection: close", 400),
        (b"NONSENSE", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding : chunked", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 5", 400),
        (b"GET / HTTP/1.1\r\nX: y\r\n folded: z", 400),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000, 431),
    ],
)
def test_bad_requests_over_http_are_refused(running: Running, head: bytes, status: int) -> None:
    connection = running.connect(running.http_port)
    connection.sendall(head + b"\r\n\r\n")

    assert receive(connection, 100_000).startswith(b"HTTP/1.1 %d " % status)


def test_the_longest_request_may_come_while_another_is_answered(start: Callable[..., Running]) -> None:
    is_asked, may_answer = threading.Event(), threading.Event()

    def read(handles: list[str]) -> dict[str, Any]:
        is_asked.set()
        may_answer.wait(10)
        return exists_unless_absent(handles)

    running = start(read)
    connection = running.connect(running.http_port)
    connection.sendall(f"GET /api/handles/{KNOWN} HTTP/1.1\r\n\r\n".encode())
    assert is_asked.wait(10)
    head = f"POST / HTTP/1.1\r\nContent-Length: {MAX_REQUEST + Envelope.SIZE}\r\nX: ".encode()
    longest = head.ljust(MAX_HEAD - 4, b"x") + b"\r\n\r\n" + bytes(MAX_REQUEST + Envelope.SIZE)
    connection.sendall(longest[:-5])
    time.sleep(0.2)
    may_answer.set()
    connection.sendall(longest[-5:])
    connection.shutdown(socket.SHUT_WR)

    assert receive(connection, 100_000).count(b"HTTP/1.1 ") == 2
