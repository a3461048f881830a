"""Raw sequential clients on one connection: a complete harvest, and the latency of a list of addresses."""

import http.client
import itertools
import json
import random
import re
import selectors
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote, urlencode

from benchmarks.instance import SHARED

_LENGTH = re.compile(rb"content-length: *([0-9]+)", re.IGNORECASE)


class Page(NamedTuple):
    """A page of a list: where it is, the response, and the seconds it took."""

    path: str
    body: bytes
    seconds: float


class Raw(NamedTuple):
    """A complete harvest: records, seconds with what the client does, and megabytes."""

    records: int
    seconds: float
    megabytes: float


@dataclass
class Harvest:
    """A complete ListRecords: records, seconds, and the median seconds of the first and of the last 20 pages."""

    records: int
    seconds: float
    first: float
    last: float

    @property
    def rate(self) -> float:
        """Records per second."""
        return self.records / self.seconds


def harvest(port: int, **arguments: str) -> Harvest:
    """Follow the resumption tokens of a list to the end. Raises RuntimeError when a page is wrong."""
    records, times = 0, []
    started = time.perf_counter()
    for page in pages(port, **arguments):
        records += page.body.count(b"<record>")
        times.append(page.seconds)
    seconds = time.perf_counter() - started
    return Harvest(records, seconds, statistics.median(times[:20]), statistics.median(times[-21:-1] or times))


def pages(port: int, **arguments: str) -> Iterator[Page]:
    """Yield the pages of a ListRecords of `/oai/request`, by default of all records in oai_dc."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    query: dict[str, str] = {"verb": "ListRecords", "metadataPrefix": "oai_dc", **arguments}
    while True:
        path = "/oai/request?" + urlencode(query)
        began = time.perf_counter()
        body = _get(connection, path)
        yield Page(path, body, time.perf_counter() - began)
        if b"<error" in body:
            raise RuntimeError(body.decode()[:500])
        token = re.search(rb"<resumptionToken[^>]*>([^<]+)</resumptionToken>", body)
        if not token:
            break
        query = {"verb": "ListRecords", "resumptionToken": token[1].decode()}


def raw_harvest(port: int, prefix: str = "oai_dc") -> Raw:
    """Harvest as a DSpace 9 was: by the script beside the data sets, in a process of its own."""
    script = [sys.executable, str(SHARED / "bench" / "harvest.py"), f"http://127.0.0.1:{port}/oai/request"]
    done = subprocess.run([*script, "ListRecords", prefix], check=True, stdout=subprocess.PIPE)
    found = json.loads(done.stdout)
    if found["error"] or found["unique"] != found["records"]:
        raise RuntimeError(str(found))
    return Raw(found["records"], found["records"] / found["rec_per_s"], found["MB"])


def throughput(port: int, paths: Sequence[str], connections: int, seconds: float) -> float:
    """Return the requests a second on so many connections together, each asking when it has its answer.

    Plain sockets: a client of the standard library would need as much of the machine as the server.
    """
    turns = itertools.cycle(paths)
    with selectors.DefaultSelector() as selector:
        for _ in range(connections):
            opened = socket.create_connection(("127.0.0.1", port), timeout=30)
            selector.register(opened, selectors.EVENT_READ)
            _send(opened, next(turns))
        done, began = 0, time.perf_counter()
        while time.perf_counter() - began < seconds:
            for key, _ in selector.select(30):
                assert isinstance(key.fileobj, socket.socket)
                _receive(key.fileobj)
                done += 1
                _send(key.fileobj, next(turns))
        elapsed = time.perf_counter() - began
        for key in list(selector.get_map().values()):
            assert isinstance(key.fileobj, socket.socket)
            key.fileobj.close()
    return done / elapsed


def latencies(port: int, paths: Sequence[str]) -> list[float]:
    """Return the milliseconds that each of these addresses took, in order."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    result = []
    for path in paths:
        began = time.perf_counter()
        _get(connection, path)
        result.append((time.perf_counter() - began) * 1000)
    return result


def searches(titles: list[str], count: int, seed: int = 20261122) -> list[str]:
    """Return addresses of searches for one or two random words out of these titles."""
    draw = random.Random(seed)
    words = sorted({w for title in titles for w in re.findall(r"[A-Za-z]{4,}", title)})
    return ["/search?query=" + quote(" ".join(draw.sample(words, draw.choice((1, 2))))) for _ in range(count)]


def _get(connection: http.client.HTTPConnection, path: str) -> bytes:
    connection.request("GET", path, headers={"User-Agent": "bench"})
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise RuntimeError(f"{path}: HTTP {response.status}")
    return body


def _send(connection: socket.socket, path: str) -> None:
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\n\r\n".encode())


def _receive(connection: socket.socket) -> None:
    """Read one response to its end. Raises RuntimeError when it is no good one."""
    data = connection.recv(65536)
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    if not head.startswith(b"HTTP/1.1 200") or not length:
        raise RuntimeError(head.decode())
    missing = int(length[1]) - len(body)
    while missing:
        missing -= len(connection.recv(65536))
