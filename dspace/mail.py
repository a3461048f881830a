"""How mail leaves: the `mail.*` keys as Django's EMAIL settings."""

from __future__ import annotations

from typing import Any

from dspace.configuration import Configuration

TIMEOUT = 30  # seconds


def mail_settings(configuration: Configuration) -> dict[str, Any]:
    """Django's EMAIL settings. Without `mail.server`, or with `mail.server.disabled`, no mail is sent."""
    server = configuration.get("mail.server") or ""
    java = _java_options(configuration)
    is_on = bool(server) and not configuration.bool("mail.server.disabled")
    use_ssl = java.get("mail.smtp.ssl.enable") == "true" or "mail.smtp.socketFactory.class" in java
    sender = configuration.get("mail.from.address") or "dspace-noreply@localhost"
    return {
        "EMAIL_BACKEND": f"django.core.mail.backends.{'smtp' if is_on else 'dummy'}.EmailBackend",
        "EMAIL_HOST": server,
        "EMAIL_PORT": configuration.int("mail.server.port", 465 if use_ssl else 25),
        "EMAIL_HOST_USER": configuration.get("mail.server.username") or "",
        "EMAIL_HOST_PASSWORD": configuration.get("mail.server.password") or "",
        "EMAIL_USE_SSL": use_ssl,
        "EMAIL_USE_TLS": java.get("mail.smtp.starttls.enable") == "true" and not use_ssl,
        "EMAIL_TIMEOUT": TIMEOUT,
        "DEFAULT_FROM_EMAIL": sender,
        "SERVER_EMAIL": sender,
    }


def _java_options(configuration: Configuration) -> dict[str, str]:
    """`mail.extraproperties`: name=value pairs that DSpace 6 hands to JavaMail; those about TLS mean something here."""
    options = {}
    for option in configuration.list("mail.extraproperties"):
        name, _, value = option.partition("=")
        options[name.strip()] = value.strip()
    return options
