"""A scratch instance to measure: its own folder and port, its commands as processes, its web server."""

import contextlib
import http.client
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from dspace.embedded import postgres
from dspace.embedded.run import instance_environment

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("DSPACE_SHARED") or ROOT.parent / "shared")
ADMIN = "bench@example.org"


@dataclass
class Run:
    """What a command took: wall seconds, its peak memory in MB, and what it printed."""

    seconds: float
    peak_mb: float
    output: str


class Instance:
    """A repository under `var/bench/<name>`, emptied first. Use it as a context: PostgreSQL runs meanwhile."""

    def __init__(self, name: str, port: int) -> None:
        self.var = ROOT / "var" / "bench" / name
        self.port = port
        self.environ = {
            **os.environ,
            "DSPACE_VAR": str(self.var),
            "DSPACE_PORT": str(port),
            "DJANGO_SETTINGS_MODULE": "dspace.settings",
        }

    def __enter__(self) -> "Instance":
        shutil.rmtree(self.var, ignore_errors=True)
        self.var.mkdir(parents=True)
        self._stack = contextlib.ExitStack()
        self._stack.enter_context(postgres.running(self.var))
        self.manage("database", "migrate")
        self.manage("create-administrator", "-e", ADMIN, "-f", "Bench", "-l", "Mark", "-c", "en", "-p", "b3nch-mark-pw")
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def manage(self, *arguments: str) -> Run:
        """Run a command of manage.py and measure it, its start included."""
        started = time.monotonic()
        with subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            assert process.stdout
            output = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"manage.py {' '.join(arguments)} failed:\n{output}")
        return Run(time.monotonic() - started, usage.ru_maxrss / 1024, output)

    @contextlib.contextmanager
    def web(self, application: str = "dspace.wsgi", workers: int = 1, port: int = 0) -> Iterator[int]:
        """Serve it with gunicorn, as the Procfile does, or on another port; yields the pid of a worker."""
        port = port or self.port
        bind = ["--bind", f"127.0.0.1:{port}", "--workers", str(workers)]
        command = ["gunicorn", application, *bind, "--threads", "4"]
        environ = instance_environment(self.var) | self.environ  # as `make run` does
        server = subprocess.Popen(
            [sys.executable, "-m", *command, "--timeout", "120", "--log-level", "warning"], cwd=ROOT, env=environ
        )
        try:
            self._wait(port)
            children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
            yield int(children[0])
        finally:
            server.terminate()
            server.wait(30)

    def _wait(self, port: int) -> None:
        for _ in range(600):
            with contextlib.suppress(OSError):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                connection.request("GET", "/health")
                connection.getresponse().read()
                return
            time.sleep(0.1)
        raise SystemExit("the web server did not come up")


def rss_mb(pid: int) -> float:
    """Return the resident memory of a process in MB."""
    [pages] = re.findall(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(pages) / 1024


@dataclass
class Load:
    """An import: items, seconds of the command with its start, and its peak memory in MB."""

    items: int
    seconds: float
    peak_mb: float


def load_nist(instance: Instance) -> Load:
    """Import the NIST set in one run: each item names its collection in a `collections` file."""
    folder = instance.var / "input"
    source = SHARED / "data" / "nist"
    with tarfile.open(source / "nist.tar.xz") as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # Python 3.11.4 and newer
        archive.extractall(folder)
    rows = (source / "collections.tsv").read_text(encoding="utf-8").splitlines()[1:]
    slugs = [row.split("\t")[0] for row in rows]
    return _import(instance, source / "structure.xml", [folder / "nist" / slug for slug in slugs])


def load_generated(instance: Instance, items: int) -> Load:
    """Import the first `items` of the batch that a DSpace 9 was measured with; each has a small file."""
    folder = instance.var / "input"
    generator = [sys.executable, str(SHARED / "data" / "gen_saf.py"), str(folder), "20000", "4"]
    subprocess.run(generator, check=True, stdout=subprocess.DEVNULL)
    structure = instance.var / "structure.xml"
    names = [f"<collection><name>Batch {n}</name></collection>" for n in range(1, 5)]
    structure.write_text(
        f"<import_structure><community><name>Generated</name>{''.join(names)}</community></import_structure>"
    )
    return _import(instance, structure, sorted(folder.iterdir()), items // 4)


def _import(instance: Instance, structure: Path, folders: list[Path], each: int | None = None) -> Load:
    """Import the first `each` item folders of these folders, one folder for each collection of the structure."""
    built = instance.var / "built.xml"
    instance.manage("structure-builder", "-f", str(structure), "-o", str(built), "-e", ADMIN)
    handles = [c.get("identifier") or "" for c in etree.parse(built).iter("collection")]
    batch = instance.var / "batch"
    batch.mkdir()
    for handle, folder in zip(handles, folders, strict=True):
        for item in sorted(folder.iterdir())[:each]:
            (item / "collections").write_text(handle + "\n")
            item.rename(batch / f"{folder.name}-{item.name}")
    items = sum(1 for _ in batch.iterdir())
    run = instance.manage("import", "--add", "-e", ADMIN, "-s", str(batch), "-m", str(instance.var / "map"))
    return Load(items, run.seconds, run.peak_mb)
