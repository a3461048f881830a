"""Asking another server over HTTP: what is sent goes where it should, and what comes back is bounded.

TLS is verified against the system's certificates, and no setting turns that off; plain http goes to this machine only.
No redirect is followed, no proxy or password file of the environment is used, every wait has an end, answers are capped
in size. Credentials are sent with the first request, and stand in no message, repr or log.
"""

import base64
import ipaddress
import json
import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from html.entities import codepoint2name
from http import HTTPStatus
from http.client import HTTPException
from threading import Timer
from urllib.parse import urlsplit

import urllib3
from urllib3 import exceptions
from urllib3.connection import HTTPConnection, HTTPSConnection

MAX_BYTES = 1024 * 1024
TIMEOUT = 30.0  # seconds: to connect, for each piece of an answer, for all its headers, and for its whole body
_PIECE = 64 * 1024
_HTTP_1_1 = 11
_QUICK_ACK = getattr(socket, "TCP_QUICKACK", None)
_SHOWN = 300  # characters of an answer that a message repeats
HIDDEN = "********"
_WIDEST = len("&#x000010ffff;")  # characters that a letter of a secret may be written with
_ENTITIES = {**codepoint2name, ord("'"): "apos"}
_OF_URLS = {"+": "-", "/": "_"}  # the letters of base64 in URLs (RFC 4648, section 5)
_OBJECT = re.compile(r"<[^<>]* at 0x[0-9a-f]+>:? ?|\b_?(?:HTTP|Impatient)\w*\([^()]*\): ?")


class AddressRefused(ValueError):
    """An address that nothing is sent to: neither https nor this machine, or with a password in it."""


class Unreachable(Exception):
    """No whole answer came: refused, timed out, broken TLS, cut off, too large. The message names the server."""


class NotConnected(Unreachable):
    """There was nobody to send anything to: no such host, refused, no connection in time, no TLS to be trusted."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. `reason` is one line for people about its status and what the body begins with."""

    status: int
    body: bytes
    reason: str


