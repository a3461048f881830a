"""The web and worker processes of one instance: started from the Procfile, recorded, stopped, also by a later run."""

import contextlib
import json
import os
import shlex
import signal
import string
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import psutil

STOP_TIMEOUT = 15.0  # seconds until a process that does not stop is killed
LONG = 10_000_000  # bytes of a log; the one before is kept


def read_procfile(path: Path, environ: Mapping[str, str]) -> dict[str, list[str]]:
    """The commands of a Procfile by name, with $NAMES replaced from `environ`."""
    commands = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, separator, command = line.partition(":")
        if separator and not line.startswith("#"):
            words = shlex.split(command)
            commands[name.strip()] = [string.Template(word).substitute(environ) for word in words]
    return commands


LONG = 10_000_000  # bytes; one log before is kept


class Processes:
    """Processes of the instance in `var`. Each leads a process group of its own, so that Ctrl-C does not reach it."""

    def __init__(self, var: Path) -> None:
        self._var = var
        self._record = var / "run" / "processes.json"
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: list[str], *, environ: Mapping[str, str], cwd: Path) -> None:
        """Start a process with its output in `log(name)`, and record its pid. A long log begins anew."""
        log = self.log(name)
        if log.exists() and log.stat().st_size > LONG:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as output:
            self._children[name] = subprocess.Popen(
                command,
                cwd=cwd,
                env={**environ, "PATH": f"{Path(sys.executable).parent}:{environ.get('PATH', os.defpath)}"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        pids = [child.pid for child in self._children.values()]
        unfinished = self._record.with_suffix(".new")
        unfinished.write_text(json.dumps(pids), encoding="utf-8")
        unfinished.replace(self._record)

    def log(self, name: str) -> Path:
        """The file that a process's output is added to."""
        return self._var / "log" / f"{name}.log"

    def ended(self) -> str | None:
        """The name of a process that is no longer there, if any."""
        return next((name for name, child in self._children.items() if child.poll() is not None), None)

    def stop(self) -> None:
        """Stop all processes and their children, the slow ones by force."""
        _stop_groups(self._var, [child.pid for child in self._children.values()])
        for child in self._children.values():
            child.wait()
        self._record.unlink(missing_ok=True)

    def stop_leftovers(self) -> bool:
        """Stop what a run that was killed has left behind; returns whether there was anything."""
        try:
            recorded = json.loads(self._record.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return False
        found = _stop_groups(self._var, [pid for pid in recorded if isinstance(pid, int) and pid > 1])
        self._record.unlink(missing_ok=True)
        return found


def _stop_groups(var: Path, leaders: Iterable[int]) -> bool:
    """Stop the process groups of this instance; returns whether one was there."""
    groups = [pid for pid in leaders if _members(var, pid)]
    for group in groups:
        _signal_group(group, signal.SIGTERM)
    deadline = time.monotonic() + STOP_TIMEOUT
    while any(_members(var, group) for group in groups) and time.monotonic() < deadline:
        time.sleep(0.05)
    for group in groups:
        if _members(var, group):
            _signal_group(group, signal.SIGKILL)
    return bool(groups)


def _members(var: Path, group: int) -> list[psutil.Process]:
    """The living processes of a group that were started for the instance in `var`.

    A recorded pid may belong to somebody else by now: the environment says whose it is.
    """
    return [process for process in psutil.process_iter() if _is_member(process, group, var)]


def _is_member(process: psutil.Process, group: int, var: Path) -> bool:
    try:
        return (
            os.getpgid(process.pid) == group
            and process.status() != psutil.STATUS_ZOMBIE
            and process.environ().get("DSPACE_VAR") == str(var)
        )
    except (OSError, psutil.Error):
        return False


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)
