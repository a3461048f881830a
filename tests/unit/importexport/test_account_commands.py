"""`create-administrator`, `user`, `registry-loader`, `cleanup`: DSpace's options do what they say."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from repository.authorize import actor_for
from repository.models import BitstreamFormat, EPerson, MetadataField
from tests.unit.importexport.conftest import Ran

Run = Callable[..., Ran]
PASSWORD = "correct horse battery staple"


def test_an_administrator_is_created_and_can_log_in(run: Run) -> None:
    ran = run("create-administrator", "-e", "Ada@Example.org", "-f", "Ada", "-l", "Byron", "-c", "en", "-p", PASSWORD)
    assert ran.failed is None
    person = EPerson.objects.get(email="ada@example.org")
    assert person.check_password(PASSWORD)
    assert actor_for(person).is_admin
    assert person.full_name == "Ada Byron"


def test_an_existing_account_is_made_an_administrator(run: Run) -> None:
    run("user", "--add", "-m", "ada@example.org", "-g", "A", "-s", "B", "-p", "another long password")
    assert not actor_for(EPerson.objects.get()).is_admin
    run("create-administrator", "-e", "ada@example.org", "-f", "Ada", "-l", "B", "-p", PASSWORD)
    person = EPerson.objects.get()
    assert actor_for(person).is_admin
    assert person.check_password(PASSWORD)


def test_a_weak_password_or_a_wrong_address_creates_nobody(run: Run) -> None:
    assert run("create-administrator", "-e", "a@example.org", "-f", "A", "-l", "B", "-p", "12345").failed
    assert "not an e-mail" in run("create-administrator", "-e", "nobody", "-f", "A", "-l", "B", "-p", PASSWORD).failed
    assert EPerson.objects.count() == 0


def test_without_a_terminal_what_is_missing_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert "--first, --last, --password" in run("create-administrator", "-e", "a@example.org").failed


def test_on_a_terminal_what_is_missing_is_asked_for(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO("ada@example.org\nAda\nByron\n")
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    typed = iter(["one " + PASSWORD, "two " + PASSWORD, PASSWORD, PASSWORD])
    monkeypatch.setattr("sys.stdin", terminal)
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(typed))
    ran = run("create-administrator")
    assert ran.failed is None
    assert "differ" in ran.err
    assert EPerson.objects.get(email="ada@example.org").check_password(PASSWORD)


def test_an_account_is_added_changed_listed_and_deleted(run: Run) -> None:
    options = ["-m", "ada@example.org", "-g", "Ada", "-s", "Byron", "-t", "123", "-l", "en", "-n", "ada1"]
    assert "Created EPerson" in run("user", "-a", *options, "-c", "true", "-p", PASSWORD).out
    person = EPerson.objects.get()
    assert person.require_certificate
    assert person.md.values("eperson.phone", "eperson.language") == ["123", "en"]
    changes = ["-i", "byron@example.org", "-I", "b1", "-C", "false", "-c", "false", "-s", "King"]
    assert "Modified EPerson" in run("user", "-M", "-n", "ada1", *changes).out
    person = EPerson.objects.get()
    assert (person.email, person.netid, person.can_log_in, person.require_certificate) == (
        "byron@example.org",
        "b1",
        False,
        False,
    )
    assert f"{person.pk}\tbyron@example.org/b1\tKing, Ada" in run("user", "-L").out
    assert "No changes" in run("user", "--modify", "--email", "byron@example.org").out
    assert "Deleted EPerson" in run("user", "--delete", "-m", "byron@example.org").out
    assert EPerson.objects.count() == 0


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["-a", "-m", "a@example.org"], "--password"),
        (["-d", "-m", "nobody@example.org"], "no such EPerson"),
        (["-M", "-g", "A"], "--email or --netid"),
        (["-a", "-d"], "not allowed with"),
        ([], "required"),
    ],
)
def test_an_account_command_that_cannot_be_meant_says_so(run: Run, arguments: list[str], reason: str) -> None:
    assert reason in run("user", *arguments).failed


def test_fields_and_formats_are_added_once(run: Run, tmp_path: Path) -> None:
    fields = tmp_path / "fields.xml"
    fields.write_text(
        "<dspace-dc-types><dc-schema><name>house</name><namespace>urn:house</namespace></dc-schema>"
        "<dc-type><schema>house</schema><element>shelf</element></dc-type>"
        "<dc-type><schema>dc</schema><element>title</element></dc-type></dspace-dc-types>"
    )
    assert "1 of 2" in run("registry-loader", "-metadata", fields).out
    assert "0 of 2" in run("registry-loader", "-metadata", fields).out
    assert MetadataField.objects.filter(schema__prefix="house", element="shelf").count() == 1
    formats = tmp_path / "formats.xml"
    formats.write_text(
        "<dspace-bitstream-types><bitstream-type><mimetype>application/x-knot</mimetype>"
        "<short_description>Knot</short_description><description>A knot</description><support_level>1</support_level>"
        "<internal>false</internal><extension>knot</extension></bitstream-type></dspace-bitstream-types>"
    )
    assert "1 of 1" in run("registry-loader", "-bitstream", formats).out
    assert BitstreamFormat.objects.get(short_description="Knot").extensions == ["knot"]


@pytest.mark.parametrize("document", ["<dspace-dc-types>", "<other/>", "<dspace-dc-types><dc-type/></dspace-dc-types>"])
def test_a_bad_registry_is_refused_in_one_line(run: Run, tmp_path: Path, document: str) -> None:
    (tmp_path / "bad.xml").write_text(document)
    failed = run("registry-loader", "-metadata", tmp_path / "bad.xml").failed
    assert "bad.xml" in failed
    assert "\n" not in failed
