"""What the commands of manage.py share: DSpace's short options, one clear line for an error, progress on a terminal."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist, PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, ProgrammingError, connections

INTERRUPTED = 130  # the exit code of a program that Ctrl-C ended
EXPECTED: tuple[type[Exception], ...] = (
    DatabaseError,
    ImproperlyConfigured,
    ObjectDoesNotExist,
    OSError,
    PermissionDenied,
    ValidationError,
)


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of the examples as they are written."""


class DSpaceCommand(BaseCommand):
    """A command as DSpace has it.

    `-v` and `--version` are free for the command's own use (`--verbosity` stays); `examples` is shown by `--help`;
    mistakes of the caller, and the exceptions named in `expected_errors`, end in one line on standard error and exit
    code 1, unless `--traceback` is given.
    """

    examples = ""
    expected_errors: tuple[type[Exception], ...] = ()
    requires_system_checks = ()  # `manage.py check` is a command of its own

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """The parser with the command's name as people type it, and its examples."""
        kwargs.setdefault("formatter_class", HelpFormatter)
        if self.examples:
            kwargs.setdefault("epilog", f"examples:\n{self.examples.strip(chr(10))}")
        return super().create_parser(prog_name, subcommand.replace("_", "-"), **kwargs)

    def add_base_argument(self, parser: CommandParser, *names: Any, **options: Any) -> None:
        """Django's own options: in their long form only, and out of the way of `--help`."""
        if "--version" not in names:
            long_names = [name for name in names if name.startswith("--")]
            parser.add_argument(*long_names, **{**options, "help": argparse.SUPPRESS})

    def run_from_argv(self, argv: list[str]) -> None:
        """Run the command line; an error is one line on standard error."""
        try:
            parser = self.create_parser(argv[0], argv[1])
            options = vars(parser.parse_args(argv[2:]))
            gc.freeze()  # no cycle is looked for in what is loaded by now
            self.execute(*options.pop("args", ()), **options)
        except CommandError as error:
            if "--traceback" in argv:
                raise
            if str(error):
                self.stderr.write(str(error))
            sys.exit(error.returncode)
        except KeyboardInterrupt:
            self.stderr.write("Interrupted.")
            sys.exit(INTERRUPTED)
        finally:
            connections.close_all()

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command; what can be expected to go wrong becomes a CommandError of one line."""
        try:
            return super().execute(*args, **options)
        except EXPECTED + self.expected_errors as error:
            raise CommandError(one_line(error)) from error


def one_line(error: Exception) -> str:
    """What an exception says, as one line for a person."""
    text = "; ".join(error.messages) if isinstance(error, ValidationError) else str(error)
    if isinstance(error, OSError) and error.strerror and error.filename:
        text = f"{error.strerror}: {error.filename}"
    message = " ".join(text.split()) or type(error).__name__
    if isinstance(error, ProgrammingError) and "does not exist" in message:
        message = message.partition(" LINE ")[0]  # behind it, PostgreSQL quotes the statement
        return f"{message} (is the database up to date? `manage.py database migrate` makes it so)"
    return message


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: 1 item, 2,000 items."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


@contextmanager
def progress(description: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error if that is a terminal; yields the function that advances it by some steps."""
    if not sys.stderr.isatty():
        yield lambda steps: None
        return
    from rich import progress as bars  # only here: takes 50 ms to import
    from rich.console import Console

    columns = [
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TextColumn("{task.fields[rate]}"),
        bars.TimeRemainingColumn(),
    ]
    with bars.Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(description, total=total, rate="")

        def advance(steps: int) -> None:
            bar.advance(task, steps)
            speed = bar.tasks[task].speed
            bar.update(task, rate=f"{speed:,.0f}/s" if speed else "")

        yield advance
