"""Query strings, read with suspicion: whatever stands in them, a page comes back and the work stays bounded."""

import re

from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.utils.translation import gettext as _

MAX_TEXT = 500
MAX_ADDRESS = 7000  # bytes of an address that we link, and of a value in it: gunicorn.conf.py allows 8190 with all else
MAX_PAGE = 10**6
_WHOLE = re.compile(r"-?[0-9]{1,18}")


def text(request: HttpRequest, name: str, *, limit: int = MAX_TEXT) -> str:
    """Return the parameter, stripped, or an empty text. Raises BadRequest for NUL, or more than `limit` characters."""
    value = request.GET.get(name, "").strip()
    if "\0" in value:
        raise BadRequest(_("The address contains a character that no text has."))
    if len(value) > limit:
        raise BadRequest(_("That is too long a text: %(limit)d characters are the limit.") % {"limit": limit})
    return value


def number(request: HttpRequest, name: str, *, default: int, low: int = 1, high: int = MAX_PAGE) -> int:
    """Return the parameter as a whole number brought into `low`..`high`; `default` for anything that is none."""
    value = request.GET.get(name, "")
    return max(low, min(high, int(value))) if _WHOLE.fullmatch(value) else default


def choice(request: HttpRequest, name: str, allowed: list[str], *, default: str) -> str:
    """Return the parameter when it is one of `allowed`, else `default`."""
    value = request.GET.get(name, "")
    return value if value in allowed else default
