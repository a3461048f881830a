"""A new user's first minutes: clone, install, first page; and what the running whole takes in memory."""

import http.client
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks import clients
from benchmarks.instance import ROOT

PORT = 8087


@dataclass
class FirstMinutes:
    """Seconds of the download of packages, of all else up to the first page, of a second start; MB of the whole."""

    packages: float
    first_page: float
    again: float
    memory_mb: float


def measure() -> FirstMinutes:
    """Clone this repository, `make install`, `make run`, load a few hundred pages, stop, run again."""
    clone = ROOT / "var" / "bench" / "clone"
    shutil.rmtree(clone, ignore_errors=True)
    began = time.monotonic()
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    cloned = time.monotonic() - began
    packages = _timed(lambda: subprocess.run(["make", "install"], cwd=clone, check=True, stdout=subprocess.DEVNULL))
    with _running(clone) as (server, first):
        clients.latencies(PORT, ["/", "/browse?type=title", "/search?query=the", "/community-list"] * 50)
        clients.harvest(PORT)
        memory = sum(_memory_kb(pid) for pid in _family(server.pid, clone)) / 1024
    with _running(clone) as (_, again):
        pass
    return FirstMinutes(packages, cloned + first, again, memory)


@contextmanager
def _running(clone: Path) -> "Iterator[tuple[subprocess.Popen[bytes], float]]":
    """Start the instance; yields `make` and the seconds to the first page. Stops it at the end."""
    environ = {**os.environ, "DSPACE_PORT": str(PORT), "DSPACE_VAR": str(clone / "var")}
    environ |= {"ADMIN_EMAIL": "bench@example.org", "ADMIN_PASSWORD": "b3nch-mark-pw"}
    server = subprocess.Popen(["make", "run"], cwd=clone, env=environ, stdout=subprocess.DEVNULL)
    try:
        yield server, _timed(lambda: _first_page(server))
    finally:
        _stop(server)


def _first_page(server: "subprocess.Popen[bytes]") -> None:
    while server.poll() is None:
        with suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
            connection.request("GET", "/")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.05)
    raise SystemExit("make run ended")


def _stop(server: "subprocess.Popen[bytes]") -> None:
    server.send_signal(signal.SIGTERM)
    server.wait(60)
    while _answers():
        time.sleep(0.1)


def _answers() -> bool:
    with suppress(OSError):
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    return False


def _family(pid: int, clone: Path) -> set[int]:
    """Return the processes of the instance: those below `make`, and the servers whose command names its folder."""
    parents = {}
    named = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                if str(clone).encode() in (entry / "cmdline").read_bytes():
                    named.add(int(entry.name))
    family = {pid, *named}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return family


def _memory_kb(pid: int) -> int:
    """Return the proportional memory of a process: what PostgreSQL's processes share counts once."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def _timed(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began
