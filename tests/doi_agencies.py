"""DOI agencies for tests: a tiny DataCite of our own, the one in `shared/fakes`, and what goes wrong on the way there.

`Injector` is an HTTP server that passes requests on to an agency, unless a test told it of a fault. TINY needs nothing
else; `fake_datacite` starts the stand-in made from DataCite's published sources, as a process of its own.
"""

import base64
import http.client
import json
import re
import socket
import ssl
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from tests.shared import SHARED

USER, PASSWORD, PREFIX = "DSPACE.TEST", "secret", "10.5072"
LOCALHOST = "127.0.0.1"


@dataclass
class Request:
    """A request as it arrived; `path` percent-encoded as it was."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    """An answer as it leaves. `cut`: so many bytes of the body are sent, then the connection ends."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    length: bool = True
    cut: int | None = None
    pause: Callable[[], object] | None = None


RESET = "reset"  # the connection ends with an error
CUT_HEADERS = "cut headers"  # the connection ends before the headers do
SILENCE = "silence"  # nothing comes, until the test ends
DRIP = "drip"  # an answer that never ends, a byte at a time
DRIPPING_HEADERS = "dripping headers"  # the same, and it never comes to a body
Fault = Reply | str
Agency = Callable[[Request], Reply]


class Injector:
    """`faults` are taken one per request that `when` picks, in order; the last one stays when `for_ever`."""

    def __init__(self, agency: Agency) -> None:
        self.agency = agency
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        self.when: Callable[[Request], bool] = lambda request: True
        self.for_ever = False
        self.ended = threading.Event()

    def handle(self, request: Request) -> Fault:
        self.requests.append(request)
        if self.faults and self.when(request):
            return self.faults[0] if self.for_ever else self.faults.pop(0)
        return self.agency(request)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def log_message(self, *args: object) -> None:
        """Nothing: a test looks at Injector.requests."""

    def _any(self) -> None:
        injector: Injector = self.server.injector
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = injector.handle(Request(self.command, self.path, dict(self.headers), body))
        with suppress(OSError):
            if isinstance(fault, Reply):
                self._reply(fault)
            else:
                self._misbehave(fault, injector)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _any

    def _reply(self, reply: Reply) -> None:
        if reply.pause:
            reply.pause()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if not reply.length:
            self.close_connection = True
        elif reply.status != 204:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body[: reply.cut])
        if reply.cut is not None:
            self.close_connection = True

    def _misbehave(self, fault: str, injector: Injector) -> None:
        self.close_connection = True
        if fault == RESET:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        elif fault == CUT_HEADERS:
            self.wfile.write(b"HTTP/1.1 201 Created\r\nContent-Type: text/pl")
        elif fault == SILENCE:
            injector.ended.wait(20)
        elif fault in (DRIP, DRIPPING_HEADERS):
            length = b"Content-Length: 100000\r\n\r\n" if fault == DRIP else b"X-Drops: "
            self.wfile.write(b"HTTP/1.1 200 OK\r\n" + length)
            while not injector.ended.wait(0.01):
                self.wfile.write(b".")


class _Server(ThreadingHTTPServer):
    request_queue_size = 128


@contextmanager
def injecting(agency: Agency, tls: ssl.SSLContext | None = None) -> Iterator[tuple[Injector, str]]:
    """Serve an agency; yields the injector and its `host:port`, plain http unless `tls` is given."""
    injector = Injector(agency)
    server = _Server((LOCALHOST, 0), _Handler)
    server.injector = injector
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=[0.02], daemon=True)
    thread.start()
    try:
        yield injector, f"{LOCALHOST}:{server.server_address[1]}"
    finally:
        injector.ended.set()
        server.shutdown()
        server.server_close()


