"""The server on its ports: answers in order, and stays up whatever comes."""

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identifiers.handle_server import allowance, keys, lookups, streams
from identifiers.handle_server.protocol import (
    Code,
    Envelope,
    Flag,
    Message,
    Op,
    ResolutionRequest,
    ResolutionResponse,
    packets,
)
from tests.unit.identifiers.conftest import LOCALHOST, PREFIX, Running, answer, exists_unless_absent, receive, request
from tests.unit.identifiers.test_handle_server_http import get

KNOWN, UNKNOWN = f"{PREFIX}/5", f"{PREFIX}/absent"


def asking(handle: str = KNOWN, flags: int = 0, op: int = Op.RESOLUTION) -> Message:
    return Message(op, Code.REQUEST, flags, ResolutionRequest(handle.encode()).encode())


def test_a_connection_stays_open_for_those_who_want_that(running: Running) -> None:
    connection = running.connect()
    connection.sendall(b"".join(request(asking(f"{PREFIX}/{n}", Flag.KEEP_ALIVE), n) for n in range(1, 30)))

    for number in range(1, 30):
        envelope, message = answer(connection)
        assert envelope.request_id == number
        assert message.flags & Flag.KEEP_ALIVE
        assert ResolutionResponse.decode(message.body).handle == f"{PREFIX}/{number}".encode()

    connection.sendall(request(asking()))
    assert not answer(connection)[1].flags & Flag.KEEP_ALIVE
    assert connection.recv(1) == b""


def test_a_request_may_come_byte_by_byte_and_its_end_with_the_connection(running: Running) -> None:
    connection = running.connect()
    questions = b"".join(request(asking(flags=Flag.KEEP_ALIVE), number) for number in range(3))
    for octet in questions[:60]:
        connection.sendall(bytes([octet]))
    connection.sendall(questions[60:])
    connection.shutdown(socket.SHUT_WR)

    assert [answer(connection)[0].request_id for _ in range(3)] == [0, 1, 2]
    assert connection.recv(1) == b""


@pytest.mark.parametrize("op", [100, 101, 102, 103, 104, 105, 200, 201, 300, 301, 302, 400, 401, 402, 1000, 1003, 77])
def test_what_is_no_question_is_refused(running: Running, op: int) -> None:
    connection = running.connect()
    connection.sendall(request(asking(op=op)))

    assert answer(connection)[1].code == Code.NOT_SUPPORTED


def test_sessions_and_encryption_are_refused(running: Running) -> None:
    for changes in ({"session_id": 9}, {"encrypted": True}):
        connection = running.connect()
        connection.sendall(request(asking(), **changes))
        assert answer(connection)[1].code == Code.SESSION_TIMEOUT


@pytest.mark.parametrize("handle", ["", "x" * 2049, "\udcff/1"])
def test_what_can_be_no_handle_is_called_so(running: Running, handle: str) -> None:
    body = ResolutionRequest(handle.encode(errors="surrogateescape")).encode()
    connection = running.connect()
    connection.sendall(request(Message(Op.RESOLUTION, Code.REQUEST, 0, body)))

    assert answer(connection)[1].code == Code.INVALID_HANDLE


def test_the_prefix_is_compared_without_case_and_as_a_whole(running: Running) -> None:
    codes = []
    for handle in (f"{PREFIX}/x", f"{PREFIX}1/x", PREFIX[:-1] + "/x", "0.NA/" + PREFIX, "nothing", f"{PREFIX}/\0"):
        connection = running.connect()
        connection.sendall(request(asking(handle)))
        codes.append(answer(connection)[1].code)

    assert codes == [1, 301, 301, 301, 301, 1]


@pytest.mark.parametrize("length", [0, 23, 16_385, 0xFFFFFFFF])
def test_a_length_that_no_request_has_is_refused_at_once(running: Running, length: int) -> None:
    connection = running.connect()
    connection.sendall(Envelope((2, 11), 7, length, (2, 11)).encode() + b"x" * 1000)

    envelope, message = answer(connection)
    assert (envelope.request_id, message.code) == (7, Code.PROTOCOL_ERROR)
    assert connection.recv(1) == b""


@settings(max_examples=60, deadline=None)
@given(data=st.binary(min_size=1, max_size=600), over=st.sampled_from(["tcp", "udp", "http", "body"]))
def test_garbage_harms_nobody(module_server: Running, data: bytes, over: str) -> None:
    running = module_server
    if over == "udp":
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(data, (LOCALHOST, running.port))
    else:
        port = running.http_port if over == "http" else running.port
        with socket.create_connection((LOCALHOST, port), timeout=10) as connection:
            head = Envelope((2, 11), 1, len(data), (2, 11)).encode() if over == "body" else b""
            connection.sendall(head + data)
            connection.shutdown(socket.SHUT_WR)
            receive(connection, 1_000_000)

    with socket.create_connection((LOCALHOST, running.port), timeout=10) as connection:
        connection.sendall(request(asking()))
        assert answer(connection)[1].code == Code.SUCCESS


