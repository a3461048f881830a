"""A Handle server in this process, on free ports, with handles of its own or those of the database."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dspace.configuration import Configuration, Item
from identifiers.handle_server import folder, server
from identifiers.handle_server.keys import PrivateKey
from identifiers.handle_server.lookups import Read
from identifiers.handle_server.protocol import Envelope, Message
from identifiers.handle_server.site import Site
from identifiers.handle_server.values import values_of

PREFIX = "10673"
LOCALHOST = "127.0.0.1"


@dataclass
class Running:
    """A server that runs: its ports, site and folder."""

    port: int
    http_port: int
    site: Site
    folder: Path
    stop: Callable[[], None]
    sockets: list[socket.socket] = field(default_factory=list)

    def connect(self, port: int | None = None) -> socket.socket:
        """A connection over TCP; closed when the test ends."""
        self.sockets.append(socket.create_connection((LOCALHOST, port or self.port), timeout=10))
        return self.sockets[-1]

    def datagrams(self) -> socket.socket:
        """A socket for UDP to the server; closed when the test ends."""
        self.sockets.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.sockets[-1].settimeout(10)
        self.sockets[-1].connect((LOCALHOST, self.port))
        return self.sockets[-1]


def choices(port: int = 2641, http_port: int = 8000, **changes: object) -> folder.Choices:
    given = {
        "address": LOCALHOST,
        "port": port,
        "http_port": http_port,
        "prefix": PREFIX,
        "description": "Handles of a test",
        "organization": "Example University",
        "email": "handles@example.org",
        "endpoints": ("https://repo.example.org/handleresolver",),
        **changes,
    }
    return folder.Choices(**given)


def exists_unless_absent(handles: list[str]) -> dict[str, object]:
    """Every handle exists but those that end in /absent."""
    return {
        handle: values_of(handle, f"https://repo.example.org/handle/{handle}", 1)
        for handle in handles
        if not handle.endswith("/absent")
    }


@pytest.fixture
def configure(settings: object) -> Callable[[dict[str, str]], None]:
    """A function that sets keys of the configuration; values are separated by commas."""

    def configure(values: dict[str, str]) -> None:
        items = {key: [Item(part, "local.cfg:1") for part in text.split(",")] for key, text in values.items()}
        settings.DSPACE = Configuration({**settings.DSPACE.entries, **items}, settings.DSPACE.environ)

    return configure


@pytest.fixture(scope="session")
def handle_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with keys, made once: making them takes a second."""
    made = tmp_path_factory.mktemp("handle") / "server"
    folder.write(made, choices())
    return made


@pytest.fixture
def start(handle_folder: Path) -> Iterator[Callable[..., Running]]:
    """A function that starts a server which looks handles up with `read`."""
    with ExitStack() as stack:

        def start(read: Read = exists_unless_absent) -> Running:
            return stack.enter_context(serving(handle_folder, read))

        yield start


@contextmanager
def serving(where: Path, read: Read = exists_unless_absent) -> Iterator[Running]:
    """A server that looks handles up with `read`."""
    site, key = folder.load(where)
    running = _start(read, site, key, where)
    try:
        yield running
    finally:
        for opened in running.sockets:
            opened.close()
        running.stop()


def _start(read: Read, site: Site, key: PrivateKey, where: Path) -> Running:
    ports: list[int] = []
    loops: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
    is_ready = threading.Event()

    async def main() -> None:
        stop = asyncio.Event()
        loops.append((asyncio.get_running_loop(), stop))

        def ready(*found: int) -> None:
            ports.extend(found)
            is_ready.set()

        house = server.House(read=read, prefixes=[PREFIX], site=site, key=key)
        await server.serve(server.Place(LOCALHOST, 0, 0), house, stop=stop, ready=ready)

    thread = threading.Thread(target=asyncio.run, args=[main()], daemon=True)
    thread.start()
    assert is_ready.wait(10)

    def stop() -> None:
        loop, event = loops[0]
        if thread.is_alive():
            loop.call_soon_threadsafe(event.set)
        thread.join(10)
        assert not thread.is_alive()

    return Running(ports[0], ports[1], site, where, stop)


@pytest.fixture
def running(start: Callable[..., Running]) -> Running:
    """A server of handles that exist unless they end in /absent."""
    return start()


@pytest.fixture(scope="module")
def module_server(handle_folder: Path) -> Iterator[Running]:
    """A server for many examples."""
    with serving(handle_folder) as server:
        yield server


def request(message: Message, request_id: int = 7, **changes: object) -> bytes:
    """A message as it goes over a stream, and over UDP when it is short."""
    data = message.encode()
    given = {"version": (2, 11), "request_id": request_id, "length": len(data), "suggested": (2, 11), **changes}
    return Envelope(**given).encode() + data


def receive(connection: socket.socket, size: int) -> bytes:
    """So many bytes, fewer when the connection ends."""
    data = b""
    while len(data) < size and (piece := connection.recv(size - len(data))):
        data += piece
    return data


def answer(connection: socket.socket) -> tuple[Envelope, Message]:
    """The next message of a stream."""
    envelope = Envelope.decode(receive(connection, Envelope.SIZE))
    return envelope, Message.decode(receive(connection, envelope.length))
