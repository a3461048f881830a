"""Harvesters in Java that nobody here wrote, from Maven Central: `python -m tests.java` (part of `make test`)."""

import subprocess
from pathlib import Path

from tools import maven

HERE = Path(__file__).resolve().parent
PROGRAMS = HERE.parents[1] / "var" / "harvesters"
TIMEOUT = 120  # seconds


def harvest(client: str, base_url: str, prefix: str, *sets: str) -> list[str]:
    """Return the lines that Harvest.java prints with a client, `oclc` or `xoai`. Raises maven.Unavailable."""
    folder = maven.installed(HERE / "pom.xml", HERE / "Harvest.java", PROGRAMS)
    command = ["java", "-Xmx256m", "-cp", f"{folder}:{folder}/*", "Harvest", client, base_url, prefix, *sets]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=TIMEOUT, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
