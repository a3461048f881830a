"""Fixtures for all tests: a PostgreSQL to run on, and skips that .ci/run turns into failures."""

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TypeVar

import psutil
import pytest
from django.conf import settings
from django.db import connection

from dspace.embedded import postgres
from oai.store import ahead
from tools.solr.install import SolrUnavailable
from tools.solr.server import running as solr_running

TEST_DATABASE = "test_dspace"
Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def _failed_if_skipped(report: Report) -> Report:
    """Where nothing may be skipped (.ci/run), a skipped test has failed."""
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("DSPACE_TESTS_MAY_SKIP") == "no":
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped, and may not be: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _failed_if_skipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _failed_if_skipped((yield))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[None]:
    """PostgreSQL is up: the embedded one of the tests' own var folder, or the one that db.url names."""
    if settings.DSPACE.get("db.url", ""):
        yield
        return
    var = Path(os.environ["DSPACE_VAR"])
    settings.DATABASES["default"].update(postgres.connection_settings(var))
    with postgres.running(var):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(postgres_server: None) -> None:
    """Give each run, and each worker of a run, a database of its own."""
    names = [TEST_DATABASE, os.environ["DSPACE_TEST_RUN"], os.environ.get("PYTEST_XDIST_WORKER", "")]
    settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = "_".join(filter(None, names))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: object) -> None:
    """Also drop what killed runs left behind."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [TEST_DATABASE + r"\_%"])
        for (name,) in cursor.fetchall():
            run = name.removeprefix(TEST_DATABASE + "_").split("_")[0]
            if run.isdigit() and not psutil.pid_exists(int(run)):
                cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(autouse=True)
def nothing_ahead() -> Iterator[None]:
    """No page read ahead, and no connection of the thread that reads it, outlives a test."""
    yield
    ahead.rest()


@pytest.fixture(scope="session")
def solr() -> Iterator[str]:
    """The address of the core of a real Solr. Tests share it: each begins with emptying it."""
    homes = Path(os.environ["DSPACE_VAR"]) / "solr"
    for home in homes.glob("*"):  # of killed runs
        if not psutil.pid_exists(int(home.name)):
            shutil.rmtree(home, ignore_errors=True)
    home = homes / str(os.getpid())
    try:
        with solr_running(home) as address:
            yield address
    except SolrUnavailable as reason:
        pytest.skip(f"needs Solr: {reason}")
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(autouse=True)
def fast_passwords(settings: object) -> None:
    """Hash passwords quickly: the real hasher is slow on purpose."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
