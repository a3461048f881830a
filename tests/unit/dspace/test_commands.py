"""The command line: DSpace's names and options, one line for an error."""

import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.core.management.base import CommandParser
from django.test import override_settings

import dspace
from common.commands import DSpaceCommand, progress
from dspace import command_line
from dspace.configuration import Configuration, Item

ROOT = Path(settings.BASE_DIR)


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    inherited = {name: value for name, value in os.environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"}  # Playwright
    return subprocess.run(
        command, cwd=ROOT, env={**inherited, **environ}, capture_output=True, text=True, timeout=60, check=False
    )


def output_of(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize(
    "program", [["manage.py", "version"], ["manage.py", "create-administrator"], ["-c", "import dspace.wsgi"]]
)
def test_a_wrong_configuration_is_one_line_and_exit_code_1_everywhere(tmp_path: Path, program: list[str]) -> None:
    local = tmp_path / "local.cfg"
    local.write_text("dspace.name = x\nhandle.prefix = ${nothing}\n")

    result = run(*program, DSPACE_LOCAL_CFG=str(local))

    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr == f"{local}:2: handle.prefix: unknown ${{nothing}}: no such key\n"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("identifier.doi.on_archive", "never", "'never' is not one of register, reserve, none"),
        ("identifier.doi.concurrency", "abc", "'abc' is not a whole number"),
        ("broker.url", "localhost:6379", "must be an address such as redis://localhost:6379/0"),
        ("db.url", "postgresql://localhost:99999/dspace", "99999 is no port: they go from 1 to 65535"),
    ],
)
@pytest.mark.parametrize("command", ["check", "doi-organiser"])
def test_a_value_that_can_not_be_meant_stops_every_command_before_it_begins(
    key: str, value: str, message: str, command: str
) -> None:
    variable = key.replace(".", "__P__")

    result = run("manage.py", command, **{variable: value})

    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == f"environment variable {variable}: {key}: {message}\n"


def test_check_names_the_line_of_the_schedule_that_runs_nothing(tmp_path: Path) -> None:
    local = tmp_path / "local.cfg"
    local.write_text("\nschedule.index-discovery = 0 1 * * * index-discover\n")

    result = run("manage.py", "check", DSPACE_LOCAL_CFG=str(local))

    assert result.returncode == 1
    named = "'index-discover' is neither a command of manage.py nor a task"
    assert f"(dspace.E001) {local}:2: schedule.index-discovery: {named}\n" in result.stderr
    assert "HINT: Did you mean index-discovery?" in result.stderr


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["version", "--version"])
def test_version_is_ours_and_tells_what_runs_here(name: str) -> None:
    result = run("manage.py", name)

    assert (result.returncode, result.stderr) == (0, "")
    assert re.search(r"PostgreSQL:  \d+\.\d+", result.stdout)
    assert f"DSpace version:  {dspace.__version__}\n" in result.stdout
    assert "Python:  3." in result.stdout
    assert "Django:  5." in result.stdout
    assert f"DSpace home:  {os.environ['DSPACE_VAR']}" in result.stdout


def test_without_a_command_the_commands_are_listed() -> None:
    result = run("manage.py")

    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("Usage: python manage.py [command-name] {parameters}")
    assert " - dsprop: View a property of the configuration\n" in result.stdout


def test_production_settings_are_clean() -> None:
    result = run(
        "manage.py", "check", "--deploy", "--fail-level", "WARNING",
        dspace__P__baseUrl="https://repository.example.org", dspace__P__hostname="repository.example.org",
    )  # fmt: skip

    assert result.returncode == 0, result.stderr


def test_dsprop_prints_values_as_dspace_does(capsys: pytest.CaptureFixture[str]) -> None:
    entries = {"a.b": [Item("x${c}", "f:1"), Item("z", "f:1")], "c": [Item("y", "f:2")]}
    with override_settings(DSPACE=Configuration(entries, {})):
        assert output_of("dsprop", "-p", "a.b") == "xy, z\n"
        assert output_of("dsprop", "-m", "a", "-p", "b") == "xy, z\n"
        assert output_of("dsprop", "--property", "a.b", "--raw") == "x${c}, z\n"
        assert output_of("dsprop", "-p", "nothing") == "\n"


