"""Harvesters pass by what only browsers need: sessions, languages, messages, tokens against forgery."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from oai.contexts import CONTEXTS
from oai.views import respond


class HarvestersFirst:
    """Answers `/oai/<context>` at once: a quarter of the time of a page would else go into the other middleware.

    Stands behind those that hold for every answer (SecurityMiddleware). All other addresses go their way.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a harvester, or hand the request on."""
        context = request.path_info.removeprefix("/oai/")
        return respond(request, context) if context in CONTEXTS else self.get_response(request)
