"""What the schedule runs: a command that says that something failed is a line of the log."""

from django.core.management import CommandError

from dspace import tasks


def test_a_command_that_ends_with_an_exit_code_is_one_line_and_no_crash(monkeypatch, caplog):
    def fail(name, *arguments):
        raise CommandError("", returncode=1)

    monkeypatch.setattr(tasks, "call_command", fail)
    tasks.run_command("doi-organiser", "-r", "-q")
    [record] = caplog.records
    assert record.getMessage() == "doi-organiser -r -q ended with exit code 1"
    assert not record.exc_info
