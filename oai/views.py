"""The provider over HTTP (section 3.1 of the standard): arguments in, a response of the protocol out."""

import gzip
import logging
from urllib.parse import parse_qsl

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from oai import identity
from oai.contexts import CONTEXTS, Context
from oai.protocol import verbs
from oai.protocol.descriptions import oai_identifier
from oai.protocol.tokens import Tokens
from oai.protocol.verbs import Provider
from oai.store.database import DatabaseStore

log = logging.getLogger(__name__)

RETRY_AFTER = 60  # seconds
MAX_BYTES = 64 * 1024  # of a query or a form; the protocol itself refuses much shorter ones
_FORM = "application/x-www-form-urlencoded"
_FAST = 4  # zlib's level: larger ones cost more time than the network wins


def list_contexts(request: HttpRequest, status: int = 200) -> HttpResponse:
    """Show people the contexts there are."""
    contexts = [
        (request.build_absolute_uri(reverse("oai:context", args=[context.name])), context)
        for context in CONTEXTS.values()
    ]
    return render(request, "oai/contexts.html", {"contexts": contexts, "status": status}, status=status)


@csrf_exempt
def respond(request: HttpRequest, context: str) -> HttpResponse:
    """Answer a harvester. Errors of the protocol are answers like others, with status 200."""
    if context not in CONTEXTS:
        return list_contexts(request, status=404)
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    if request.method == "POST" and request.content_type not in (_FORM, ""):  # none without a body
        return HttpResponse(f"OAI-PMH requests are sent as {_FORM}.\n", status=415, content_type="text/plain")
    sent = _sent(request)
    if sent is None:
        return HttpResponse("The request is too long.\n", status=413, content_type="text/plain")
    base_url = request.build_absolute_uri(request.path)
    try:
        data = verbs.answer(_provider(CONTEXTS[context]), sent, base_url=base_url, now=timezone.now())
    except OperationalError:
        log.exception("the database did not answer a harvester")
        headers = {"Retry-After": str(RETRY_AFTER)}  # section 3.1.2.2: harvesters wait, and do not give up
        return HttpResponse("Please come back later.\n", status=503, content_type="text/plain", headers=headers)
    return _http(request, data)


def _sent(request: HttpRequest) -> list[tuple[str, str]] | None:
    """Return the arguments, decoded, from the address and from a form; None when there is more than anybody needs."""
    query = request.META.get("QUERY_STRING", "").encode("latin-1", "replace")  # as WSGI has it: bytes in disguise
    form = request.read(MAX_BYTES + 1) if request.method == "POST" else b""
    if len(query) > MAX_BYTES or len(form) > MAX_BYTES:
        return None
    # Not request.GET and POST: they would refuse many fields with an error of their own.
    pairs = [parse_qsl(part.decode("utf-8", "replace"), keep_blank_values=True) for part in (query, form)]
    return [*pairs[0], *pairs[1]]


def _provider(context: Context) -> Provider:
    handle_prefix = settings.DSPACE.get("handle.prefix") or "123456789"
    sample = identity.identifier(f"{handle_prefix}/1")
    return Provider(
        name=identity.name(),
        admin_emails=identity.admin_emails(),
        identifier=identity.repository_identifier(),
        formats=context.formats,
        store=DatabaseStore(context.name),
        tokens=Tokens(settings.SECRET_KEY, context.name),
        descriptions=lambda: [oai_identifier(identity.repository_identifier(), sample)],
        compressions=["gzip"],
    )


def _http(request: HttpRequest, data: bytes) -> HttpResponse:
    headers = {"Vary": "Accept-Encoding"}
    if _accepts_gzip(request.META.get("HTTP_ACCEPT_ENCODING", "")):
        data = gzip.compress(data, _FAST, mtime=0)
        headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(data))
    body = b"" if request.method == "HEAD" else data
    return HttpResponse(body, content_type="text/xml;charset=UTF-8", headers=headers)


def _accepts_gzip(accepted: str) -> bool:
    """Whether gzip is named in Accept-Encoding, and not refused with `q=0` (RFC 9110, section 12.5.3)."""
    for part in accepted.lower().split(","):
        coding, _, parameter = part.partition(";")
        if coding.strip() in ("gzip", "x-gzip"):
            weight = parameter.strip().removeprefix("q=")
            return not parameter or weight.strip("0.") != ""
    return False
