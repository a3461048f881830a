"""Folders of an instance: made with the right owner and mode, never changed when they were there before."""

import hashlib
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

PORT_FILE = "run/port"

# A Unix socket's path has 104 (macOS) to 108 bytes.
MAX_SOCKET_PATH = 100


class EmbeddedServerError(Exception):
    """An embedded server can't be used; the message says what to do."""


@dataclass(frozen=True)
class Account:
    """The unprivileged account that PostgreSQL, which refuses to run as root, is run under."""

    name: str
    uid: int
    gid: int


def var_folder() -> Path:
    """The instance's folder: `DSPACE_VAR`, or `var` beside manage.py."""
    return Path(os.environ.get("DSPACE_VAR") or REPOSITORY / "var").resolve()


def port_of(var: Path) -> str:
    """The port that this instance was last run with, so that commands give its addresses too; 8080 before it was."""
    try:
        return (var / PORT_FILE).read_text(encoding="ascii")
    except (OSError, ValueError):
        return "8080"


def digest(path: Path) -> str:
    """A short name for a path, the same in every process."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def account_of(uid: int) -> Account:
    """The account with this uid, even one that has no entry in the account database."""
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return Account(str(uid), uid, uid)
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def unprivileged_account() -> Account:
    """`postgres`, else `nobody`."""
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise EmbeddedServerError("PostgreSQL can't run as root, and there is neither an account postgres nor nobody.")


def is_reachable(path: Path, account: Account) -> bool:
    """Whether the account may enter every existing folder on the way to `path` (and `path`, if it is a folder)."""
    return all(_may_enter(folder.stat(), account) for folder in (path, *path.parents) if folder.is_dir())


def _may_enter(status: os.stat_result, account: Account) -> bool:
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def make_folder(folder: Path, *, mode: int = 0o755, owner: Account | None = None) -> None:
    """Make `folder` and its missing parents (0755 whatever the umask); one that exists is left as it is.

    Raises EmbeddedServerError when it can't be made.
    """
    if folder.is_dir():
        return
    if not folder.parent.is_dir():
        make_folder(folder.parent)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        return
    except OSError as error:
        raise EmbeddedServerError(
            f"{folder} can't be made: {error.strerror}. DSPACE_VAR names another place."
        ) from error
    if owner:
        os.chown(folder, owner.uid, owner.gid)
    folder.chmod(mode)


def socket_folder(preferred: Path, socket_name: str) -> Path:
    """`preferred`, or a folder with a short name under /tmp when the socket's path would be too long.

    So too when it has characters that separate or quote names in a list of socket folders.
    """
    path = preferred / socket_name
    if len(os.fsencode(path)) < MAX_SOCKET_PATH and not set(str(path)) & set(",\"'\\"):
        return preferred
    return Path("/tmp") / f"dspace-{digest(preferred)}"  # noqa: S108 - verified by make_private_folder


def make_private_folder(folder: Path, owner: Account | None) -> None:
    """Make a 0700 folder for a socket; refuse one that somebody else made at its place."""
    make_folder(folder, mode=0o700, owner=owner)
    status = folder.lstat()
    expected = owner.uid if owner else os.geteuid()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != expected or stat.S_IMODE(status.st_mode) & 0o077:
        raise EmbeddedServerError(
            f"{folder} should be a folder of {account_of(expected).name} with mode 0700, and is not. "
            "If it is not of use to anybody, remove it and try again."
        )
