"""Pages for what went wrong. They need no database, and the 404 page is the same whatever was asked for."""

import sys

from django.core.exceptions import BadRequest
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say what was wrong with the address, when a view said it for people (BadRequest's text), else a general word."""
    said = str(exception) if isinstance(exception, BadRequest) else ""
    return render(request, "ui/errors/400.html", {"said": said}, status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Refuse an action."""
    return render(request, "ui/errors/403.html", {"said": ""}, status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Refuse a form that did not come from a page of ours, or from one too old."""
    said = _("The form was too old or came from elsewhere. Go back, reload the page and try again.")
    return render(request, "ui/errors/403.html", {"said": said}, status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that nothing is to be seen there: byte for byte the same for what is hidden and for what is missing."""
    return render(request, "ui/errors/404.html", status=404)


def gone(request: HttpRequest) -> HttpResponse:
    """Show the tombstone of what was withdrawn or deleted; nothing of it is told."""
    return render(request, "ui/errors/410.html", status=410)


def locked_out(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    """Turn away a log-in after too many wrong passwords (the settings' AXES_LOCKOUT_CALLABLE)."""
    return render(request, "ui/locked_out.html", status=429)


def server_error(request: HttpRequest) -> HttpResponse:
    """Apologise. Rendered without the request: sessions and users may be what failed.

    Without the database it is a matter of time: search engines keep the pages they know.
    """
    passes = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    page = render_to_string("ui/errors/500.html", {"passes": passes})
    return HttpResponse(page, status=503, headers={"Retry-After": "60"}) if passes else HttpResponse(page, status=500)
