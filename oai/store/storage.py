"""Which storage lists come from: `oai.storage` in config/modules/oai.cfg. PostgreSQL has everything either way."""

from django.conf import settings
from django.db import transaction

from oai.configuration import Context
from oai.store import solr_sync
from oai.store.database import DatabaseStore
from oai.store.port import Store
from oai.store.solr import SolrStore
from oai.store.solr_core import Core
from oai.store.solr_sync import Progress
from repository import wakeup

TASK = "oai.tasks.synchronise"
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


def synchronise(progress: Progress, *, rebuild: bool = False) -> None:
    """Tell Solr of what it does not know yet, or of everything again. Raises SolrUnavailable."""
    if url := settings.OAI_SOLR_URL:
        solr_sync.wait_for_last_stamp()
        send = solr_sync.rebuild if rebuild else solr_sync.synchronise
        send(url, progress)


def optimize() -> None:
    """Tidy Solr's core up. Raises SolrUnavailable."""
    if url := settings.OAI_SOLR_URL:
        Core(url, solr_sync.TIMEOUT).optimize()
