"""`version`: what runs here, for a report of a problem."""

import os
import platform
import socket
from typing import Any

import django
from django.conf import settings
from django.db import DatabaseError, connection

import dspace
from common.commands import DSpaceCommand

PATIENCE = 0.3  # seconds to wait for the database server: `version` is to answer at once


class Command(DSpaceCommand):
    """Prints versions and places."""

    help = "Show the version of DSpace and other information for troubleshooting"

    def handle(self, *args: Any, **options: Any) -> None:
        """One line for each fact, as DSpace's command has it."""
        system = platform.uname()
        facts = {
            "DSpace version": dspace.__version__,
            "OS": f"{system.system}({system.machine}) version {system.release}",
            "Applications": settings.DSPACE.get("dspace.url"),
            "Discovery": settings.SEARCH_BACKEND.rpartition(".")[2].removesuffix("Backend"),
            "Python": f"{platform.python_version()} ({platform.python_implementation()})",
            "Django": django.get_version(),
            "PostgreSQL": _postgresql_version(),
            "Configuration": settings.CONFIG_DIR,
            "DSpace home": settings.DSPACE.get("dspace.dir"),
        }
        for name, value in facts.items():
            self.stdout.write(f"{name:>15}:  {value}")


def _postgresql_version() -> str:
    """The server's version, or why it is not known."""
    database = settings.DATABASES["default"]
    if not _answers(database["HOST"], database["PORT"]):
        return "does not answer" if settings.DSPACE.get("db.url") else "embedded, not running"
    try:
        connection.ensure_connection()
        version = connection.connection.get_parameter_status("server_version")
        return f"{version}" if settings.DSPACE.get("db.url") else f"{version} (embedded)"
    except DatabaseError:
        return "can't be asked: see `manage.py database test`"


def _answers(hosts: str, ports: str) -> bool:
    """Whether one of the servers, or the server of the socket folder, takes connections."""
    for host, port in zip(hosts.split(","), ports.split(","), strict=True):
        try:
            if host.startswith("/"):
                with socket.socket(socket.AF_UNIX) as attempt:
                    attempt.connect(os.path.join(host, f".s.PGSQL.{port}"))  # noqa: PTH118 - a socket's address is a str
            else:
                socket.create_connection((host, int(port)), PATIENCE).close()
        except OSError:
            continue
        return True
    return False
