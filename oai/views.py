"""The provider over HTTP (section 3.1 of the standard): arguments in, a response of the protocol out."""

import logging
import time
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec
from urllib.parse import parse_qsl

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseNotAllowed, UnreadablePostError
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.log import log_response
from django.views.decorators.csrf import csrf_exempt

from oai import browsers, compression
from oai.configuration import ConfigurationError
from oai.protocol import verbs
from oai.protocol.verbs import Provider
from oai.running import current
from oai.service import Service, service
from oai.store.port import NotReady

log = logging.getLogger(__name__)

RETRY_WHEN_DOWN = 60  # seconds
RETRY_WHEN_BUSY = 10
SAY_EVERY = 60.0  # seconds between two lines in the log for one reason
MAX_BYTES = 64 * 1024  # of a query or a form; the protocol itself refuses much shorter ones
_FORM = "application/x-www-form-urlencoded"
_XML, _HTML, _TEXT = "text/xml;charset=UTF-8", "text/html;charset=UTF-8", "text/plain;charset=UTF-8"

_Arguments = ParamSpec("_Arguments")
_View = Callable[Concatenate[HttpRequest, _Arguments], HttpResponse]

_said: dict[str, float] = {}  # when this process last said why harvesters are asked to come back


def _once_configured(view: _View[_Arguments]) -> _View[_Arguments]:
    """Ask the visitors of a process that never had a good xoai.xml to come back; its log says what is wrong."""

    @wraps(view)
    def answer(request: HttpRequest, /, *arguments: _Arguments.args, **named: _Arguments.kwargs) -> HttpResponse:
        try:
            return view(request, *arguments, **named)
        except ConfigurationError:
            return come_back_later(RETRY_WHEN_DOWN, "xoai.xml never was without mistakes")

    return answer


@_once_configured
def list_contexts(request: HttpRequest, status: int = 200) -> HttpResponse:
    """Show people the contexts there are, and what each offers."""
    url = service().url
    contexts = [(_base_url(request, url, context.name), context) for context in current().contexts.values()]
    return render(request, "oai/contexts.html", {"contexts": contexts, "status": status}, status=status)


def static_file(request: HttpRequest, name: str) -> HttpResponseBase:
    """Send a file of the browsers' stylesheet: the site's own, else ours."""
    path = browsers.find(name)
    if path is None:
        return list_contexts(request, status=HTTPStatus.NOT_FOUND)
    headers = {"Cache-Control": f"public, max-age={settings.WHITENOISE_MAX_AGE}"}
    return FileResponse(path.open("rb"), content_type=browsers.content_type(path), headers=headers)


@csrf_exempt
@_once_configured
def respond(request: HttpRequest, context: str) -> HttpResponse:
    """Answer a harvester. Errors of the protocol are answers like others, with status 200."""
    return respond_with(service(), request, context)


def respond_with(offered: Service, request: HttpRequest, context: str) -> HttpResponse:
    """Answer a harvester, for a caller that has looked up the service already."""
    if context not in offered.providers:
        return list_contexts(request, status=HTTPStatus.NOT_FOUND)
    if not offered.slots.acquire(blocking=False):
        return come_back_later(RETRY_WHEN_BUSY, "more ask at once than oai.concurrency lets in")
    try:
        return _answer(request, context, offered)
    finally:
        offered.slots.release()


def _answer(request: HttpRequest, context: str, offered: Service) -> HttpResponse:
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    if request.method == "POST" and request.content_type not in (_FORM, ""):  # none without a body
        return _refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"OAI-PMH requests are sent as {_FORM}.\n")
    try:
        sent = _sent(request)
    except UnreadablePostError:
        return _refused(HTTPStatus.BAD_REQUEST, "The request can't be read to its end.\n")
    if sent is None:
        return _refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request is too long.\n")
    try:
        data = _data(offered.providers[context], sent, _base_url(request, offered.url, context))
    except NotReady as reason:
        return come_back_later(RETRY_WHEN_BUSY, str(reason))
    except (DatabaseError, InterfaceError) as error:
        if not isinstance(error, OperationalError | InterfaceError) and connection.is_usable():
            raise  # a mistake of ours
        return come_back_later(RETRY_WHEN_DOWN, "the database does not answer", error)
    return _http(request, data, html=offered.html)