class _ConnectFailed(Exception):
    """Tells what happens while connecting from what happens later, which the library gives the same names."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


class _Impatient(HTTPConnection):
    """Ends when the headers of an answer take too long, however many pieces they come in."""

    _is_cut = False

    def connect(self) -> None:
        """Connect, with TLS where there is some. Raises _ConnectFailed."""
        try:
            super().connect()
        except (exceptions.HTTPError, OSError) as error:
            raise _ConnectFailed(error) from error

    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]  # as that of urllib3 itself
        """Return the answer with its headers read."""
        timer = Timer(self.timeout or TIMEOUT, self._cut)
        timer.daemon = True
        timer.start()
        self._acknowledge()
        try:
            response = super().getresponse()
        except (HTTPException, OSError) as error:
            if self._is_cut:
                raise TimeoutError("no headers came") from error
            raise
        finally:
            timer.cancel()
        if self._is_cut:  # the library takes the end of the connection for the end of the headers
            raise TimeoutError("the headers of the answer did not end")
        return response

    def _acknowledge(self) -> None:
        """Acknowledge what comes at once: a server that sends headers and body apart waits 40 ms for it (Linux)."""
        if _QUICK_ACK and self.sock is not None:
            self.sock.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)

    def _cut(self) -> None:
        self._is_cut = True
        if self.sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


class _ImpatientHTTPS(_Impatient, HTTPSConnection):
    """The same over TLS."""


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Impatient


class _HTTPSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _ImpatientHTTPS


class Client:
    """Asks one server, keeping up to `connections` open; for use by several threads.

    `address` is `scheme://host[:port]`; `timeout` in seconds, `max_bytes` of an answer. Raises AddressRefused.
    """

    def __init__(
        self,
        address: str,
        *,
        user: str = "",
        password: str = "",
        timeout: float = TIMEOUT,
        max_bytes: int = MAX_BYTES,
        connections: int = 64,  # as many as there may ever be calls at a time
    ) -> None:
        self.address = checked_address(address)
        self._timeout, self._max_bytes = timeout, max_bytes
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        has_account = bool(user or password)
        # The token first: the password may be part of it.
        self._secrets = [_token_pattern(token)] if has_account else []
        self._secrets += [_pattern(password)] if password else []
        self._longest_secret = _WIDEST * len(token) if has_account else 0
        self._headers = {"Authorization": f"Basic {token}"} if has_account else {}
        self._headers |= {"User-Agent": "DSpace", "Accept-Encoding": "identity"}
        self._pool = urllib3.PoolManager(
            num_pools=1,
            maxsize=connections,
            block=False,
            retries=False,
            timeout=urllib3.Timeout(connect=timeout, read=timeout),
            ssl_context=ssl.create_default_context() if self.address.startswith("https:") else None,
        )

        self._pool.pool_classes_by_scheme = {"http": _Pool, "https": _HTTPSPool}

    def request(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a request to `path`, which is percent-encoded, and return the answer, whatever its status.

        Raises Unreachable.
        """
        try:
            response = self._pool.request(
                method,
                self.address + path,
                body=body,
                headers=self._headers | dict(headers or {}),
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
            try:
                content = self._read(response)
            except BaseException:
                response.close()
                raise
            response.release_conn()
        except _ConnectFailed as failed:
            raise NotConnected(f"{self.address}: {_unconnected(failed.error, self.hidden)}") from failed.error
        except (exceptions.HTTPError, OSError) as error:
            what = "no answer in time" if isinstance(error, exceptions.TimeoutError) else "no whole answer"
            raise Unreachable(f"{self.address}: {what} ({_said(error, self.hidden)})") from error
        return Answer(response.status, content, _reason(response.status, self._beginning(content)))

    def hidden(self, text: str) -> str:
        """Return the text, of which nothing has been cut off yet, without the credentials."""
        for secret in self._secrets:
            text = secret.sub(HIDDEN, text)
        return text

    def _beginning(self, content: bytes) -> str:
        """Return what an answer begins with, without the credentials, and without a part of one where it is cut."""
        text = self.hidden(content[:_PIECE].decode(errors="replace"))
        return text if len(content) <= _PIECE else text[: max(len(text) - self._longest_secret, 0)]

    def __repr__(self) -> str:
        return f"<Client of {self.address}>"

    def _read(self, response: urllib3.BaseHTTPResponse) -> bytes:
        """Return the whole body: no more than it may have, in no longer than it may take, piece by piece or not."""
        if not _says_where_it_ends(response):
            raise Unreachable(f"{self.address}: the answer ends in its headers")
        end = time.monotonic() + self._timeout
        content = b""
        while piece := response.read1(_PIECE):
            content += piece
            if len(content) > self._max_bytes:
                raise Unreachable(f"{self.address}: the answer is larger than {self._max_bytes} bytes")
            if time.monotonic() > end:
                raise Unreachable(f"{self.address}: the answer did not end within {self._timeout:g} seconds")
        return content


def checked_address(address: str) -> str:
    """Return `scheme://host[:port]` without a slash at its end. Raises AddressRefused."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # it repeats what may be a password in the wrong place
        raise AddressRefused("not an address such as https://agency.example.org") from None
    if not host or parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise AddressRefused("an address is a scheme and a host, such as https://agency.example.org")
    if parts.path.strip("/"):
        raise AddressRefused(f"{host}: the path has a setting of its own")
    if parts.scheme == "http" and not _is_this_machine(host):
        raise AddressRefused(f"{host}: passwords go over https only")
    if parts.scheme not in ("http", "https"):
        raise AddressRefused(f"{parts.scheme or 'no scheme'}: neither https nor http")
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}{f':{port}' if port else ''}"


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _says_where_it_ends(response: urllib3.BaseHTTPResponse) -> bool:
    """Whether a cut answer could be told from a whole one (RFC 9112, section 6.3); up to HTTP/1.0 none could."""
    headers = response.headers
    told = (
        "Content-Length" in headers
        or "Transfer-Encoding" in headers
        or "close" in headers.get("Connection", "").lower()
    )
    return told or response.status == HTTPStatus.NO_CONTENT or response.version < _HTTP_1_1


def _pattern(secret: str) -> re.Pattern[str]:
    """Return what finds a secret as a server may repeat it: as it is, in JSON, in HTML, in a URL, letter by letter.

    Which letters are escaped, and how, differs from one program to the next, so each may be.
    """
    return re.compile("".join(map(_escaped, secret)))


def _token_pattern(token: str) -> re.Pattern[str]:
    """Return what finds a secret in base64, with the letters for URLs too, and without the signs that fill it up."""
    ways = [f"(?:{_escaped(each)}|{_OF_URLS[each]})" if each in _OF_URLS else each for each in token.rstrip("=")]
    return re.compile(f"{''.join(ways)}{_escaped('=')}{{0,2}}")


def _escaped(letter: str) -> str:
    """Return a pattern of the ways to write a letter."""
    if letter.isascii() and letter.isalnum():
        return letter
    units, number = letter.encode("utf-16-be"), ord(letter)
    ways = [
        "".join(rf"\\u{_hexadecimal(units[i : i + 2].hex())}" for i in range(0, len(units), 2)),
        "".join(f"%{_hexadecimal(f'{octet:02x}')}" for octet in letter.encode()),
        f"&#0{{0,4}}{number};",
        f"&#[xX]0{{0,4}}{_hexadecimal(f'{number:x}')};",
        f"&{_ENTITIES[number]};" if number in _ENTITIES else "",
        r"\+" if letter == " " else "",
        re.escape(json.dumps(letter, ensure_ascii=False)[1:-1]),  # a line end, say
        rf"\\{re.escape(letter)}",
        re.escape(letter),
    ]
    # Each but once: of two that match the same, a text that ends before the secret does would be tried with both.
    return f"(?:{'|'.join(dict.fromkeys(filter(None, ways)))})"


def _hexadecimal(digits: str) -> str:
    """Return a pattern of hexadecimal digits in both cases."""
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in digits)


def _unconnected(error: Exception, hidden: Callable[[str], str]) -> str:
    """Return why there is no connection; what the library says of it comes last."""
    said = _said(error, hidden)
    if isinstance(error, ssl.SSLError | exceptions.SSLError):
        return f"its certificate or encryption can't be trusted ({said})"
    if isinstance(error, exceptions.NewConnectionError):  # which is a timeout to the library
        return f"can't be reached ({said})"
    if isinstance(error, TimeoutError | exceptions.TimeoutError):
        return f"no connection in time ({said})"
    return f"can't be reached ({said})"


def _said(error: Exception, hidden: Callable[[str], str]) -> str:
    """Return what the library says of an error, in one line."""
    texts = [argument for argument in error.args if isinstance(argument, str)]  # others are objects of the library
    said = " ".join(_OBJECT.sub("", hidden(texts[-1] if texts else str(error))).split())[:_SHOWN]
    return said or type(error).__name__


def _reason(status: int, beginning: str) -> str:
    phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""
    text = " ".join(beginning.split())
    shown = "".join(letter for letter in text if letter.isprintable())[:_SHOWN]
    return f"{status} {phrase}".strip() + (f": {shown}" if shown else "")