def test_answers_are_never_answered(running: Running) -> None:
    sender = running.datagrams()
    sender.send(request(Message(Op.RESOLUTION, Code.SUCCESS, 0, b"")))
    sender.send(request(Message(0, Code.PROTOCOL_ERROR, 0, b"")))
    sender.send(request(Message(Op.RESOLUTION, Code.SESSION_TIMEOUT, 0, b""), session_id=9))
    sender.send(request(asking(), 99))

    assert Envelope.decode(sender.recv(600)).request_id == 99


def test_a_small_datagram_never_buys_much(running: Running) -> None:
    sender = running.datagrams()
    question = request(Message(Op.GET_SITE_INFO, Code.REQUEST, 0, b""))

    def bought() -> int:
        sender.send(question)
        return len(sender.recv(600))

    sizes = [bought() for _ in range(300)]
    assert max(sizes) <= allowance.MOST * len(question)
    assert sum(sizes) < allowance.PER_NETWORK + allowance.PER_NETWORK_SECOND * 5 + 300 * 2 * len(question)
    assert max(sizes[-50:]) < 2 * len(question)

    sender.send(question)
    assert Message.decode(sender.recv(600)[Envelope.SIZE :]).code == Code.ERROR  # upon which clients ask over TCP
    sender.send(request(asking()))
    assert Message.decode(sender.recv(600)[Envelope.SIZE :]).code == Code.SUCCESS


