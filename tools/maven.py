"""Programs in Java, fetched from Maven Central once: what their pom.xml names, and their own sources compiled.

Out: a folder with jars and classes, named after the sources; other sources make another folder. Maven checks the
checksums, and keeps what it downloads in its usual cache. Needs Maven and a JDK, 17 or newer. Called by tools/solr and
the tests of harvesters. Fails: Unavailable.
"""

import fcntl
import hashlib
import re
import shutil
import subprocess
from pathlib import Path

from dspace.embedded.places import make_folder

OLDEST_JAVA = 17
TIMEOUT = 600  # seconds


class Unavailable(Exception):
    """The program can't be had here; the message says why."""


def missing() -> str | None:
    """Say what a program needs and this machine has not; None when nothing is missing."""
    for program in ("mvn", "java", "javac"):
        if not shutil.which(program):
            return f"{program} is not installed"
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    if not version or int(version[1]) < OLDEST_JAVA:
        return f"Java is older than {OLDEST_JAVA}"
    return None


def installed(pom: Path, java: Path, programs: Path) -> Path:
    """Return the folder in `programs` with the jars that `pom` names and the classes of `java`.

    They are fetched if need be, by one process at a time. Raises Unavailable.
    """
    digest = hashlib.sha256(pom.read_bytes() + java.read_bytes()).hexdigest()[:12]
    folder = programs / digest
    if folder.is_dir():
        return folder
    if lack := missing():
        raise Unavailable(lack)
    make_folder(programs)
    with (programs / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            _install(pom, java, folder)
    return folder


def _install(pom: Path, java: Path, folder: Path) -> None:
    unfinished = folder.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    copy = ["mvn", "-B", "-q", "-C", "-f", str(pom), "dependency:copy-dependencies"]
    _run([*copy, f"-DoutputDirectory={unfinished}"])
    _run(["javac", "-d", str(unfinished), "-cp", f"{unfinished}/*", str(java)])
    unfinished.rename(folder)


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"{command[0]} took longer than {TIMEOUT} s") from error
    if done.returncode:
        raise Unavailable(f"{command[0]} failed:\n{(done.stdout + done.stderr)[-2000:]}")
