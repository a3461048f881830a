"""The embedded PostgreSQL in the places and states that an institution may have it in."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from dspace.embedded import places, postgres
from tests.functional.instance import temporary_var

pytestmark = [pytest.mark.functional, pytest.mark.embedded]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has no right to run PostgreSQL itself")


@pytest.fixture
def var() -> Iterator[Path]:
    folder = temporary_var()
    yield folder
    shutil.rmtree(folder)


def query(var: Path, sql: str) -> str:
    settings = postgres.connection_settings(var)
    parameters = {"host": settings["HOST"], "port": settings["PORT"], "user": settings["USER"]}
    with closing(psycopg2.connect(dbname=settings["NAME"], **parameters)) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return str(cursor.fetchone()[0])


def test_it_keeps_every_commit_and_sorts_by_code_points(var: Path) -> None:
    with postgres.running(var):
        assert query(var, "SHOW fsync") == "on"
        assert query(var, "SHOW listen_addresses") == ""
        assert query(var, "SELECT string_agg(c, '' ORDER BY c) FROM unnest(ARRAY['ä', 'b', 'B', 'a']) c") == "Babä"
        assert query(var, "SELECT upper('ä')") == "Ä"


def test_only_its_account_can_reach_data_and_socket(var: Path) -> None:
    with postgres.running(var):
        cluster = postgres.find_cluster(var)
        for folder in (cluster.data, cluster.sockets):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_connection_settings_write_nothing(var: Path) -> None:
    postgres.connection_settings(var)
    assert list(var.iterdir()) == []


def test_users_within_users_keep_it_running_until_the_last_one_leaves(var: Path) -> None:
    with postgres.running(var):
        with postgres.running(var):
            pass
        assert query(var, "SELECT 1") == "1"
    with pytest.raises(psycopg2.OperationalError):
        query(var, "SELECT 1")


def test_data_of_another_major_version_is_refused_and_left_alone(var: Path) -> None:
    old = var / "postgresql" / "17"
    old.mkdir(parents=True)
    (old / "PG_VERSION").write_text("17\n")
    with pytest.raises(postgres.PostgresError, match=r"holds data of PostgreSQL 17.*brings PostgreSQL 18"):
        postgres.start(var)
    assert [path.name for path in (var / "postgresql").iterdir()] == ["17"]


def test_a_long_path_gets_a_short_socket_folder(var: Path) -> None:
    deep = var / ("x" * 60) / ("y" * 60)
    with postgres.running(deep):
        assert len(postgres.connection_settings(deep)["HOST"]) < 60
        assert query(deep, "SELECT 1") == "1"
    Path(postgres.connection_settings(deep)["HOST"]).rmdir()


@pytest.mark.parametrize("name", ["it's", "a,b", "two words", "Bücher"])
def test_a_path_may_have_spaces_commas_and_letters_of_all_kinds(var: Path, name: str) -> None:
    with postgres.running(var / name):
        assert query(var / name, "SELECT 1") == "1"
    sockets = Path(postgres.connection_settings(var / name)["HOST"])
    if sockets.parent == Path("/tmp"):
        sockets.rmdir()


def test_a_socket_folder_that_others_can_enter_is_refused(var: Path) -> None:
    folder = var / "socket"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(places.EmbeddedServerError, match="mode 0700"):
        places.make_private_folder(folder, owner=None)


def test_what_a_killed_initdb_left_is_replaced(var: Path) -> None:
    unfinished = var / "postgresql" / "18.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    with postgres.running(var):
        assert query(var, "SELECT 1") == "1"


@needs_root
def test_as_root_an_unreachable_folder_keeps_its_mode_and_the_data_go_elsewhere(
    var: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    private = var / "private"
    private.mkdir(mode=0o700)
    monkeypatch.setattr(postgres, "SYSTEM_STATE", var / "state")
    with postgres.running(private / "var"):
        assert query(private / "var", "SELECT 1") == "1"
        assert postgres.find_cluster(private / "var").home.is_relative_to(var / "state")
    message = capsys.readouterr().err
    assert f"can't reach {private / 'var'}: its data goes to {var / 'state'}" in message
    assert stat.S_IMODE(private.stat().st_mode) == 0o700

    moved = private.rename(var / "moved") / "var"
    with postgres.running(moved):
        assert postgres.find_cluster(moved).home.is_relative_to(var / "state")
    assert capsys.readouterr().err == ""


@needs_root
def test_as_root_without_any_reachable_place_it_says_what_to_do(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private = var / "private"
    private.mkdir(mode=0o700)
    monkeypatch.setattr(postgres, "SYSTEM_STATE", private / "state")
    with pytest.raises(postgres.PostgresError, match=r"can't reach .*chmod o\+x"):
        postgres.start(private / "var")
    assert stat.S_IMODE(private.stat().st_mode) == 0o700


def test_a_path_that_pg_ctl_would_break_on_is_refused(var: Path) -> None:
    with pytest.raises(postgres.PostgresError, match="quotes"):
        postgres.start(var / "$HOME")


@needs_root
def test_as_root_binaries_out_of_reach_are_copied_once(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "SYSTEM_STATE", var / "state")
    monkeypatch.setattr(postgres, "is_reachable", lambda path, account: "site-packages" not in str(path))
    for _ in range(2):
        with postgres.running(var / "instance"):
            assert query(var / "instance", "SELECT 1") == "1"
    assert len(list((var / "state" / "dspace-postgresql").iterdir())) == 1


def test_a_place_where_no_folder_can_be_made_is_one_clear_line() -> None:
    environ = {**os.environ, "DSPACE_VAR": "/dev/null/var"}
    run = subprocess.run(
        [sys.executable, "-m", "dspace.embedded.run"],
        cwd=places.REPOSITORY,
        env=environ,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    assert run.stderr.strip() == "/dev/null/var can't be made: Not a directory. DSPACE_VAR names another place."
