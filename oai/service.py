"""The provider of each context, made once for a state of the configuration: a request only looks it up."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError

from crosswalks.markup import attribute, text
from oai import compression, identity
from oai.configuration import Configuration, Context
from oai.descriptions import descriptions
from oai.protocol.tokens import Tokens
from oai.protocol.verbs import MetadataFormat, PageSizes, Provider
from oai.running import current
from oai.store.following import follow_configuration
from oai.store.storage import store_for

log = logging.getLogger(__name__)

CONCURRENCY = 32  # requests that a process answers at once, where oai.concurrency does not say


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """All contexts. `made_of` is the configuration it was made of: xoai.xml, and the settings.

    `url` is `oai.url`, empty when base URLs are as they were asked; `html` says that browsers may get pages; `slots`
    has one for each request that may be answered at once.
    """

    made_of: tuple[Configuration, object]
    providers: Mapping[str, Provider]
    url: str
    html: bool
    slots: threading.BoundedSemaphore


_made: Service | None = None


def service() -> Service:
    """Return the provider as configured now."""
    global _made  # one for the process; of two threads that make it, either may win
    made, configuration = _made, current()
    if made is None or made.made_of[0] is not configuration or made.made_of[1] is not settings.DSPACE:
        if made is not None and made.made_of[0] is not configuration:
            _take_over()
        _made = made = _make(configuration)
    return made


def _take_over() -> None:
    """Let lists be those of the new configuration before they are asked for; where that fails, beat does it later."""
    try:
        follow_configuration()
    except DatabaseError:
        log.exception("the new configuration was not taken over yet")


def _make(configuration: Configuration) -> Service:
    config = settings.DSPACE
    return Service(
        made_of=(configuration, config),
        providers={name: _provider(configuration, context) for name, context in configuration.contexts.items()},
        url=(config.get("oai.url") or "").rstrip("/"),
        html=config.bool("oai.html"),
        slots=threading.BoundedSemaphore(max(1, config.int("oai.concurrency", CONCURRENCY))),
    )


def _provider(configuration: Configuration, context: Context) -> Provider:
    identifier = identity.repository_identifier()
    return Provider(
        name=identity.name(),
        admin_emails=identity.admin_emails(),
        identifier=identifier,
        formats=[MetadataFormat(f.prefix, f.schema, f.namespace) for f in context.formats],
        store=store_for(context, text(f"oai:{identifier}:")),
        tokens=Tokens(settings.SECRET_KEY, context.name),
        descriptions=descriptions,
        compressions=compression.CODINGS,
        sizes=PageSizes(configuration.max_records, configuration.max_identifiers, configuration.max_sets),
        stylesheet=_stylesheet(configuration.stylesheet, context),
        indented=configuration.indented,
    )


def _stylesheet(address: str, context: Context) -> str:
    """Return what tells browsers of the stylesheet: its address, and a format for its links to records.

    A relative address is relative to /oai/.
    """
    if not address:
        return ""
    if "://" not in address and not address.startswith("/"):
        address = "../" * context.name.count("/") + address
    prefixes = [f.prefix for f in context.formats]
    title = "oai_dc" if "oai_dc" in prefixes else next(iter(prefixes), "")
    return f'type="text/xsl" href="{attribute(address)}" title="{attribute(title)}"'
