"""DOIs registered at a stand-in for DataCite on localhost: all at once; then with an outage, a kill and restarts."""

import re
import signal
import subprocess
import sys
import time
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.instance import ROOT, SHARED, Instance
from benchmarks.report import report

DOIS = 10_000
PORT = 18399
CONCURRENCY = 4  # identifier.doi.concurrency, as shipped
_LOGIN = "Basic " + b64encode(b"DSPACE.TEST:secret").decode()
_FILL = """
from django.utils import timezone
from repository.authorize import SYSTEM
from repository.metadata import Value, document
from repository.services import collections, communities, install
from repository.services.supplies import Supplies

now, supplies = timezone.now(), Supplies()
def md(*pairs): return document((name, Value(text)) for name, text in pairs)
top = communities.create_community(acting_user=SYSTEM, metadata=md(("dc.title", "Top")), parent=None, now=now)
shelf = collections.create_collection(acting_user=SYSTEM, community=top, metadata=md(("dc.title", "Shelf")), now=now)
for n in range({count}):
    fields = md(("dc.title", f"On owls {{n}}"), ("dc.contributor.author", f"Author, A. {{n}}"), ("dc.type", "Article"),
        ("dc.date.issued", "2024-05-01"), ("dc.subject", "Owls"), ("dc.description.abstract", "About owls. " * 60))
    install.add_item(acting_user=SYSTEM, collections=[shelf], metadata=fields, now=now, supplies=supplies)
"""


@dataclass
class Agency:
    """The stand-in: its process, and the file with a line for each request it has answered."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def registrations(self) -> int:
        """Return how often a DOI was registered."""
        return len(re.findall(r"POST /doi HTTP", self.log.read_text()))

    def known(self) -> int:
        """Return how many DOIs it has."""
        asked = urllib.request.Request(f"http://127.0.0.1:{PORT}/doi/", headers={"Authorization": _LOGIN})
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return len(set(answer.read().decode().split()))


def measure() -> None:
    """Measure both."""
    for name, work in (("doi", _all_at_once), ("doi-outage", _with_an_outage)):
        with Instance(name, 8090) as instance, _agency(instance) as agency:
            instance.manage("shell", "-c", _FILL.format(count=DOIS))
            work(instance, agency)
            registered = instance.manage("shell", "-c", _COUNT).output.split()[-1]
            report(f"DOIs registered ({name}), here and there", min(int(registered), agency.known()), "", DOIS, True)


_COUNT = "from identifiers.models import DOI; print(DOI.objects.filter(state=3).count())"


def _all_at_once(instance: Instance, agency: Agency) -> None:
    run = instance.manage("doi-organiser", "-u", "-s", "-r", "-d")
    report("DOIs registered, 4 calls at a time", DOIS / run.seconds, "DOIs/s", 100, True)
    report("doi-organiser, peak memory", run.peak_mb, "MB", 250, False)


def _with_an_outage(instance: Instance, agency: Agency) -> None:
    """The agency stops answering, then a run is killed; two runs share what is left."""
    first = _start(instance)
    _wait_for(lambda: agency.registrations() > DOIS // 4)
    agency.process.send_signal(signal.SIGSTOP)
    code = first.wait(300)
    agency.process.send_signal(signal.SIGCONT)
    if code != 1:
        raise SystemExit(f"doi-organiser ended with {code} when the agency was out of reach")
    second = _start(instance)
    _wait_for(lambda: agency.registrations() > DOIS // 2)
    second.kill()
    second.wait(60)
    last = [_start(instance), _start(instance)]
    codes = [run.wait(600) for run in last]
    if codes != [0, 0]:
        raise SystemExit(f"the last runs ended with {codes}")
    # Each of the two breaks leaves at most the calls that go on, and as many whose answer is not written yet.
    report("registrations sent twice", agency.registrations() - DOIS, "", 2 * 2 * CONCURRENCY, False)


def _start(instance: Instance) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "manage.py", "doi-organiser", "-r", "-q"], cwd=ROOT, env=instance.environ)


@contextmanager
def _agency(instance: Instance) -> Iterator[Agency]:
    """Run a stand-in for DataCite that knows no DOI yet, and let the instance use it."""
    instance.environ |= {
        "identifier__P__providers": "identifiers.providers.handle.HandleProvider,identifiers.providers.doi.DOIProvider",
        "identifier__P__doi__P__user": "DSPACE.TEST",
        "identifier__P__doi__P__password": "secret",
        "DATACITE_SCHEME": "http",
        "DATACITE_HOST": f"127.0.0.1:{PORT}",
    }
    log = instance.var / "agency.log"
    with log.open("w") as output:
        command = [sys.executable, str(SHARED / "fakes" / "fake_datacite.py"), str(PORT)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=output) as process:
            try:
                time.sleep(2)  # until it listens
                yield Agency(process, log)
            finally:
                process.kill()


def _wait_for(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.05)
