"""Whose login attempt it is: what the throttling of logins (django-axes) counts by."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

FIELDS = ("username", "email", "login_email")
LONGEST = 255  # characters that axes can keep


def client_username(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """The e-mail address of an attempt in the one spelling that counts; "" when there is none."""
    for source in (credentials or {}, request.POST):
        for field in FIELDS:
            if value := source.get(field):
                return str(value).strip().lower()[:LONGEST]
    return ""


def client_ip(request: HttpRequest) -> str:
    """The client's address; with `useProxies` the last of X-Forwarded-For, which the web server before us added."""
    forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", ""))
    if settings.USE_PROXIES and forwarded:
        return forwarded.rpartition(",")[2].strip()
    return str(request.META.get("REMOTE_ADDR", ""))
