"""The Handle System's own client, from Maven Central: `python -m tests.java.handle` (part of `make test`)."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools import maven

HERE = Path(__file__).resolve().parent
PROGRAMS = HERE.parents[2] / "var" / "handle-client"
TIMEOUT = 120  # seconds


@dataclass(frozen=True)
class Question:
    """What HandleClient.java asks; `flags` are certify and digest."""

    handle: str = ""
    over: str = "tcp"
    port: int = 0
    what: str = "resolve"
    version: str = "2.11"
    flags: str = ""
    indexes: str = ""
    types: str = ""

    def line(self) -> str:
        parts = self.what, self.over, self.port, self.version, self.flags, self.handle, self.indexes, self.types
        return "\t".join(map(str, parts))


def installed() -> Path:
    """Return the folder with the client. Raises maven.Unavailable."""
    return maven.installed(HERE / "pom.xml", HERE / "HandleClient.java", PROGRAMS)


def ask(site_info: Path, questions: list[Question]) -> list[dict[str, Any]]:
    """Return the client's answers, in order; one that it could not take has `exception`. Raises maven.Unavailable."""
    folder = installed()
    command = ["java", "-Xmx256m", "-cp", f"{folder}:{folder}/*", "HandleClient", str(site_info)]
    lines = "".join(question.line() + "\n" for question in questions)
    done = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
