"""Harvesters pass by what only browsers need: sessions, languages, messages, tokens against forgery."""

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import InterfaceError, connection
from django.http import HttpRequest, HttpResponse
from django.utils.log import log_response
from django.utils.module_loading import import_string

from oai.configuration import ConfigurationError
from oai.service import service
from oai.views import respond_with

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

log = logging.getLogger(__name__)

PREFIX = "/oai/"


def harvesters_first(otherwise: "WSGIApplication") -> "WSGIApplication":
    """Return an application that answers `GET /oai/<context>` at once, and hands on all else.

    To bring a small answer through the whole of Django takes as long as to make it. What holds for every answer
    (`settings.EVERY_ANSWER`) holds for these too. What fails is handed on as well: the view fails in the same way, and
    there the error is seen to.
    """
    respond: Callable[[HttpRequest], HttpResponse] = _respond
    for name in reversed(settings.EVERY_ANSWER):
        respond = import_string(name)(respond)

    def application(environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        if not _is_for_us(environ):
            return otherwise(environ, start_response)
        request = WSGIRequest(environ)
        try:
            request.get_host()  # one that is not ours is refused, whether the answer names it or not
            response = respond(request)
        except Exception:
            log.debug("what failed is tried again by the view, which tells of it", exc_info=True)
            return otherwise(environ, start_response)
        if response.status_code >= 400:
            log_response("%s: %s", response.reason_phrase, request.path, response=response, request=request)
        start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
        return [response.content]

    return application


def _is_for_us(environ: dict[str, Any]) -> bool:
    """Whether a context is asked for that there is."""
    path = environ.get("PATH_INFO", "")
    if not path.startswith(PREFIX) or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        return False
    connection.close_if_unusable_or_obsolete()  # as Django does before each request
    try:
        return path.removeprefix(PREFIX) in service().providers
    except (ConfigurationError, InterfaceError):
        return False


def _respond(request: HttpRequest) -> HttpResponse:
    return respond_with(service(), request, request.path_info.removeprefix(PREFIX))
