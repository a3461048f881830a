"""`make run`: the whole of DSpace in one terminal, stopped by Ctrl-C.

PostgreSQL and Valkey (unless the configuration names other servers), the preparation of the database, then the
processes of the Procfile. This process loads Django's settings only, to stay small beside them.
"""

import fcntl
import http.client
import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType, ModuleType

from dspace.embedded import postgres, valkey
from dspace.embedded.places import PORT_FILE, REPOSITORY, EmbeddedServerError, make_folder, var_folder
from dspace.embedded.processes import Processes, read_procfile

HEALTH_TIMEOUT = 60.0  # seconds
SWITCHES = {"handle": "handle.server.enabled"}  # processes of the Procfile that the configuration switches on
WEB = "web"  # the process that everything ends with
TIMES, WITHIN = 3, 60.0  # how often another one is started again within so many seconds
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class CannotRun(Exception):
    """The instance can't run; the message says what to do."""


def main(arguments: list[str]) -> int:
    """Run the instance until it is interrupted; returns the exit status of the command."""
    started = time.monotonic()
    var = var_folder()
    has_parent = parent_watch() if "--stop-with-parent" in arguments else lambda: True
    try:
        stop_on_signals()
        run(var, instance_environment(var), started, has_parent)
    except KeyboardInterrupt:
        say("Stopped.")
        return 0
    except (CannotRun, EmbeddedServerError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


def run(var: Path, environ: dict[str, str], started: float, has_parent: Callable[[], bool]) -> None:
    """Start everything, print the URLs, and stop everything when interrupted. Raises CannotRun and the like."""
    make_folder(var / "run", mode=0o700)
    make_folder(var / "log")
    os.environ.update(environ)
    from dspace import settings  # reads the configuration, of this environment; without starting Django

    with only_one(var, environ["DSPACE_PORT"]), ExitStack() as servers:
        processes = Processes(var)
        embedded: dict[str, ModuleType] = {}
        if processes.stop_leftovers():
            say("Stopped what an earlier run had left behind")
        refuse_taken_port(environ)
        if not settings.DSPACE.get("db.url"):
            say("Starting PostgreSQL")
            servers.enter_context(postgres.running(var))
            embedded["PostgreSQL"] = postgres
        if not settings.DSPACE.get("broker.url"):
            servers.enter_context(valkey.running(var))
            embedded["Valkey"] = valkey
        say("Preparing the database")
        if subprocess.run([sys.executable, "-m", "dspace.embedded.prepare"], env=environ, cwd=REPOSITORY).returncode:
            raise CannotRun("DSpace could not be prepared: see above.")
        servers.callback(processes.stop)
        commands = wanted_commands(environ)

        def start(name: str) -> None:
            processes.start(name, commands[name], environ=environ, cwd=REPOSITORY)

        for name in commands:
            start(name)
        wait_until_healthy(environ, processes)
        print_urls(var, environ, time.monotonic() - started)
        begun: dict[str, list[float]] = {}
        for turn in itertools.count():
            if not has_parent():
                break
            start_ended_again(processes, start, begun, now=time.monotonic())
            if turn % 10 == 0:
                start_again(embedded, var)
            time.sleep(0.5)


def wanted_commands(environ: dict[str, str]) -> dict[str, list[str]]:
    """The commands of the Procfile by name, but for those that the configuration switches off."""
    from dspace import settings

    commands = read_procfile(REPOSITORY / "Procfile", environ)
    off = {name for name, key in SWITCHES.items() if not settings.DSPACE.bool(key)}
    return {name: command for name, command in commands.items() if name not in off}


def instance_environment(var: Path) -> dict[str, str]:
    """The environment of all processes of the instance. Raises CannotRun where it has no port."""
    defaults = {
        "DSPACE_PORT": "8080",
        "DSPACE_BIND": "127.0.0.1",
        "DJANGO_SETTINGS_MODULE": "dspace.settings",
        "PYTHONUNBUFFERED": "1",
        "MALLOC_ARENA_MAX": "8",  # heaps of glibc: two threads that render and share one wait for each other
        # Without these it gives the memory of a large answer back after each: a third of the time of sending one.
        "MALLOC_MMAP_THRESHOLD_": "8388608",
        "MALLOC_TRIM_THRESHOLD_": "16777216",
        # Stylesheets make thousands of small things: to keep no more than seven of a size would be a tenth of the time.
        "GLIBC_TUNABLES": "glibc.malloc.tcache_count=500",
    }
    environ = {**defaults, **{name: value for name, value in os.environ.items() if value}, "DSPACE_VAR": str(var)}
    if not (environ["DSPACE_PORT"].isdecimal() and 0 < int(environ["DSPACE_PORT"]) < 65536):
        raise CannotRun(f"DSPACE_PORT is {environ['DSPACE_PORT']!r}, which is no port. Try: DSPACE_PORT=8081 make run")
    return environ


def say(message: str) -> None:
    """Tell whoever waits at the terminal what goes on."""
    print(f"  {message}", flush=True)


def stop_on_signals() -> None:
    """Turn the first signal that asks us to stop into a KeyboardInterrupt; stopping itself is not interrupted."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        for each in SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in SIGNALS:
        is_ignored = signal.getsignal(number) == signal.SIG_IGN
        if not (number == signal.SIGHUP and is_ignored):  # nohup
            signal.signal(number, interrupt)


def parent_watch() -> Callable[[], bool]:
    """A function that says whether our parent (make) still is the one we had: a killed make stops DSpace."""
    parent = os.getppid()
    return lambda: os.getppid() == parent


@contextmanager
def only_one(var: Path, port: str) -> Iterator[None]:
    """Hold the instance for this run. Raises CannotRun when another run holds it."""
    with (var / "run" / "supervisor.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CannotRun(
                f"DSpace runs already in {var}: {lock.read().strip()}.\n"
                "For a second one beside it: DSPACE_VAR=<another folder> DSPACE_PORT=<another port> make run"
            ) from None
        lock.truncate(0)
        (var / PORT_FILE).write_text(port, encoding="ascii")
        lock.write(f"process {os.getpid()}, http://localhost:{port}/")
        lock.flush()
        yield


def refuse_taken_port(environ: dict[str, str]) -> None:
    """Raise CannotRun when something else listens on our port."""
    address, port = environ["DSPACE_BIND"], environ["DSPACE_PORT"]
    try:
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((address, int(port)))
    except (OSError, ValueError, OverflowError) as error:
        raise CannotRun(f"Port {port} of {address} can't be used ({error}). Try: DSPACE_PORT=8081 make run") from error


def wait_until_healthy(environ: dict[str, str], processes: Processes) -> None:
    """Wait for the first answer of the web server. Raises CannotRun when it does not come, with the end of its log."""
    address = environ["DSPACE_BIND"].replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - compared, not bound
    deadline = time.monotonic() + HEALTH_TIMEOUT
    while time.monotonic() < deadline:
        refuse_ended(processes)
        connection = http.client.HTTPConnection(address, int(environ["DSPACE_PORT"]), timeout=HEALTH_TIMEOUT)
        try:
            connection.request("GET", "/health", headers={"Host": "localhost"})
            connection.getresponse()
        except OSError:
            time.sleep(0.05)
        else:
            return
        finally:
            connection.close()
    raise CannotRun(f"The web server does not answer; see {processes.log('web')}.")


def start_ended_again(
    processes: Processes, start: Callable[[str], None], begun: dict[str, list[float]], *, now: float
) -> None:
    """Start a process again that somebody killed: for want of memory, say.

    `begun` holds when that was done, in the seconds of `now`. Raises CannotRun when it is the web server, without which
    there is nothing to run, or one that has ended too often: starting it once more would only hide why.
    """
    name = processes.ended()
    if name is None:
        return
    if name == WEB:
        refuse_ended(processes)
    lately = begun[name] = [moment for moment in begun.get(name, []) if now - moment < WITHIN]
    if len(lately) == TIMES:
        refuse_ended(processes, f" {TIMES + 1} times within {WITHIN:.0f} seconds")
    lately.append(now)
    say(f"The {name} process has ended and is started again; {processes.log(name)} may say why")
    start(name)


def refuse_ended(processes: Processes, how_often: str = "") -> None:
    """Raise CannotRun when a process is no longer there, with the end of its log."""
    if name := processes.ended():
        lines = processes.log(name).read_text(encoding="utf-8", errors="replace").splitlines()
        last = "\n".join(lines[-20:])
        raise CannotRun(f"{last}\nThe {name} process has ended{how_often}; the end of {processes.log(name)} is above.")


def print_urls(var: Path, environ: dict[str, str], seconds: float) -> None:
    """Say where everything is."""
    from dspace import settings

    url = (settings.DSPACE.get("dspace.baseUrl") or "").rstrip("/")
    print(f"\nDSpace runs ({seconds:.0f} s):\n")
    if not url.startswith("http:"):
        print(f"  Listens   at {environ['DSPACE_BIND']}:{environ['DSPACE_PORT']} for the web server in front of it")
    print(f"  Pages     {url}/")
    print(f"  Log in    {url}/password-login")
    print(f"  OAI-PMH   {url}/oai/request?verb=Identify")
    print(f"  Data      {var}")
    print(f"  Logs      {var / 'log'}\n")
    print("Ctrl-C stops it.", flush=True)


def start_again(embedded: dict[str, ModuleType], var: Path) -> None:
    """Start the embedded servers again that somebody killed: for want of memory, say."""
    for name, server in embedded.items():
        if not server.is_running(var):
            say(f"{name} has ended and is started again")
            with server.running(var):  # under the lock of those that start it; it goes on, for we use it too
                pass


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
