"""Pages of the wiring: old addresses."""

from urllib.parse import quote

from django.http import HttpRequest, HttpResponsePermanentRedirect


def without_former_prefix(request: HttpRequest, rest: str | None = None) -> HttpResponsePermanentRedirect:
    """Lead from an address of DSpace 6, /xmlui/handle/1/2 say, to the one without the application's name."""
    # A path of two slashes would name another host.
    target = "/" + quote((rest or "").lstrip("/"), safe="/:@!$&'()*+,;=~")
    query = request.META.get("QUERY_STRING", "")
    return HttpResponsePermanentRedirect(f"{target}?{query}" if query else target)
