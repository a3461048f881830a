"""Fetches Solr from Maven Central, once: `python -m tools.solr --install`.

Out: `var/solr/<digest>` with the jars and the compiled Launcher; another pom.xml makes another folder. Maven checks the
checksums, and keeps what it downloads in its usual cache. Needs Maven and a JDK, 17 or newer.
"""

import fcntl
import hashlib
import re
import shutil
import subprocess
from pathlib import Path

from dspace.embedded.places import make_folder

HERE = Path(__file__).resolve().parent
PROGRAMS = HERE.parents[1] / "var" / "solr"
OLDEST_JAVA = 17
TIMEOUT = 600  # seconds, for 64 MB
_SOURCES = ("pom.xml", "Launcher.java")


class SolrUnavailable(Exception):
    """Solr can't be had or started here; the message says why."""


def missing() -> str | None:
    """Say what Solr needs and this machine has not; None when nothing is missing."""
    for program in ("mvn", "java", "javac"):
        if not shutil.which(program):
            return f"{program} is not installed"
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    if not version or int(version[1]) < OLDEST_JAVA:
        return f"Java is older than {OLDEST_JAVA}"
    return None


def installed() -> Path:
    """Return the folder of the jars, after fetching them if need be. Raises SolrUnavailable."""
    digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in _SOURCES)).hexdigest()[:12]
    folder = PROGRAMS / digest
    if folder.is_dir():
        return folder
    if lack := missing():
        raise SolrUnavailable(lack)
    make_folder(PROGRAMS)
    with (PROGRAMS / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            _install(folder)
    return folder


def _install(folder: Path) -> None:
    unfinished = folder.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    copy = ["mvn", "-B", "-q", "-C", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies"]
    _run([*copy, f"-DoutputDirectory={unfinished}"])
    _run(["javac", "-d", str(unfinished), "-cp", f"{unfinished}/*", str(HERE / "Launcher.java")])
    unfinished.rename(folder)


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired as error:
        raise SolrUnavailable(f"{command[0]} took longer than {TIMEOUT} s") from error
    if done.returncode:
        raise SolrUnavailable(f"{command[0]} failed:\n{(done.stdout + done.stderr)[-2000:]}")
