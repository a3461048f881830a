"""`db.url` in the forms that DSpace and PostgreSQL have for it."""

from pathlib import Path
from typing import Any

import pytest

from dspace.configuration import Configuration, ConfigurationError, Item
from dspace.database import database_settings, read_url


def configuration(**values: str) -> Configuration:
    """Keys given with _ for a dot."""
    return Configuration({key.replace("_", "."): [Item(value, "f:1")] for key, value in values.items()}, {})


@pytest.mark.parametrize(
    ("url", "host", "port", "name"),
    [
        ("jdbc:postgresql://localhost:5432/dspace", "localhost", "5432", "dspace"),
        ("jdbc:postgresql://db.example.org/dspace", "db.example.org", "5432", "dspace"),
        ("jdbc:postgresql:dspace", "localhost", "5432", "dspace"),
        ("jdbc:postgresql:///dspace", "localhost", "5432", "dspace"),
        ("postgresql://db:5433/ds%20pace", "db", "5433", "ds pace"),
        ("postgres://db/dspace", "db", "5432", "dspace"),
        ("postgresql://[2001:db8::1]:5433/dspace", "2001:db8::1", "5433", "dspace"),
        ("postgresql://%2Fvar%2Frun%2Fpostgresql/dspace", "/var/run/postgresql", "5432", "dspace"),
    ],
)
def test_each_form_names_host_port_and_database(url: str, host: str, port: str, name: str) -> None:
    result = database_settings(configuration(db_url=url, db_username="me", db_password="pw"), Path())

    assert (result["HOST"], result["PORT"], result["NAME"]) == (host, port, name)
    assert (result["USER"], result["PASSWORD"]) == ("me", "pw")


def test_user_and_password_in_the_url_come_before_the_keys() -> None:
    keys = {"db_username": "x", "db_password": "y"}
    for url in ("postgresql://me:p%40ss@db/dspace", "jdbc:postgresql://db/dspace?user=me&password=p%40ss"):
        result = database_settings(configuration(db_url=url, **keys), Path())
        assert (result["USER"], result["PASSWORD"]) == ("me", "p@ss")


@pytest.mark.parametrize("written", ["h1:1\\,h2:2", "h1:1,h2:2"])
def test_several_servers_may_be_named(tmp_path: Path, written: str) -> None:
    url = f"jdbc:postgresql://{written}/dspace?targetServerType=primary"
    (tmp_path / "dspace.cfg").write_text(f"db.url = {url}\n")

    result = database_settings(Configuration.load(tmp_path, {}), Path())

    assert (result["HOST"], result["PORT"]) == ("h1,h2", "1,2")
    assert result["OPTIONS"]["target_session_attrs"] == "read-write"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("ssl=true", {"sslmode": "require"}),
        ("ssl=true&sslmode=verify-full", {"sslmode": "verify-full"}),
        ("ApplicationName=repo&connectTimeout=5", {"application_name": "repo", "connect_timeout": "5"}),
        ("currentSchema=library", {"options": '-c search_path="library"'}),
    ],
)
def test_options_of_the_java_driver_are_translated(options: str, expected: dict[str, str]) -> None:
    result = database_settings(configuration(db_url=f"jdbc:postgresql://h/d?{options}"), Path())

    assert result["OPTIONS"] == {"application_name": "dspace"} | expected


def test_options_that_only_java_knows_are_left_out_and_told() -> None:
    url = read_url(configuration(db_url="jdbc:postgresql://h/d?prepareThreshold=0&sslmode=prefer"))

    assert url.ignored == ["prepareThreshold"]
    assert url.options == {"sslmode": "prefer"}


def test_a_schema_of_its_own_is_where_tables_are_looked_for() -> None:
    result = database_settings(configuration(db_url="postgresql://h/d", db_schema="dspace"), Path())

    assert result["OPTIONS"]["options"] == '-c search_path="dspace"'
    assert result["SCHEMA"] == "dspace"


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"db_url": "jdbc:oracle:thin:@//localhost:1521/xe"}, "db.url"),
        ({"db_url": "postgresql://host/"}, "db.url"),
        ({"db_url": "somewhere"}, "db.url"),
        ({"db_url": "postgresql://h:port/d"}, "db.url"),
        ({"db_url": "postgresql://h:99999/d"}, "db.url: 99999 is no port: they go from 1 to 65535"),
        ({"db_url": "jdbc:postgresql://h1:5432,h2:0/d"}, "db.url: 0 is no port"),
        ({"db_url": "postgresql://[::1]:" + "9" * 5000 + "/d"}, "db.url: 9999"),
        ({"db_url": "postgresql://h/d", "db_schema": 'x"; DROP'}, "db.schema"),
    ],
)
def test_what_is_no_postgresql_is_refused_with_its_line(values: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^f:1: {key}"):
        database_settings(configuration(**values), Path())


def test_without_a_url_the_embedded_server_is_used(tmp_path: Path) -> None:
    result = database_settings(configuration(db_url="", db_schema="ignored"), tmp_path)

    assert result["HOST"].startswith("/")
    assert "options" not in result["OPTIONS"]
