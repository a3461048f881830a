"""Where the database is: `db.url` and its companions as Django's DATABASES entry."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

from dspace.configuration import Configuration

URL = re.compile(r"(?:jdbc:)?postgres(?:ql)?:(?://(?:([^@/?]*)@)?([^/?]*)/)?([^?]*)(?:\?(.*))?")
SCHEMA = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
LAST_PORT = 65535
LIBPQ_OPTIONS = {
    "connect_timeout", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
    "sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "channel_binding", "gssencmode",
    "target_session_attrs", "application_name", "options", "passfile", "service",
}  # fmt: skip
# Options of PostgreSQL's Java driver by the name that libpq has for them.
JAVA_OPTIONS = {
    "ApplicationName": "application_name",
    "connectTimeout": "connect_timeout",
    "loginTimeout": "connect_timeout",
    "targetServerType": "target_session_attrs",
}
JAVA_SERVER_TYPES = {"primary": "read-write", "master": "read-write", "any": "any"}


class DatabaseUrl(NamedTuple):
    """The parts of `db.url`; `ignored` are options that only the Java driver knows."""

    host: str
    port: str
    name: str
    user: str
    password: str
    schema: str
    options: dict[str, str]
    ignored: list[str]


def database_settings(configuration: Configuration, var: Path) -> dict[str, Any]:
    """Django's entry for the database: the one `db.url` names, else the embedded one of `var`.

    Raises ConfigurationError.
    """
    common = {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 600,  # seconds; a web worker keeps one connection for each thread
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": configuration.bool("db.pgbouncer"),
    }
    if not configuration.get("db.url"):
        from dspace.embedded.postgres import connection_settings  # not needed with a server of your own

        return {**common, **connection_settings(var), "OPTIONS": {"application_name": "dspace"}}
    url = read_url(configuration)
    schema = configuration.get("db.schema") or url.schema
    return {
        **common,
        "HOST": url.host,
        "PORT": url.port,
        "NAME": url.name,
        "USER": url.user or configuration.get("db.username") or "",
        "PASSWORD": url.password or configuration.get("db.password") or "",
        "OPTIONS": {"application_name": "dspace", **url.options, **_search_path(configuration, schema)},
        "SCHEMA": schema,  # ours, for `database migrate`; Django does not read it
    }


def read_url(configuration: Configuration) -> DatabaseUrl:
    """The parts of `db.url`, in the form of JDBC or of libpq. Raises ConfigurationError."""
    # Several hosts are separated by commas, which `get` would take for a list.
    text = ",".join(configuration.list("db.url"))
    match = URL.fullmatch(text)
    if not match or not match[3]:
        raise configuration.error(
            "db.url", "must be jdbc:postgresql://host:port/name or postgresql://host:port/name (PostgreSQL only)"
        )
    user, _, password = (match[1] or "").partition(":")
    hosts = [_host_and_port(configuration, part) for part in (match[2] or "localhost").split(",")]
    given = dict(parse_qsl(match[4] or "", keep_blank_values=True))
    options, ignored = _options(given)
    return DatabaseUrl(
        host=",".join(host for host, _ in hosts),
        port=",".join(port for _, port in hosts),
        name=unquote(match[3]),
        user=given.get("user", unquote(user)),
        password=given.get("password", unquote(password)),
        schema=given.get("currentSchema", ""),
        options=options,
        ignored=ignored,
    )


def _host_and_port(configuration: Configuration, text: str) -> tuple[str, str]:
    """Split `host:port`; the host may be an IPv6 address in brackets, or a socket folder with %2F for /."""
    match = re.fullmatch(r"\[([^\]]*)\](?::([0-9]*))?|([^:]*)(?::([0-9]*))?", text)
    if not match:
        raise configuration.error("db.url", "a server is host:port, with a number for the port")
    port = match[2] or match[4] or "5432"
    if len(port) > len(str(LAST_PORT)) or not 0 < int(port) <= LAST_PORT:
        raise configuration.error("db.url", f"{port} is no port: they go from 1 to {LAST_PORT}")
    return unquote(match[1] or match[3] or "localhost"), port


def _options(given: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """libpq's options for those of a URL, and the names of those that have no meaning here."""
    options: dict[str, str] = {}
    ignored = []
    for name, value in given.items():
        libpq_name = JAVA_OPTIONS.get(name, name)
        if name == "targetServerType":
            value = JAVA_SERVER_TYPES.get(value, "any")
        if name == "ssl":
            options.setdefault("sslmode", "disable" if value == "false" else "require")
        elif libpq_name in LIBPQ_OPTIONS:
            options[libpq_name] = value
        elif name not in ("user", "password", "currentSchema"):
            ignored.append(name)
    return options, ignored


def _search_path(configuration: Configuration, schema: str) -> dict[str, str]:
    if schema in ("", "public"):
        return {}
    if not SCHEMA.fullmatch(schema):
        raise configuration.error("db.schema", "a schema's name has letters, digits and _ only")
    return {"options": f'-c search_path="{schema}"'}
