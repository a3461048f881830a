"""The command line: DSpace's command names, the list of commands, and a database for those that need one."""

from __future__ import annotations

import gc
import sys
from contextlib import AbstractContextManager, nullcontext
from itertools import groupby

from django.conf import settings

WITHOUT_DATABASE = {
    "check", "collectstatic", "compilemessages", "diffsettings", "dsprop", "findstatic", "make_handle_config",
    "makemessages", "version",
}  # fmt: skip


def main(argv: list[str]) -> None:
    """Run the command that `argv` names, hyphens as in DSpace; without a name, list the commands."""
    from django.core.management import execute_from_command_line

    program, command, arguments = argv[0], argv[1] if len(argv) > 1 else "help", argv[2:]
    if command in ("help", "-h", "--help") and not arguments:
        print(command_list())
        return
    command = "version" if command == "--version" else command  # Django would tell its own
    if not command.startswith("-"):
        command = command.replace("-", "_")
    from dspace.embedded.places import EmbeddedServerError

    # Commands make objects by the hundred thousand and hardly a cycle: to look for some takes a tenth of their time.
    gc.set_threshold(50_000, 20, 100)
    try:
        with database_for(command, arguments):
            if command == "version":
                _run_version([program, command, *arguments])
            else:
                execute_from_command_line([program, command, *arguments])
    except EmbeddedServerError as error:
        sys.exit(str(error))


def _run_version(argv: list[str]) -> None:
    """Our `version`; Django would answer with its own. It needs no app, so none is loaded."""
    from django.core.management import load_command_class

    load_command_class("dspace", "version").run_from_argv(argv)


def database_for(command: str, arguments: list[str]) -> AbstractContextManager[None]:
    """A context in which the embedded PostgreSQL runs, where the command needs one and `db.url` names no other."""
    is_help = command == "help" or not {"-h", "--help"}.isdisjoint(arguments)
    if is_help or command in WITHOUT_DATABASE or settings.DSPACE.get("db.url"):
        return nullcontext()
    from dspace.embedded.postgres import running

    return running(settings.VAR)


def command_list() -> str:
    """DSpace's commands with what they do, by the part they belong to; then those of Django."""
    import django
    from django.apps import apps
    from django.core.management import get_commands, load_command_class

    django.setup()
    ours = {config.name: config for config in apps.get_app_configs() if not config.name.startswith(("django.", "axes"))}
    commands = sorted((str(app), name) for name, app in get_commands().items())
    lines = ["Usage: python manage.py [command-name] {parameters}", "       python manage.py [command-name] --help"]
    for app, members in groupby((entry for entry in commands if entry[0] in ours), key=lambda entry: entry[0]):
        lines += ["", f"{ours[app].verbose_name}:"]
        for _, name in members:
            description = load_command_class(app, name).help.strip().split("\n")[0]
            lines.append(f" - {name.replace('_', '-')}: {description}")
    others = sorted(name for app, name in commands if app not in ours)
    return "\n".join([*lines, "", "Django's own: " + ", ".join(others)])
