"""What must be in the database before the first request: tables, registries, an administrator, a sample.

One process for all of it, since loading Django takes longer than the work. It loads nothing twice.
"""

import getpass
import io
import os
import secrets
import sys

import django
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.core.validators import validate_email

DEFAULT_ADMINISTRATOR = "admin@localhost"


def main() -> None:
    """Prepare the database that the settings name."""
    django.setup()
    try:
        _run("database", "migrate")
        _make_administrator()
        if os.environ.get("SAMPLE", "yes").lower() not in {"no", "false", "off", "0"}:
            _load_sample()
    except CommandError as error:
        sys.exit(f"  {error}")
    except KeyboardInterrupt:
        sys.exit(130)  # whoever started us was interrupted too, and says so


def _run(command: str, *arguments: str, **options: str) -> None:
    """Run a command without showing what it says when all goes well.

    What somebody chose or chance made goes in `options`: among `arguments`, a password that begins with a hyphen
    would be taken for an option.
    """
    call_command(command, *arguments, **options, stdout=io.StringIO())


def _make_administrator() -> None:
    from repository.constants import ADMINISTRATOR_GROUP
    from repository.models import GroupMember

    if GroupMember.objects.filter(group=ADMINISTRATOR_GROUP, eperson__can_log_in=True).exists():
        return
    email, password = _ask()
    chosen = password or secrets.token_urlsafe(12)
    _run("create_administrator", email=email, first="DSpace", last="Administrator", password=chosen)
    print(f"  The administrator is {email}" + ("" if password else f", with the password {chosen} (shown this once)"))


def _ask() -> tuple[str, str]:
    """E-mail address and password, from the environment, else from the terminal; an empty password means none given."""
    email, password = os.environ.get("ADMIN_EMAIL", ""), os.environ.get("ADMIN_PASSWORD", "")
    if not email and sys.stdin.isatty():
        email = _ask_email()
    if not password and sys.stdin.isatty():
        password = _ask_password()
    return email or DEFAULT_ADMINISTRATOR, password


def _ask_email() -> str:
    """Ask until it is an e-mail address, or nothing."""
    while email := input(f"  The administrator's e-mail address [{DEFAULT_ADMINISTRATOR}]: ").strip():
        try:
            validate_email(email)
        except ValidationError as error:
            print("  " + " ".join(error.messages))
        else:
            break
    return email


def _ask_password() -> str:
    """Ask until the password is good and was typed twice; nothing means that it is to be a random one."""
    while password := getpass.getpass("  The administrator's password [a random one]: "):
        try:
            validate_password(password)
        except ValidationError as error:
            print("  " + " ".join(error.messages))
            continue
        if getpass.getpass("  The same again: ") == password:
            break
        print("  These two differ.")
    return password


def _load_sample() -> None:
    from repository.models import Community
    from repository.tasks import sweep_changes

    if not Community.objects.exists():
        print("  Loading the sample archive", flush=True)
        _run("load_sample")
        sweep_changes()  # the first visitor is to find it, by search too


if __name__ == "__main__":
    main()
