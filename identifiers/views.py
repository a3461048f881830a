"""What a Handle server with DSpace's remote plugin asks: `/handleresolver/…`, as JSPUI has it `/json/hdlresolver/…`."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.views.decorators.http import require_safe

from identifiers import resolution

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def _if_enabled(view: "View[P]") -> "View[P]":
    """Serve the view unless `handle.remote-resolver.enabled` says no."""

    @wraps(view)
    def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not settings.DSPACE.bool("handle.remote-resolver.enabled", True):
            raise Http404
        return view(request, *args, **kwargs)

    return checked


@require_safe
@_if_enabled
def resolve(request: HttpRequest, handle: str = "") -> HttpResponse:
    """Answer with the address of a handle as the only element of a list, `null` for an unknown one; 400 without one."""
    if not handle.strip():
        return HttpResponseBadRequest()
    shown = resolution.resolve([handle]).get(handle)
    return JsonResponse([resolution.address(shown)] if shown else None, safe=False)


@require_safe
@_if_enabled
def list_prefixes(request: HttpRequest) -> HttpResponse:
    """Answer with the prefixes that we know handles of."""
    return JsonResponse(resolution.prefixes(), safe=False)


@require_safe
@_if_enabled
def list_handles(request: HttpRequest, prefix: str = "") -> HttpResponse:
    """Answer with all handles of a prefix; 404 unless `handle.hide.listhandles` is off, 400 without a prefix."""
    if settings.DSPACE.bool("handle.hide.listhandles", True):
        raise Http404
    if not prefix.strip():
        return HttpResponseBadRequest()
    return JsonResponse(resolution.of_prefix(prefix), safe=False)
