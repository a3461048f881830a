"""What the Handle server is and tells, as the configuration knows it; options of make-handle-config go before that."""

import ipaddress
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings

from identifiers import services
from identifiers.handle_server import folder
from identifiers.handle_server.server import Place

NOBODYS_PREFIX = "123456789"
DEFAULT_PORT, DEFAULT_HTTP_PORT = 2641, 8000


def where() -> Path:
    """Return the folder of the Handle server (`handle.dir`)."""
    return Path(settings.DSPACE.get("handle.dir") or "handle-server")


def place() -> Place:
    """Return where the server listens."""
    return Place(
        address=settings.DSPACE.get("handle.server.address") or "",
        port=settings.DSPACE.int("handle.server.port", DEFAULT_PORT),
        http_port=settings.DSPACE.int("handle.server.http-port", DEFAULT_HTTP_PORT),
    )


def own_address() -> str:
    """Return the IP address of `dspace.hostname`, 127.0.0.1 where it has none."""
    try:
        return str(socket.getaddrinfo(settings.DSPACE.get("dspace.hostname"), None)[0][4][0])
    except OSError:
        return "127.0.0.1"


def choices(given: Mapping[str, Any], address: str) -> folder.Choices:
    """Return what the world is told; ValueError when `address` is no IP address."""
    configured, listens = settings.DSPACE, place()
    name = given["organization"] or configured.get("dspace.name") or "DSpace"
    return folder.Choices(
        address=str(ipaddress.ip_address(address)),
        port=listens.port,
        http_port=listens.http_port,
        prefix=given["prefix"] or _assigned_prefix(),
        description=given["description"] or f"{name} Handle Server",
        organization=name,
        email=given["email"] or configured.get("mail.admin") or "",
        contact=given["contact"],
        phone=given["phone"],
        endpoints=tuple(given["endpoint"] or [f"{configured.get('dspace.url')}/handleresolver"]),
        endpoints_given=bool(given["endpoint"]),
    )


def _assigned_prefix() -> str:
    return folder.NO_PREFIX if services.prefix() == NOBODYS_PREFIX else services.prefix()