class Tiny:
    """DataCite for people who do everything right: `dois` is {DOI in lower case: {"state", "url", "xml"}}."""

    def __init__(self) -> None:
        self.dois: dict[str, dict[str, str]] = {}

    def __call__(self, request: Request) -> Reply:
        if request.headers.get("Authorization") != "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode():
            return Reply(401, b"Bad credentials")
        _, kind, doi = [*unquote(request.path).split("/", 2), ""][:3]
        if kind == "doi" and request.method == "POST":
            lines = dict(line.split("=", 1) for line in request.body.decode().splitlines())
            return self._change(lines["doi"], 201, url=unquote(lines["url"]), state="findable")
        if not doi.startswith(f"{PREFIX}/"):
            return Reply(403, b"Access is denied")
        return getattr(self, f"_{kind}")(request, doi.lower())

    def _change(self, doi: str, status: int, **changes: str) -> Reply:
        self.dois.setdefault(doi.lower(), {"state": "draft", "url": "", "xml": ""}).update(changes)
        return Reply(status, b"OK")

    def _doi(self, request: Request, doi: str) -> Reply:
        known = self.dois.get(doi)
        if known is None:
            return Reply(404, b"DOI not found")
        if request.method == "DELETE":
            return self._forget(doi, 200)
        return Reply(200, known["url"].encode()) if known["url"] else Reply(204)

    def _forget(self, doi: str, status: int) -> Reply:
        if self.dois[doi]["state"] != "draft":
            return Reply(405, b"Method not allowed")
        del self.dois[doi]
        return Reply(status)

    def _metadata(self, request: Request, doi: str) -> Reply:
        known = self.dois.get(doi)
        if request.method == "POST":
            shown = {"state": "findable"} if known and known["state"] == "registered" else {}
            return self._change(doi, 201, xml=request.body.decode(), **shown)
        if known is None:
            return Reply(404, b"DOI is unknown to MDS")
        if request.method == "DELETE":
            return self._change(doi, 200, state="registered")
        return Reply(200, known["xml"].encode())

    def _dois(self, request: Request, doi: str) -> Reply:
        known = self.dois.get(doi)
        if request.method == "PUT":
            attributes = json.loads(request.body)["data"]["attributes"]
            events = {"publish": {"state": "findable"}, "hide": {"state": "registered"}}
            changes = events.get(attributes.get("event"), {})
            changes = changes | ({"url": attributes["url"]} if "url" in attributes else {})
            if "xml" in attributes:
                changes = changes | {"xml": base64.b64decode(attributes["xml"]).decode()}
            self._change(doi, 0, **changes)
            return self._told(doi, 200 if known else 201)
        if known is None:
            return Reply(404, b'{"errors":[{"status":"404","title":"The resource does not exist."}]}')
        return self._forget(doi, 204) if request.method == "DELETE" else self._told(doi, 200)

    def _told(self, doi: str, status: int) -> Reply:
        known = self.dois[doi]
        body = {"data": {"id": doi, "type": "dois", "attributes": {"state": known["state"], "url": known["url"]}}}
        return Reply(status, json.dumps(body).encode())


