"""Fixtures for all tests: a PostgreSQL to run on, and skips that .ci/run turns into failures."""

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from django.conf import settings
from django.db import connection

from dspace.embedded import postgres

TEST_DATABASE = "test_dspace"


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
