"""The Handle server under load: random handles over TCP, native messages, connections that stay open."""

import contextlib
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from benchmarks.instance import ROOT, Instance
from identifiers.handle_server.protocol import Code, Envelope, Flag, Message, Op, ResolutionRequest

HANDLES, CONNECTIONS, SECONDS = 100_000, 16, 10.0
PORT, HTTP_PORT = 12641, 18000
CLIENTS = 2  # processes; a client in Python takes as long for an answer as the server
_FILL = f"""
INSERT INTO identifiers_handle (handle, object_id, object_type)
SELECT '10673/' || n, gen_random_uuid(), 2 FROM generate_series(1, {HANDLES}) AS n; ANALYZE identifiers_handle
"""


@contextlib.contextmanager
def served(instance: Instance) -> Iterator[int]:
    """Serve 100,000 handles with one process; yields its pid."""
    instance.environ |= {
        "handle__P__prefix": "10673",
        "handle__P__server__P__port": str(PORT),
        "handle__P__server__P__http__D__port": str(HTTP_PORT),
    }
    instance.manage("make-handle-config", "--noinput", "--address", "127.0.0.1")
    code = f"from django.db import connection as c; c.cursor().execute({_FILL!r})"
    instance.manage("shell", "-c", code)
    server = subprocess.Popen([sys.executable, "manage.py", "start-handle-server"], cwd=ROOT, env=instance.environ)
    try:
        _wait(server)
        yield server.pid
    finally:
        server.terminate()
        server.wait(30)


def rate(connections: int = CONNECTIONS, seconds: float = SECONDS) -> float:
    """Return the resolutions a second of so many connections together, each asking when it has its answer."""
    with ProcessPoolExecutor(CLIENTS) as pool:
        return sum(pool.map(_together, [connections // CLIENTS] * CLIENTS, [seconds] * CLIENTS, range(CLIENTS)))


def latencies(count: int = 2_000) -> list[float]:
    """Return the milliseconds of each of so many resolutions on one connection."""
    draw, result = random.Random(0), []
    with _connected() as connection:
        for number in range(count):
            question = _question(draw.randint(1, HANDLES), number)
            began = time.perf_counter()
            _ask(connection, question)
            result.append((time.perf_counter() - began) * 1000)
    return result


def _together(connections: int, seconds: float, seed: int) -> float:
    """Resolve on so many connections, in as many threads; returns resolutions a second."""
    counts = [0] * connections
    began = time.perf_counter()

    def work(which: int) -> None:
        draw = random.Random(seed * 1000 + which)
        with _connected() as connection:
            while time.perf_counter() - began < seconds:
                _ask(connection, _question(draw.randint(1, HANDLES), counts[which]))
                counts[which] += 1

    threads = [threading.Thread(target=work, args=[which]) for which in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - began)


def _question(number: int, request_id: int) -> bytes:
    body = ResolutionRequest(b"10673/%d" % number).encode()
    message = Message(Op.RESOLUTION, Code.REQUEST, Flag.KEEP_ALIVE, body).encode()
    return Envelope((2, 11), request_id, len(message), (2, 11)).encode() + message


def _ask(connection: socket.socket, question: bytes) -> None:
    connection.sendall(question)
    answer = connection.recv(4096)
    while len(answer) < Envelope.SIZE + int.from_bytes(answer[16:20], "big"):
        answer += connection.recv(4096)
    if answer[24:28] != b"\0\0\0\1":
        raise RuntimeError("a handle did not resolve")


@contextlib.contextmanager
def _connected() -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", PORT), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield connection


def _wait(server: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        if server.poll() is not None:
            break
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", PORT), timeout=5).close()
            return
        time.sleep(0.1)
    raise SystemExit("the Handle server did not come up")