class TinyEZID:
    """EZID by its API guide, for one shoulder: `dois` is {DOI: elements}."""

    def __init__(self, shoulder: str) -> None:
        self.shoulder = shoulder
        self.dois: dict[str, dict[str, str]] = {}

    def __call__(self, request: Request) -> Reply:
        if request.headers.get("Authorization") != "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode():
            return Reply(401, b"error: unauthorized")
        doi = unquote(request.path).removeprefix("/id/doi:")
        if not doi.startswith(self.shoulder):
            return Reply(403, b"error: forbidden")
        lines = [line.split(": ", 1) for line in request.body.decode().splitlines()]
        elements = {self.unescaped(name): self.unescaped(value) for name, value in lines}
        if (doi in self.dois) == (request.method == "PUT"):
            reason = "identifier already exists" if doi in self.dois else "no such identifier"
            return Reply(400, f"error: bad request - {reason}".encode())
        return getattr(self, f"_{request.method.lower()}")(doi, elements)

    @staticmethod
    def unescaped(text: str) -> str:
        return re.sub("%([0-9A-Fa-f]{2})", lambda match: chr(int(match[1], 16)), text)

    def _put(self, doi: str, elements: dict[str, str]) -> Reply:
        missing = {"datacite.creator", "datacite.title", "datacite.publisher", "datacite.publicationyear"} - set(
            elements
        )
        if missing and "datacite" not in elements:
            return Reply(400, f"error: bad request - missing mandatory element {min(missing)}".encode())
        self.dois[doi] = {"_status": "public"} | elements
        return Reply(201, f"success: doi:{doi.upper()} | ark:/b5072/x".encode())

    def _post(self, doi: str, elements: dict[str, str]) -> Reply:
        if elements.get("_status") == "reserved" and self.dois[doi]["_status"] != "reserved":
            return Reply(400, b"error: bad request - invalid identifier status change")
        self.dois[doi] |= elements
        return Reply(200, f"success: doi:{doi.upper()}".encode())

    def _get(self, doi: str, elements: dict[str, str]) -> Reply:
        lines = [f"{name}: {value}".replace("%", "%25").replace("\n", "%0A") for name, value in self.dois[doi].items()]
        return Reply(200, "\n".join([f"success: doi:{doi.upper()}", *lines]).encode())

    def _delete(self, doi: str, elements: dict[str, str]) -> Reply:
        if self.dois[doi]["_status"] != "reserved":
            return Reply(400, b"error: bad request - identifier status does not support deletion")
        del self.dois[doi]
        return Reply(200, f"success: doi:{doi.upper()}".encode())


def forward_to(port: int) -> Agency:
    """An agency that listens on a port of this machine."""

    def agency(request: Request) -> Reply:
        connection = http.client.HTTPConnection(LOCALHOST, port, timeout=20)
        try:
            connection.request(request.method, request.path, request.body or None, request.headers)
            response = connection.getresponse()
            return Reply(response.status, response.read())
        finally:
            connection.close()

    return agency


@contextmanager
def fake_datacite() -> Iterator[int]:
    """Run `shared/fakes/fake_datacite.py` as a process; yields its port. Mark the test with NEEDS_FAKE."""
    with socket.socket() as free:
        free.bind((LOCALHOST, 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, str(SHARED / "fakes" / "fake_datacite.py"), str(port)], stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(200):
            with suppress(OSError), socket.create_connection((LOCALHOST, port), timeout=1):
                break
            threading.Event().wait(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def state_of(port_or_agency: "int | Tiny | TinyEZID", doi: str) -> tuple[str, str] | None:
    """Return (state, URL) of a DOI as the agency has it, None when it has none."""
    if isinstance(port_or_agency, TinyEZID):
        held = port_or_agency.dois.get(doi)
        states = {"reserved": "draft", "unavailable": "registered", "public": "findable"}
        return (states[held["_status"]], held.get("_target", "")) if held else None
    if isinstance(port_or_agency, Tiny):
        known = port_or_agency.dois.get(doi.lower())
        return (known["state"], known["url"]) if known else None
    token = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    reply = forward_to(port_or_agency)(Request("GET", f"/dois/{doi}", {"Authorization": f"Basic {token}"}, b""))
    if reply.status == 404:
        return None
    attributes = json.loads(reply.body)["data"]["attributes"]
    return attributes["state"], attributes["url"] or ""


def document(title: str = "Waves", **changes: str) -> str:
    """A DataCite document without a DOI that DataCite accepts."""
    text = (
        '<resource xmlns="http://datacite.org/schema/kernel-4"><creators><creator><creatorName>Doe, Jane</creatorName>'
        f"</creator></creators><titles><title>{title}</title></titles><publisher>Example University</publisher>"
        "<publicationYear>2024</publicationYear>"
        '<resourceType resourceTypeGeneral="Text">Article</resourceType></resource>'
    )
    for name, value in changes.items():
        text = re.sub(f"<{name}>.*?</{name}>", value, text)
    return text