def test_signatures_that_would_not_be_sent_are_not_made(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    sign = keys.sign
    monkeypatch.setattr(keys, "sign", lambda *given: made.append(1) or sign(*given))
    sender = running.datagrams()
    for number in range(500):
        sender.send(request(asking(flags=Flag.CERTIFY), number))
        sender.recv(600)
    sender.send(request(asking(), 999))

    assert Envelope.decode(sender.recv(600)).request_id == 999
    assert 5 < len(made) < 100  # those that the network's share pays for


def test_a_request_of_several_packets_is_put_together(running: Running) -> None:
    handle = f"{PREFIX}/" + "x" * 1200
    sender = running.datagrams()
    message = asking(handle, op=Op.RESOLUTION).encode()
    envelope = Envelope((2, 11), 7, len(message), (2, 11))
    for datagram in reversed(packets(envelope, message)):
        sender.send(datagram)

    first = sender.recv(600)
    answered = first[Envelope.SIZE :]
    while len(answered) < Envelope.decode(first).length:
        answered += sender.recv(600)[Envelope.SIZE :]
    assert ResolutionResponse.decode(Message.decode(answered).body).handle == handle.encode()


def test_a_thousand_idle_connections_and_slow_senders_stop_nobody(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "SLOW", 2.0)
    for number in range(1000):
        connection = running.connect(running.port if number % 2 else running.http_port)
        if number % 10 == 0:
            connection.sendall(b"GET")

    begun = time.monotonic()
    connection = running.connect()
    connection.sendall(request(asking()))
    assert answer(connection)[1].code == Code.SUCCESS
    assert time.monotonic() - begun < 2
    assert running.sockets[10].recv(1) == b""  # a slow one was closed
    running.sockets[11].setblocking(False)
    with pytest.raises(BlockingIOError):  # an idle one was not
        running.sockets[11].recv(1)


def test_a_client_that_takes_no_answers_is_not_waited_for(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "SLOW", 1.0)
    greedy = socket.socket()
    greedy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    greedy.connect((LOCALHOST, running.port))
    running.sockets.append(greedy)
    greedy.settimeout(5)
    questions = request(asking(f"{PREFIX}/" + "x" * 1900, Flag.KEEP_ALIVE)) * 20
    with pytest.raises(OSError, match=r"reset|Broken"):
        greedy.sendall(questions * 2000)


def test_at_its_limit_a_newcomer_takes_the_place_of_an_idle_one(
    start: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("identifiers.handle_server.server.MOST_CONNECTIONS", 10)
    running = start()
    idle = [running.connect() for _ in range(10)]
    connection = running.connect()
    connection.sendall(request(asking()))

    assert answer(connection)[1].code == Code.SUCCESS
    assert idle[0].recv(1) == b""


def test_the_limit_holds_when_many_come_at_once(start: Callable[..., Running], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("identifiers.handle_server.server.MOST_CONNECTIONS", 10)
    running = start()
    burst = [socket.socket() for _ in range(300)]
    running.sockets += burst
    for each in burst:
        each.setblocking(False)
        each.connect_ex((LOCALHOST, running.port))
    connection = running.connect()
    connection.sendall(request(asking()))
    assert answer(connection)[1].code == Code.SUCCESS

    def is_open(each: socket.socket) -> bool:
        try:
            return each.recv(1) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    until = time.monotonic() + 10
    while (still := sum(map(is_open, burst))) > 10 and time.monotonic() < until:
        time.sleep(0.05)
    assert still <= 10


def test_at_its_limit_nobody_loses_an_answer_that_is_being_made(
    start: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("identifiers.handle_server.server.MOST_CONNECTIONS", 3)
    is_asked, may_answer = threading.Semaphore(0), threading.Event()

    def read(handles: list[str]) -> dict[str, Any]:
        for _ in handles:
            is_asked.release()
        may_answer.wait(10)
        return exists_unless_absent(handles)

    monkeypatch.setattr(lookups, "BATCH", 1)
    monkeypatch.setattr("identifiers.handle_server.server.LOOKUP_THREADS", 3)
    running = start(read)
    asked = [running.connect() for _ in range(3)]
    for each in asked:
        each.sendall(request(asking()))
    for _ in asked:
        assert is_asked.acquire(timeout=10)
    assert running.connect().recv(1) == b""
    may_answer.set()
    assert [answer(each)[1].code for each in asked] == [Code.SUCCESS] * 3


def test_a_database_that_is_down_is_no_unknown_handle(start: Callable[..., Running]) -> None:
    down = threading.Event()

    def read(handles: list[str]) -> dict[str, Any]:
        if down.is_set():
            raise OSError("could not connect to server")
        return exists_unless_absent(handles)

    running = start(read)
    down.set()
    connection = running.connect()
    connection.sendall(request(asking(UNKNOWN, Flag.KEEP_ALIVE)))
    assert answer(connection)[1].code == Code.ERROR
    assert get(running, f"/api/handles/{KNOWN}")[0] == 503

    down.clear()
    connection.sendall(request(asking(UNKNOWN)))
    assert answer(connection)[1].code == Code.HANDLE_NOT_FOUND


def test_a_database_that_does_not_answer_is_not_waited_for(
    start: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "PATIENCE", 0.2)
    answers = threading.Event()

    def read(handles: list[str]) -> dict[str, Any]:
        answers.wait(10)
        return exists_unless_absent(handles)

    running = start(read)
    connection = running.connect()
    connection.sendall(request(asking()))
    assert answer(connection)[1].code == Code.ERROR
    answers.set()


def test_nobody_looks_up_what_nobody_waits_for_any_more(
    start: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "PATIENCE", 0.2)
    monkeypatch.setattr("identifiers.handle_server.server.LOOKUP_THREADS", 1)
    asked: list[str] = []
    may_answer = threading.Event()

    def read(handles: list[str]) -> dict[str, Any]:
        asked.extend(handles)
        may_answer.wait(10)
        return exists_unless_absent(handles)

    running = start(read)
    codes = []
    for name in ("first", "late", "last"):
        connection = running.connect()
        connection.sendall(request(asking(f"{PREFIX}/{name}")))
        codes.append(answer(connection)[1].code)
        if name == "late":
            may_answer.set()

    assert codes == [Code.ERROR, Code.ERROR, Code.SUCCESS]
    assert asked == [f"{PREFIX}/first", f"{PREFIX}/last"]


def test_what_is_being_answered_is_answered_before_the_server_stops(start: Callable[..., Running]) -> None:
    is_asked, may_answer = threading.Event(), threading.Event()

    def read(handles: list[str]) -> dict[str, Any]:
        is_asked.set()
        may_answer.wait(10)
        return exists_unless_absent(handles)

    running = start(read)
    idle, connection, sender = running.connect(), running.connect(), running.datagrams()
    sender.send(request(asking()))
    assert is_asked.wait(10)
    connection.sendall(request(asking(flags=Flag.KEEP_ALIVE)))
    time.sleep(0.1)
    threading.Timer(0.2, may_answer.set).start()
    running.stop()

    assert answer(connection)[1].code == Code.SUCCESS
    assert Message.decode(sender.recv(600)[Envelope.SIZE :]).code == Code.SUCCESS
    assert connection.recv(1) == idle.recv(1) == b""
