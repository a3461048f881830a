"""The Handle System's own client, from Maven Central: `python -m tests.java.handle` (part of `make test`)."""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools import maven

HERE = Path(__file__).resolve().parent
PROGRAMS = HERE.parents[2] / "var" / "handle-client"


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


@contextmanager
def client(site_info: Path) -> Iterator[Callable[[list[Question]], list[dict[str, Any]]]]:
    """Yield a function that asks and returns the answers, in order; one that the client could not take has `exception`.

    Raises maven.Unavailable.
    """
    folder = installed()
    command = ["java", "-Xmx256m", "-cp", f"{folder}:{folder}/*", "HandleClient", str(site_info)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:

        def ask(questions: list[Question]) -> list[dict[str, Any]]:
            process.stdin.write("".join(question.line() + "\n" for question in questions))
            process.stdin.flush()
            return [json.loads(process.stdout.readline()) for _ in questions]

        yield ask
        process.stdin.close()
