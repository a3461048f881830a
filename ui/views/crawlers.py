"""What robots and browsers ask for by fixed names."""

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.templatetags.static import static
from django.views.decorators.http import require_safe

# Search and jump pages are endless combinations of the same items: crawlers find every item through /browse.
ROBOTS = """User-agent: *
Disallow: /search
Disallow: /search-filter
Disallow: /password-login
Disallow: /*?*starts_with=
"""


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Say what crawlers need not read (RFC 9309)."""
    return HttpResponse(ROBOTS, content_type="text/plain; charset=utf-8")


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Lead to the icon; browsers ask for it under this name beside a PDF or an image."""
    return HttpResponsePermanentRedirect(static("img/mark.svg"))