def _sent(request: HttpRequest) -> list[tuple[str, str]] | None:
    """Return the arguments, decoded, from the address and from a form; None when there is more than anybody needs.

    Raises UnreadablePostError.
    """
    query = request.META.get("QUERY_STRING", "").encode("latin-1", "replace")  # as WSGI has it: bytes in disguise
    # Django reads nothing without a Content-Length. Of a chunked form, the server in front of us knows where it ends.
    body = request.META["wsgi.input"] if request.META.get("wsgi.input_terminated") else request
    try:
        form = body.read(MAX_BYTES + 1) if request.method == "POST" else b""
    except Exception as error:  # broken chunks, a client that is gone: each server has errors of its own for it
        raise UnreadablePostError(str(error)) from error
    if len(query) > MAX_BYTES or len(form) > MAX_BYTES:
        return None
    # Not request.GET and POST: they would refuse many fields with an error of their own.
    return [
        pair for part in (query, form) for pair in parse_qsl(part.decode("utf-8", "replace"), keep_blank_values=True)
    ]


def _base_url(request: HttpRequest, url: str, context: str) -> str:
    """Return the address of a context: below `oai.url`, else as it was asked (behind a proxy: as Django trusts it)."""
    if url:
        return f"{url}/{context}"
    return f"{request.scheme}://{request.get_host()}{request.META.get('SCRIPT_NAME', '')}/oai/{context}"


def _data(provider: Provider, sent: list[tuple[str, str]], base_url: str) -> bytes:
    """Return the response in XML.

    Django would ask the database whether it is still there before each request that uses it, for the price of another
    query. We ask at once, and once more over a new connection when the old one turns out to be dead.
    """
    had_connection = connection.connection is not None
    connection.health_check_done = True  # type: ignore[attr-defined]  # the stubs do not know it
    try:
        return verbs.answer(provider, sent, base_url=base_url, now=timezone.now())
    except (DatabaseError, InterfaceError):
        if not had_connection or connection.in_atomic_block or connection.is_usable():
            raise
        connection.close()
        return verbs.answer(provider, sent, base_url=base_url, now=timezone.now())


def _http(request: HttpRequest, data: bytes, *, html: bool) -> HttpResponse:
    headers = {"Vary": "Accept-Encoding"}
    kind = _XML
    if html:
        headers["Vary"] = "Accept-Encoding, Sec-Fetch-Dest"
        # Only browsers send this header, and only for what they show as a page. Accept says nothing: Java's client
        # asks for text/html first.
        if request.META.get("HTTP_SEC_FETCH_DEST") == "document" and (shown := browsers.page(data)):
            data, kind = shown, _HTML
    coding = compression.choose(request.META.get("HTTP_ACCEPT_ENCODING", ""))
    if coding != compression.IDENTITY:
        data = compression.compress(data, coding)
        headers["Content-Encoding"] = coding
    headers["Content-Length"] = str(len(data))
    return HttpResponse(b"" if request.method == "HEAD" else data, content_type=kind, headers=headers)


def come_back_later(seconds: int, reason: str, error: Exception | None = None) -> HttpResponse:
    """Ask the harvester to come back (section 3.1.2.2): harvesters wait, and do not give up.

    The log says so once in a while for each reason, with the error behind it. Django would write an error for each
    answer; log_response tells it that this one was seen to.
    """
    response = _refused(HTTPStatus.SERVICE_UNAVAILABLE, "Please come back later.\n", {"Retry-After": str(seconds)})
    now = time.monotonic()
    is_news = now - _said.get(reason, -SAY_EVERY) >= SAY_EVERY
    if is_news:
        _said[reason] = now
    level, error = ("warning", error) if is_news else ("debug", None)
    told = "harvesters are asked to come back: %s"
    log_response(told, reason, response=response, logger=log, level=level, exception=error)
    return response


def _refused(status: HTTPStatus, message: str, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(message, status=status, content_type=_TEXT, headers=headers)
