"""The Handle server: its ports opened, served until it is told to stop, and closed."""

from __future__ import annotations

import asyncio
import logging
import resource
import signal
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from identifiers.handle_server import keys
from identifiers.handle_server.http import HttpConnection
from identifiers.handle_server.lookups import Lookups, Read
from identifiers.handle_server.responder import Responder
from identifiers.handle_server.site import Site
from identifiers.handle_server.streams import Connections
from identifiers.handle_server.tcp import TcpConnection
from identifiers.handle_server.udp import UdpServer

log = logging.getLogger(__name__)

MOST_CONNECTIONS = 4_096
ACCEPTED_AT_ONCE = 32  # connections that one turn of the loop takes from each port
OTHER_FILES = 320  # that the process has open: its own, and connections that are taken and not yet counted, or closed
LOOKUP_THREADS = 2  # each has a database connection
BACKLOG = 1_024  # connections that wait in the system until they are taken


@dataclass(frozen=True)
class Place:
    """Where the server listens: an address, empty for all, a port for TCP and UDP, and one for HTTP (0: any free)."""

    address: str
    port: int
    http_port: int


@dataclass(frozen=True)
class House:
    """Whom it answers for: `read` looks handles up, in threads, those of these prefixes."""

    read: Read
    prefixes: list[str]
    site: Site
    key: keys.PrivateKey


def run(place: Place, house: House, *, ready: Callable[[int, int], None]) -> None:
    """Serve until SIGTERM or SIGINT; `ready` is told the two ports. Raises OSError for a port that can't be had."""

    async def main() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await serve(place, house, stop=stop, ready=ready)

    asyncio.run(main())


async def serve(place: Place, house: House, *, stop: asyncio.Event, ready: Callable[[int, int], None]) -> None:
    """Serve until `stop` is set, then finish the answers that are being made."""
    loop = asyncio.get_running_loop()
    connections = Connections(_most_connections())
    with ThreadPoolExecutor(LOOKUP_THREADS, "lookup") as pool, ThreadPoolExecutor(1, "signing") as signing:
        find = Lookups(house.read, pool, threads=LOOKUP_THREADS).find
        responder = Responder(find=find, prefixes=house.prefixes, site=house.site, key=house.key, signing=signing)
        tcp, udp, http = _sockets(place)
        _, datagrams = await loop.create_datagram_endpoint(lambda: UdpServer(responder), sock=udp)
        at_once = ACCEPTED_AT_ONCE
        servers = [
            await loop.create_server(lambda: TcpConnection(connections, responder), sock=tcp, backlog=at_once),
            await loop.create_server(lambda: HttpConnection(connections, responder), sock=http, backlog=at_once),
        ]
        for listening in (tcp, http):  # again: asyncio has one number for both, what waits and what a turn takes
            listening.listen(BACKLOG)
        watch = loop.create_task(connections.watch())
        ready(tcp.getsockname()[1], http.getsockname()[1])
        await stop.wait()
        for server in servers:
            server.close()
        await asyncio.gather(datagrams.close(), connections.close())
        watch.cancel()


def _sockets(place: Place) -> tuple[socket.socket, socket.socket, socket.socket]:
    tcp = _bind(place.address, place.port, socket.SOCK_STREAM)
    udp = _bind(place.address, tcp.getsockname()[1], socket.SOCK_DGRAM)
    return tcp, udp, _bind(place.address, place.http_port, socket.SOCK_STREAM)


def _bind(address: str, port: int, kind: socket.SocketKind) -> socket.socket:
    """Return a bound socket; without an address it takes IPv6 and IPv4. Raises OSError."""
    if not address:
        with suppress(OSError):
            return _bound(socket.AF_INET6, "::", port, kind)
    family, *_, where = socket.getaddrinfo(address or "0.0.0.0", port, type=kind)[0]  # noqa: S104 - meant for the world
    return _bound(family, where[0], port, kind)


def _bound(family: int, address: Any, port: int, kind: socket.SocketKind) -> socket.socket:
    bound = socket.socket(family, kind)
    try:
        if kind == socket.SOCK_STREAM:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(address != "::"))
        bound.bind((address, port))
        bound.setblocking(False)
    except (OSError, OverflowError) as error:
        bound.close()
        raise OSError(f"port {port} of {address} can't be used: {error}") from error
    return bound


def _most_connections() -> int:
    """Return how many connections there may be, after asking for as many open files as the system gives."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + OTHER_FILES
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(soft - OTHER_FILES, 1) if soft < wanted else MOST_CONNECTIONS
