"""Where Celery's broker is: `broker.url`, else the embedded Valkey."""

from __future__ import annotations

import re
from pathlib import Path

from dspace.configuration import Configuration
from dspace.embedded import valkey

SCHEME = re.compile(r"[a-z][a-z0-9+]*://", re.IGNORECASE)


def broker_url(configuration: Configuration, var: Path) -> str:
    """Return Celery's broker_url: the one that is configured, else that of the embedded server of `var`.

    Raises ConfigurationError for one without a scheme, which Celery would take for the name of a transport.
    """
    url = configuration.get("broker.url")
    if not url:
        return valkey.broker_url(var)
    if not SCHEME.match(url):  # not shown: a password may stand in it
        raise configuration.error("broker.url", "must be an address such as redis://localhost:6379/0")
    return url
