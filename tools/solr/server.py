"""Starts and stops a Solr with the core `dspace`, in a home that is made for it."""

import selectors
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dspace.embedded.places import make_folder
from tools.solr.install import HERE, SolrUnavailable, installed

CONFIGURATION = HERE.parents[1] / "config" / "solr"
CORE = "dspace"
START_TIMEOUT = 60  # seconds; usual are two
STOP_TIMEOUT = 20
_OPTIONS = [
    "-Xms32m",
    "-Xmx192m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",  # starts in half the time
    "-XX:+ExitOnOutOfMemoryError",
    "-Xshare:auto",
    "-Djava.awt.headless=true",
    "-Duser.timezone=UTC",
]


@contextmanager
def running(home: Path, port: int = 0) -> Iterator[str]:
    """Run the body while a Solr answers on 127.0.0.1; yield the address of the core `dspace`.

    `home` gets the configuration of this checkout; its index is kept. Port 0 stands for any free one. Solr's log is
    `home`/solr.log. It ends with this process, however this ends. Raises SolrUnavailable.
    """
    jars = installed()
    if not shutil.which("java"):
        raise SolrUnavailable("java is not installed")
    _prepare(home)
    with (home / "solr.log").open("ab") as log:
        process = subprocess.Popen(
            ["java", *_properties(home), "-cp", f"{jars}:{jars}/*", "Launcher", str(home), str(port)],
            cwd=home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for us; we stop it
        )
    try:
        yield f"{_address(process, home)}/{CORE}"
    finally:
        _stop(process)


def _prepare(home: Path) -> None:
    make_folder(home / "data")
    shutil.copy(HERE / "solr.xml", home)
    shutil.copytree(CONFIGURATION, home, dirs_exist_ok=True)
    (home / CORE / "core.properties").write_text(f"name={CORE}\n", encoding="ascii")


def _properties(home: Path) -> list[str]:
    properties = {
        "log4j2.configurationFile": HERE / "log4j2.xml",
        "solr.log.dir": home,
        "solr.install.dir": home,
        "solr.data.home": home / "data",
        "java.io.tmpdir": home,
    }
    return [*_OPTIONS, *(f"-D{name}={value}" for name, value in properties.items())]


def _address(process: subprocess.Popen[bytes], home: Path) -> str:
    """Return where the server answers, as soon as it does."""
    assert process.stdout
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        line = process.stdout.readline() if selector.select(START_TIMEOUT) else b""
    word, _, address = line.decode().strip().partition(" ")
    if word != "READY":
        raise SolrUnavailable(f"Solr did not start; see {home / 'solr.log'}")
    return address


def _stop(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin
    assert process.stdout
    process.stdin.close()  # which it takes as the wish to end
    process.stdout.close()
    try:
        process.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
