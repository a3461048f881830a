"""Sending a file: in parts when asked, unchanged not at all, and in a way that it can't act as a page of ours."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from urllib.parse import quote

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, http_date

from repository import bitstore
from repository.models import Bitstream
from ui import http_range

CHUNK = 64 * 1024
# What browsers show without running anything in it. SVG and HTML are documents that can hold scripts: never inline.
SAFE_INLINE = frozenset(
    {
        "application/pdf",
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "text/plain",
        "audio/mpeg",
        "audio/ogg",
        "audio/wav",
        "video/mp4",
        "video/webm",
    }
)
_SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; media-src 'self'; sandbox"
# Browsers' PDF viewers refuse to start in a sandbox; a PDF has no access to the page's origin anyway.
_PDF = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'"
_UNSAFE_IN_NAMES = re.compile(r'[\x00-\x1f\x7f-\x9f/\\"]')


def send(request: HttpRequest, bitstream: Bitstream) -> HttpResponseBase:
    """Answer a GET or HEAD for a file that the reader may have (RFC 9110: 200, 206, 304, 412, 416)."""
    etag = f'"{bitstream.sha256}"'
    modified = int(bitstream.last_modified.timestamp())
    unchanged = get_conditional_response(request, etag, modified)
    if unchanged is not None:
        if unchanged.status_code == HTTPStatus.NOT_MODIFIED:  # its length would have to be that of the file
            unchanged.headers["Content-Length"] = str(bitstream.size)
        return _with_headers(unchanged, bitstream, etag, modified)
    try:
        part = _part(request, bitstream.size, etag, modified)
    except http_range.Unsatisfiable:
        response = HttpResponse(status=416, headers={"Content-Range": f"bytes */{bitstream.size}"})
        return _with_headers(response, bitstream, etag, modified)
    return _with_headers(_body(request, bitstream, part), bitstream, etag, modified)


def _part(request: HttpRequest, size: int, etag: str, modified: int) -> tuple[int, int] | None:
    header = request.headers.get("Range", "")
    if not header or request.method != "GET":
        return None
    if not http_range.still_same(request.headers.get("If-Range", ""), etag, modified):
        return None
    return http_range.wanted(header, size)


def _body(request: HttpRequest, bitstream: Bitstream, part: tuple[int, int] | None) -> HttpResponseBase:
    storage = bitstore.storage_of(bitstream.store_number)
    name = bitstore.name_in_store(bitstream.internal_id)
    local = isinstance(storage, FileSystemStorage)
    if local and accelerator():  # the web server in front sends the file, ranges too
        path = f"{accelerator()}/{bitstream.store_number}/{quote(name)}"
        return HttpResponse(headers={"X-Accel-Redirect": path})
    if part and not local:  # an object store serves ranges itself, at an address it signed
        return HttpResponseRedirect(storage.url(name))
    first, last = part or (0, bitstream.size - 1)
    length = {"Content-Length": str(last - first + 1)}
    if request.method == "HEAD":
        return HttpResponse(headers=length)
    file = storage.open(name)  # before the answer begins: a file that is not there must not cut it short
    response = StreamingHttpResponse(_chunks(file, first, last - first + 1), headers=length)
    if part:
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {first}-{last}/{bitstream.size}"
    return response


def accelerator() -> str:
    """Return the internal location under which nginx knows the stores (`assetstore.x-accel-redirect`), or nothing."""
    return str(settings.DSPACE.get("assetstore.x-accel-redirect") or "").rstrip("/")


def _chunks(file: "File[bytes]", first: int, length: int) -> Iterator[bytes]:
    with file:
        file.seek(first)
        while length > 0 and (data := file.read(min(CHUNK, length))):
            length -= len(data)
            yield data


def _with_headers(response: HttpResponseBase, bitstream: Bitstream, etag: str, modified: int) -> HttpResponseBase:
    mimetype = bitstream.format.mimetype.strip().lower()
    inline = mimetype in SAFE_INLINE
    name = _UNSAFE_IN_NAMES.sub("_", bitstream.name) or str(bitstream.pk)
    disposition = content_disposition_header(not inline, name)
    headers = {
        "ETag": etag,
        "Last-Modified": http_date(modified),
        "Accept-Ranges": "bytes",
        # A shared cache must never keep what an embargo or a new policy may close tomorrow.
        "Cache-Control": "private, no-cache",
        "Content-Disposition": disposition or "inline",
        "Content-Security-Policy": _PDF if mimetype == "application/pdf" else _SANDBOX,
        "X-Content-Type-Options": "nosniff",
        "Content-Type": _content_type(mimetype, inline),
    }
    for header, value in headers.items():
        response.headers[header] = value
    return response


def _content_type(mimetype: str, inline: bool) -> str:
    if mimetype == "text/plain":
        return "text/plain; charset=utf-8"
    return mimetype if inline or re.fullmatch(r"[\w.+-]+/[\w.+-]+", mimetype) else "application/octet-stream"