def test_dsprop_shows_a_secret_only_when_asked_to() -> None:
    with override_settings(DSPACE=Configuration({"db.password": [Item("geheim", "f:1")]}, {})):
        assert output_of("dsprop", "-p", "db.password") == "********\n"
        assert output_of("dsprop", "-p", "db.password", "-r") == "********\n"
        assert output_of("dsprop", "-p", "db.password", "--show-secrets") == "geheim\n"


@pytest.mark.django_db
def test_database_test_and_info_tell_where_and_what_it_is() -> None:
    assert output_of("database", "test").endswith("Connected successfully!\n")
    told = output_of("database", "info")
    assert "Database software: PostgreSQL" in told
    assert "repository.0001_initial: done" in told
    assert told.endswith("The database is up to date.\n")


class Probe(DSpaceCommand):
    """A command with DSpace's -v, which fails as it is told."""

    help = "Probe"
    examples = "  manage.py probe-it -v"
    expected_errors = (KeyError,)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("-v", "--verbose", action="store_true")
        parser.add_argument("--version")

    def handle(self, *args: Any, **options: Any) -> None:
        if self.error:
            raise self.error
        self.stdout.write(f"verbose={options['verbose']}")

    error: Exception | None = None


def test_short_options_are_free_and_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    Probe().run_from_argv(["manage.py", "probe_it", "-v"])
    with pytest.raises(SystemExit):
        Probe().run_from_argv(["manage.py", "probe_it", "--help"])

    shown = capsys.readouterr().out
    assert shown.startswith("verbose=True\n")
    assert "usage: manage.py probe-it [-h] [-v]" in shown
    assert "examples:\n  manage.py probe-it -v" in shown
    assert "--settings" not in shown


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (CommandError("no such thing"), "no such thing"),
        (ValidationError(["one", "two"]), "one; two"),
        (FileNotFoundError(2, "No such file or directory", "x.xml"), "No such file or directory: x.xml"),
        (KeyError("field"), "'field'"),
        (ValidationError("spread\nover lines"), "spread over lines"),
    ],
)
def test_what_can_be_expected_to_go_wrong_is_one_line(
    capsys: pytest.CaptureFixture[str], error: Exception, line: str
) -> None:
    command = Probe(no_color=True)
    command.error = error

    with pytest.raises(SystemExit) as caught:
        command.run_from_argv(["manage.py", "probe_it"])

    assert caught.value.code == 1
    assert capsys.readouterr().err == line + "\n"


def test_a_wrong_option_is_one_line_and_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        Probe(no_color=True).run_from_argv(["manage.py", "probe_it", "--nonsense"])

    assert caught.value.code == 1
    assert capsys.readouterr().err == "Error: unrecognized arguments: --nonsense\n"


def test_a_bug_is_not_hidden() -> None:
    command = Probe()
    command.error = TypeError("a bug")

    with pytest.raises(TypeError):
        command.run_from_argv(["manage.py", "probe_it"])


def test_progress_is_silent_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("Importing", total=2) as advance:
        advance(2)

    assert capsys.readouterr() == ("", "")


def test_only_commands_that_need_it_start_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dspace.embedded.postgres.running", lambda var: f"PostgreSQL of {var}")
    with override_settings(DSPACE=Configuration({}, {})):
        assert command_line.database_for("import", ["-a"]) == f"PostgreSQL of {settings.VAR}"
        for command, arguments in (("import", ["--help"]), ("version", []), ("dsprop", ["-p", "x"]), ("help", ["x"])):
            assert not isinstance(command_line.database_for(command, arguments), str)
    with override_settings(DSPACE=Configuration({"db.url": [Item("postgresql://h/d", "f:1")]}, {})):
        assert not isinstance(command_line.database_for("import", ["-a"]), str)


def test_no_command_of_django_prints_passwords() -> None:
    with pytest.raises(CommandError, match="dsprop"):
        call_command("diffsettings")
