"""Harvesters pass by what only browsers need: sessions, languages, messages, tokens against forgery."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from oai.configuration import ConfigurationError
from oai.service import service
from oai.views import RETRY_WHEN_DOWN, come_back_later, respond_with

PREFIX = "/oai/"


class HarvestersFirst:
    """Answers `/oai/<context>` at once: most of the time of a small answer would else go into the other middleware.

    Stands behind those that hold for every answer. All other addresses go their way.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a harvester, or hand the request on."""
        path = request.path_info
        if not path.startswith(PREFIX):
            return self.get_response(request)
        try:
            offered = service()
        except ConfigurationError:  # of a process that never had a good one; the log says what is wrong
            return come_back_later(RETRY_WHEN_DOWN, "xoai.xml never was without mistakes")
        context = path.removeprefix(PREFIX)
        return respond_with(offered, request, context) if context in offered.providers else self.get_response(request)
