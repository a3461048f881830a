"""HTTP on port 8000: native messages tunnelled through POST, and `GET /api/handles/<handle>` with answers in JSON."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, unquote_to_bytes, urlsplit

from identifiers.handle_server.protocol import Code, Envelope, Message
from identifiers.handle_server.responder import Resolution, Responder, message_for, refusal, whole
from identifiers.handle_server.streams import Connection, Connections, Refused
from identifiers.handle_server.tcp import MAX_REQUEST
from identifiers.handle_server.values import AdminRecord, HandleValue
from identifiers.handle_server.wire import ProtocolError

MESSAGE_TYPE, JSON_TYPE = "application/x-hdl-message", "application/json;charset=UTF-8"
SCRIPT_TYPE = "application/javascript;charset=UTF-8"
MAX_HEAD, MAX_FIELDS = 16_384, 100  # bytes, and parameters of an address
REST = "/api/handles/"
_HEAD = re.compile(rb"([A-Z]{1,16}) (\S{1,12000}) HTTP/1\.([01])\r?\n")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\0]*?)[ \t]*")
_END = re.compile(rb"\r?\n\r?\n")
_CALLBACK = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]{0,63}(\.[A-Za-z_$][A-Za-z0-9_$]{0,63}){0,4}")
_INDEX = re.compile(r"[0-9]{1,9}")
_STATUS = {
    Code.SUCCESS: HTTPStatus.OK,
    Code.VALUES_NOT_FOUND: HTTPStatus.OK,
    Code.HANDLE_NOT_FOUND: HTTPStatus.NOT_FOUND,
    Code.INVALID_HANDLE: HTTPStatus.BAD_REQUEST,
    Code.NOT_RESPONSIBLE: HTTPStatus.BAD_REQUEST,
    Code.ERROR: HTTPStatus.SERVICE_UNAVAILABLE,
}


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request; names of headers in lower case."""

    method: str
    target: str
    stays_open: bool
    content_type: str
    body: bytes


class HttpConnection(Connection[HttpRequest]):
    """A connection to port 8000."""

    def __init__(self, connections: Connections, responder: Responder) -> None:
        super().__init__(connections)
        self._responder = responder

    def next_request(self) -> HttpRequest | None:
        """Take the next request. Raises Refused for what is none, or is too long."""
        end = _END.search(self.buffer, 0, MAX_HEAD)
        if not end:
            if len(self.buffer) >= MAX_HEAD:
                raise _refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            return None
        head = bytes(self.buffer[: end.end()])
        first = _HEAD.match(head)
        if not first:
            raise _refused(HTTPStatus.BAD_REQUEST)
        headers = _headers(head[first.end() :])
        size = _body_size(headers)
        if len(self.buffer) < end.end() + size:
            return None
        body = bytes(self.buffer[end.end() : end.end() + size])
        del self.buffer[: end.end() + size]
        wish = headers.get(b"connection", b"").lower()
        stays_open = wish != b"close" if first[3] == b"1" else wish == b"keep-alive"
        content_type = headers.get(b"content-type", b"").decode("latin-1").partition(";")[0].strip().lower()
        return HttpRequest(first[1].decode(), first[2].decode("latin-1"), stays_open, content_type, body)

    async def answer(self, request: HttpRequest) -> tuple[bytes, bool]:
        """Return the answer; the connection stays open as the client wishes."""
        if request.method == "POST" and request.content_type == MESSAGE_TYPE:
            answer = await self._native(request)
        elif not _path(request).startswith(REST):
            answer = _response(HTTPStatus.NOT_FOUND, request)
        elif request.method in ("GET", "HEAD"):
            answer = await self._rest(request)
        else:
            answer = _json(HTTPStatus.METHOD_NOT_ALLOWED, _failure(Code.NOT_SUPPORTED), request)
        return answer, request.stays_open

    async def _native(self, request: HttpRequest) -> bytes:
        try:
            envelope = Envelope.decode(request.body)
        except ProtocolError:
            return _response(HTTPStatus.BAD_REQUEST, request)
        message = request.body[Envelope.SIZE :]
        if len(message) != envelope.length or len(message) < Message.HEADER_SIZE:
            reply = refusal(envelope, "the length in the envelope is not that of the message")
        else:
            found = await self._responder.answer(envelope, message)
            if found is None:
                return _response(HTTPStatus.BAD_REQUEST, request)
            reply = found
        return _response(HTTPStatus.OK, request, MESSAGE_TYPE, whole(reply))

    async def _rest(self, request: HttpRequest) -> bytes:
        handle = unquote_to_bytes(_path(request).removeprefix(REST))
        try:
            query = parse_qs(urlsplit(request.target).query, keep_blank_values=True, max_num_fields=MAX_FIELDS)
        except ValueError:
            return _response(HTTPStatus.BAD_REQUEST, request)
        indexes, callback = query.get("index", []), query.get("callback", [""])[0]
        if not all(map(_INDEX.fullmatch, indexes)) or (callback and not _CALLBACK.fullmatch(callback)):
            return _response(HTTPStatus.BAD_REQUEST, request)
        types = [name.encode() for name in query.get("type", [])]
        found = await self._responder.resolve(handle, [int(index) for index in indexes], types)
        content = _resolved(handle, found)
        is_pretty = query.get("pretty", ["false"])[0] not in ("false", "0")
        return _json(_STATUS[found.code], content, request, is_pretty=is_pretty, callback=callback)


