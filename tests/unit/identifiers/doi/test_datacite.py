"""doi-organiser as a process, with a stand-in for DataCite over HTTP: whole runs, and one that is killed."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection

from identifiers.doi.states import State
from identifiers.models import DOI
from repository import wakeup
from tests import factories
from tests.shared import ROOT, SHARED, needs_shared
from tests.unit.identifiers.doi.conftest import PROVIDERS

pytestmark = [pytest.mark.django_db(transaction=True), needs_shared("fakes", "fake_datacite.py")]

LOGIN = "Basic " + b64encode(b"DSPACE.TEST:secret").decode()


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr(wakeup, "wake", lambda consumers: None)


@pytest.fixture
def datacite() -> Iterator[int]:
    """The port of a DataCite that knows no DOI."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [sys.executable, str(SHARED / "fakes" / "fake_datacite.py"), str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: answers(port))
        yield port
    finally:
        server.kill()
        server.wait(10)


@pytest.fixture(params=["datacite_mds", "datacite_rest"])
def values(request, datacite, configure, settings) -> dict[str, str]:
    """The configuration of this process and of those it starts."""
    values = {
        "identifier.providers": PROVIDERS,
        "identifier.doi.connector": request.param,
        "DATACITE_SCHEME": "http",
        "DATACITE_HOST": f"127.0.0.1:{datacite}",
        "identifier.doi.user": "DSPACE.TEST",
        "identifier.doi.password": "secret",
        "identifier.doi.prefix": "10.5072",
    }
    configure(values)
    settings.CHANGE_CONSUMERS = {"doi": "identifiers.services.follow_changes"}
    return values


def answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/nothing", timeout=5)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def wait_for(condition) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.02)


def started(values: dict[str, str], *arguments: str) -> "subprocess.Popen[str]":
    """doi-organiser in a process of its own, on the database of the test."""
    database = connection.settings_dict
    host = quote(database["HOST"] or "127.0.0.1", safe="")  # a folder, for the embedded server
    url = f"postgresql://{host}:{database['PORT'] or 5432}/{database['NAME']}"
    given = values | {
        "db.url": url,
        "db.username": database["USER"],
        "db.password": database["PASSWORD"],
    }
    environ = {**os.environ, **{key.replace(".", "__P__"): value for key, value in given.items()}}
    return subprocess.Popen(
        [sys.executable, "manage.py", "doi-organiser", *arguments],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def known(port: int) -> set[str]:
    """The DOIs that the stand-in has, in upper case."""
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/doi/", headers={"Authorization": LOGIN})
    return set(urllib.request.urlopen(asked, timeout=10).read().decode().split())


def test_a_run_registers_and_a_second_has_nothing_to_do(values, datacite):
    shelf = factories.collection()
    made = [factories.item(f"Item {n}", within=shelf) for n in range(5)]
    run = started(values, "-u", "-s", "-r", "-d")
    out, err = run.communicate(timeout=120)
    assert run.returncode == 0, out + err
    assert out.count("is successfully registered.") == len(made)
    assert set(DOI.objects.values_list("state", flat=True)) == {State.IS_REGISTERED}
    assert known(datacite) == {doi.upper() for doi in DOI.objects.values_list("doi", flat=True)}
    again = started(values, "-u", "-s", "-r", "-d", "-q")
    assert again.communicate(timeout=120) == ("", "")
    assert again.returncode == 0


def test_a_wrong_password_leaves_all_as_it_was(values):
    factories.item()
    log = Path(os.environ["DSPACE_VAR"]) / "log" / "doi-organiser.log"
    log.unlink(missing_ok=True)  # what an earlier run has said is no proof
    run = started(values | {"identifier.doi.password": "guessed"}, "-r")
    out, err = run.communicate(timeout=120)
    assert run.returncode == 1
    assert "identifier.doi.password" in err
    assert "guessed" not in out + err
    quiet = started(values | {"identifier.doi.password": "guessed"}, "-r", "-q")
    assert quiet.communicate(timeout=120) == ("", "")
    assert quiet.returncode == 1
    assert "does not accept identifier.doi.user and identifier.doi.password" in log.read_text(encoding="utf-8")
    assert "guessed" not in log.read_text(encoding="utf-8")
    row = DOI.objects.get()
    assert (row.state, row.tries, row.paused_until) == (State.TO_BE_REGISTERED, 0, None)


def test_after_a_kill_the_next_run_goes_on(values, datacite):
    shelf = factories.collection()
    for n in range(60):
        factories.item(f"Item {n}", within=shelf)
    run = started(values, "-r")
    wait_for(lambda: DOI.objects.filter(state=State.IS_REGISTERED).count() >= 5 or run.poll() is not None)
    run.send_signal(signal.SIGKILL)
    run.communicate(timeout=60)
    left = DOI.objects.filter(state=State.TO_BE_REGISTERED).count()
    assert left
    last = started(values, "-r")
    out, err = last.communicate(timeout=120)
    assert last.returncode == 0, out + err
    assert out.count("is successfully registered.") == left
    assert set(DOI.objects.values_list("state", "run")) == {(State.IS_REGISTERED, None)}
    assert len(known(datacite)) == 60
