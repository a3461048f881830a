"""Which storage lists come from: `oai.storage` in config/modules/oai.cfg. PostgreSQL has everything either way."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import transaction

from oai.configuration import Context
from oai.store import solr_sync
from oai.store.database import DatabaseStore
from oai.store.port import Store
from oai.store.solr import SolrStore
from oai.store.solr_core import Core, SolrUnavailable
from repository import wakeup

log = logging.getLogger(__name__)

TASK = "oai.tasks.tell_solr"
# Seconds after a publication: its datestamp is up to one second ahead, and Solr is told of nothing ahead.
_DELAY = 1.0


def store_for(context: Context, identifiers: str) -> Store:
    """Return the store of a context; `identifiers` is what stands before each local identifier, escaped for XML."""
    url = settings.OAI_SOLR_URL
    return SolrStore(context, identifiers, url) if url else DatabaseStore(context, identifiers)


def wake_after_commit() -> None:
    """Let a worker tell Solr of what this transaction publishes."""
    if settings.OAI_SOLR_URL:
        transaction.on_commit(lambda: wakeup.wake_task(TASK, delay=_DELAY))


def tell_solr(*, rebuild: bool = False, wait: bool = True) -> None:
    """Tell Solr, where it is in use, of what it does not know yet, or of everything again; log what hinders it.

    `wait` until what was published last may be sent: up to a second.
    """
    if url := settings.OAI_SOLR_URL:
        with _logged():
            if wait:
                solr_sync.wait_for_last_stamp()
            (solr_sync.rebuild if rebuild else solr_sync.synchronise)(url)


def optimize() -> None:
    """Tidy up Solr's core, where it is in use."""
    if url := settings.OAI_SOLR_URL:
        with _logged():
            Core(url, solr_sync.TIMEOUT).optimize()


@contextmanager
def _logged() -> Iterator[None]:
    try:
        yield
    except SolrUnavailable as error:  # harvesters do not notice, and the next run makes up for it
        log.warning("Solr was not told of what was published: %s", error)