def _path(request: HttpRequest) -> str:
    """Return the path of the address, still percent-encoded; empty for an address that is none."""
    try:
        return urlsplit(request.target).path
    except ValueError:
        return ""


def _headers(lines: bytes) -> dict[bytes, bytes]:
    """Return the headers by their names in lower case.

    Raises Refused for what another server before this one might read otherwise, so that it would see other requests
    than we do (RFC 9112, 5.1 and 6.3).
    """
    headers: dict[bytes, bytes] = {}
    for line in filter(None, (line.removesuffix(b"\r") for line in lines.split(b"\n"))):
        found = _HEADER.fullmatch(line)
        if not found or (found[1].lower() == b"content-length" and b"content-length" in headers):
            raise _refused(HTTPStatus.BAD_REQUEST)
        headers[found[1].lower()] = found[2]
    return headers


def _body_size(headers: dict[bytes, bytes]) -> int:
    """Return the length of the body. Raises Refused for one that is not known or too long."""
    if b"transfer-encoding" in headers:
        raise _refused(HTTPStatus.LENGTH_REQUIRED)
    length = headers.get(b"content-length", b"0")
    if not re.fullmatch(rb"[0-9]{1,12}", length):
        raise _refused(HTTPStatus.BAD_REQUEST)
    if int(length) > MAX_REQUEST + Envelope.SIZE:
        raise _refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return int(length)


def _resolved(handle: bytes, found: Resolution) -> dict[str, Any]:
    content: dict[str, Any] = {"responseCode": found.code, "handle": handle.decode(errors="replace")}
    if found.code in (Code.SUCCESS, Code.VALUES_NOT_FOUND):
        content["values"] = [_value(value) for value in found.values]
    return content if found.code == Code.SUCCESS else {**_failure(found.code), **content}


def _failure(code: Code) -> dict[str, Any]:
    return {"responseCode": code, "message": message_for(code)}


def _value(value: HandleValue) -> dict[str, Any]:
    content: dict[str, Any] = {"index": value.index, "type": value.type.decode(), "data": _data(value)}
    if value.permissions != 0b1110:
        content["permissions"] = f"{value.permissions:04b}"
    content["ttl"] = value.ttl
    if value.timestamp:
        content["timestamp"] = datetime.fromtimestamp(value.timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return content


def _data(value: HandleValue) -> dict[str, Any]:
    if value.type == b"HS_ADMIN":
        admin = AdminRecord.decode(value.data)
        rights = f"{admin.permissions:012b}"
        return {
            "format": "admin",
            "value": {"handle": admin.handle.decode(), "index": admin.index, "permissions": rights},
        }
    try:
        return {"format": "string", "value": value.data.decode()}
    except UnicodeDecodeError:
        return {"format": "base64", "value": base64.b64encode(value.data).decode()}


def _json(
    status: HTTPStatus, content: dict[str, Any], request: HttpRequest, *, is_pretty: bool = False, callback: str = ""
) -> bytes:
    text = json.dumps(content, ensure_ascii=False, indent=2 if is_pretty else None)
    if callback:
        # Two characters that end a line in a script and not in JSON.
        script = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
        return _response(status, request, SCRIPT_TYPE, f"{callback}({script});".encode())
    return _response(status, request, JSON_TYPE, text.encode())


def _response(status: HTTPStatus, request: HttpRequest | None, content_type: str = "", body: bytes = b"") -> bytes:
    headers = [f"HTTP/1.1 {status.value} {status.phrase}", f"Content-Length: {len(body)}"]
    if content_type:
        headers += [f"Content-Type: {content_type}", "X-Content-Type-Options: nosniff"]
        headers += ["Access-Control-Allow-Origin: *"]  # everybody may know; nothing here depends on who asks
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers.append("Allow: GET, HEAD")
    if request is None or not request.stays_open:
        headers.append("Connection: close")
    has_body = request is None or request.method != "HEAD"
    return "\r\n".join([*headers, "", ""]).encode() + (body if has_body else b"")


def _refused(status: HTTPStatus) -> Refused:
    return Refused(_response(status, None))
