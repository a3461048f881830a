"""The OAI-PMH provider under a harvester: lists, formats, single records, making the store."""

import contextlib
import json
import random
import re
import statistics
import sys
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlencode

from benchmarks import clients, recorded
from benchmarks.instance import Instance, load_generated, rss_mb
from benchmarks.report import note, report
from tools.maven import missing
from tools.solr.server import running

ITEMS = 10_000
FORMATS = ("mets", "xoai", "marc")  # the first takes longest of all
PEERS = {"mets": "2,485", "xoai": "3,092", "marc": "4,020"}
RUNS = 5
HARVESTS = 15  # of oai_dc: one takes a third of a second, and whatever else the machine does is in it
REQUESTS = 500  # GetRecord, one after the other
_CHANGE = """
from django.utils import timezone
from repository.authorize import SYSTEM
from repository.metadata import Value
from repository.models import Item
from repository.services.editing import Patch, edit_metadata
for item in Item.objects.order_by("pk")[:100]:
    edit_metadata(acting_user=SYSTEM, obj=item, patch=Patch(add=[("dc.subject", Value("changed"))]), now=timezone.now())
"""
# Reading the items, their XOAI documents, and three texts of each; nothing is written. Ends with the items/s.
_RENDER = """
import time
from functools import partial
from django.utils import timezone
from common.cores import on_all_cores
from oai import running
from oai.rendering import render
from oai.store.compiled import compile_items
from repository.models import Item
formats = [f for f in running.current().contexts["request"].formats if f.prefix in ("oai_dc", "mets", "xoai")]
ids = list(Item.objects.order_by("pk").values_list("pk", flat=True))
begun = time.perf_counter()
for start in range(0, len(ids), 500):
    documents = [compiled.document() for compiled in compile_items(ids[start : start + 500], timezone.now())]
    for offered in formats:
        on_all_cores(partial(render, offered, None), documents)
print(len(ids) / (time.perf_counter() - begun))
"""


def measure_database() -> None:
    """Everything with the database storage."""
    with _loaded("oai", 8088) as instance:
        instance.manage("oai", "import", "-c")
        with instance.web() as worker:
            with _recorded(instance, instance.port + 10):
                _harvests(instance, 30_000, "database", static=instance.port + 10)
            _pages_alike(instance)
            for prefix in FORMATS:
                _format(instance, prefix)
            report("web worker after that, RSS", rss_mb(worker), "MB", 150, False, "1,415")
        rendered = [float(instance.manage("shell", "-c", _RENDER).output.split()[-1]) for _ in range(RUNS)]
        report("compile + render oai_dc, mets, xoai", statistics.median(rendered), "items/s", 800, True)
        _single_records(instance)
        _nothing_to_do(instance)


def measure_solr() -> None:
    """Lists with Solr storage. Asks Solr whether it was asked: pages come from PostgreSQL where it is behind."""
    if lack := missing():
        print(f"no Solr to be had here ({lack})", file=sys.stderr)
        return
    with _loaded("solr", 8089) as instance, running(instance.var / "solr") as address:
        instance.environ |= {"oai__P__storage": "solr", "oai__P__solr__P__url": address}
        instance.manage("oai", "import", "-c")
        with instance.web():
            before = _queries(address)
            _harvests(instance, 10_000, "Solr")
            asked = _queries(address) - before
            pages = (HARVESTS + 2) * ITEMS / 100
            # One request selects ten pages; the first page of a list has its own.
            report("pages for each request to Solr", pages / max(asked, 1), "", 10, False)


@contextlib.contextmanager
def _loaded(name: str, port: int) -> Iterator[Instance]:
    with Instance(name, port) as instance:
        load = load_generated(instance, ITEMS)
        assert load.items == ITEMS, load
        yield instance


@contextlib.contextmanager
def _recorded(instance: Instance, port: int) -> Iterator[None]:
    """Let the same gunicorn send the same pages from memory at a port of its own: nothing could be faster."""
    pages = {page.path: page.body.decode() for page in clients.pages(instance.port)}
    recording = instance.var / "recorded.json"
    recording.write_text(json.dumps(pages), encoding="utf-8")
    instance.environ[recorded.VARIABLE] = str(recording)
    with instance.web("benchmarks.recorded", port=port):
        clients.raw_harvest(port)
        yield


