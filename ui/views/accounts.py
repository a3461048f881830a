"""Logging in and out."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _


class LogInForm(AuthenticationForm):
    """E-mail and password. The message for a wrong pair does not say which of the two was wrong."""

    error_messages = {
        "invalid_login": _("E-mail address and password do not match, or the account may not log in."),
        "inactive": _("E-mail address and password do not match, or the account may not log in."),
    }

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["username"].label = _("E-mail address")
        address = {"class": "form-control", "autocomplete": "username", "inputmode": "email"}
        self.fields["username"].widget.attrs.update(address)
        self.fields["password"].widget.attrs.update({"class": "form-control", "autocomplete": "current-password"})


class LogIn(LoginView):
    """The log-in form. It leads back to the page that the person came from, never to another site."""

    template_name = "ui/login.html"
    authentication_form = LogInForm
    redirect_authenticated_user = False
    extra_context = {"section": "login"}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add where to go afterwards: `next`, else the page of ours that linked here."""
        context = super().get_context_data(**kwargs)
        if not context.get(self.redirect_field_name):
            context[self.redirect_field_name] = _page_before(self.request)
        return context

    def get_success_url(self) -> str:
        """Return where to go afterwards; the log-out is no page to go to."""
        url = super().get_success_url()
        return "/" if urlsplit(url).path == "/logout" else url


class LogOut(LogoutView):
    """Logging out, by POST only."""

    next_page = "/"


def _page_before(request: HttpRequest) -> str:
    """Return path and query of the page that linked here when it is ours, else an empty text.

    The 404 page links here without saying where it stands, so that it is the same for every address.
    """
    referer = request.headers.get("Referer", "")
    if not referer.startswith(("http://", "https://")) or not url_has_allowed_host_and_scheme(
        referer, {request.get_host()}, require_https=request.is_secure()
    ):
        return ""
    parts = urlsplit(referer)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    same = url_has_allowed_host_and_scheme(path, None)
    return path if same and not path.startswith(request.path) else ""
