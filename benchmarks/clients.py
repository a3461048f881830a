"""Raw sequential clients on one connection: a complete harvest, and the latency of a list of addresses."""

import http.client
import random
import re
import statistics
import time
from dataclasses import dataclass
from urllib.parse import quote, urlencode


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


def harvest(port: int) -> Harvest:
    """Follow the resumption tokens of `/oai/request` to the end. Raises RuntimeError when a page is wrong."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    query: dict[str, str] = {"verb": "ListRecords", "metadataPrefix": "oai_dc"}
    pages: list[float] = []
    records = 0
    started = time.perf_counter()
    while True:
        began = time.perf_counter()
        body = _get(connection, "/oai/request?" + urlencode(query))
        pages.append(time.perf_counter() - began)
        records += body.count(b"<record>")
        if b"<error" in body:
            raise RuntimeError(body.decode()[:500])
        token = re.search(rb"<resumptionToken[^>]*>([^<]+)</resumptionToken>", body)
        if not token:
            break
        query = {"verb": "ListRecords", "resumptionToken": token[1].decode()}
    seconds = time.perf_counter() - started
    return Harvest(records, seconds, statistics.median(pages[:20]), statistics.median(pages[-21:-1] or pages))


def latencies(port: int, paths: list[str]) -> list[float]:
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