def _harvests(instance: Instance, goal: float, storage: str, static: int = 0) -> None:
    """Harvest oai_dc, from one worker, before and right after an update; in turn with what is at the port `static`."""
    peer = "3,100 (24,000–41,000 cached)"
    clients.raw_harvest(instance.port)
    rates, ceilings = [], []
    for _ in range(HARVESTS):
        rates.append(_rate(instance.port))
        if static:
            ceilings.append(_rate(static))
    report(
        f"ListRecords oai_dc, {storage}, one worker, page 100", statistics.median(rates), "records/s", goal, True, peer
    )
    if static:
        note("the same pages as static bytes, in turn with these", statistics.median(ceilings), "records/s")
        ratio = statistics.median(ours / most for ours, most in zip(rates, ceilings, strict=True))
        report("ListRecords oai_dc against static bytes", ratio, "", 0.5, True)
    instance.manage("shell", "-c", _CHANGE)
    instance.manage("oai", "import")
    after = clients.raw_harvest(instance.port)
    assert ITEMS - 100 <= after.records <= ITEMS, after  # lists show a change within two seconds
    report("right after an update of 100 items", after.records / after.seconds, "records/s", goal, True, peer)


def _rate(port: int) -> float:
    """Harvest all, and return the records/s."""
    run = clients.raw_harvest(port)
    assert run.records == ITEMS, run
    return run.records / run.seconds


def _pages_alike(instance: Instance) -> None:
    harvests = [clients.harvest(instance.port) for _ in range(RUNS)]
    drift = statistics.median(h.last / h.first for h in harvests)
    report("page time, last 20 over first 20", drift, "", 1.2, False, "1.13")


def _format(instance: Instance, prefix: str) -> None:
    """Harvest a format nobody asked for yet, then again."""
    first = clients.raw_harvest(instance.port, prefix)
    runs = [clients.raw_harvest(instance.port, prefix) for _ in range(RUNS)]
    assert {run.records for run in (first, *runs)} == {ITEMS}, runs
    again = statistics.median(run.seconds for run in runs)
    report(f"{prefix}, first pass", ITEMS / first.seconds, "records/s", 2_000, True, PEERS[prefix])
    report(f"{prefix}, once rendered", runs[0].megabytes / again, "MB/s", 80, True)


def _single_records(instance: Instance) -> None:
    with instance.web(workers=2):
        identifiers = [
            found
            for page in clients.pages(instance.port)
            for found in re.findall(r"<header><identifier>([^<]+)", page.body.decode())
        ]
        chosen = random.Random(20261122).choices(identifiers, k=REQUESTS)
        query = {"verb": "GetRecord", "metadataPrefix": "oai_dc"}
        paths = ["/oai/request?" + urlencode(query | {"identifier": identifier}) for identifier in chosen]
        clients.throughput(instance.port, paths, connections=4, seconds=2)
        alone = statistics.median(clients.latencies(instance.port, paths))
        report("GetRecord oai_dc, median", alone, "ms", 2, False, "6.7")
        together = clients.throughput(instance.port, paths, connections=4, seconds=8)
        report("GetRecord, 4 connections, two workers", together, "requests/s", 2_000, True, "408")


def _nothing_to_do(instance: Instance) -> None:
    start = min(instance.manage("version").seconds for _ in range(RUNS))
    run = min(instance.manage("oai", "import").seconds for _ in range(RUNS))
    report("oai import with nothing changed, beyond the start of manage.py", run - start, "s", 2, False)


def _queries(address: str) -> int:
    """Return how many searches the core at this address has answered."""
    root, _, core = address.rpartition("/")
    query = {"group": "core", "prefix": "QUERY./select.requests", "wt": "json"}
    with urllib.request.urlopen(f"{root}/admin/metrics?{urlencode(query)}", timeout=30) as response:
        metrics = json.load(response)["metrics"][f"solr.core.{core}"]
    return int(metrics["QUERY./select.requests"])
