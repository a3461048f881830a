"""Which storage lists come from: `oai.storage` in config/modules/oai.cfg. PostgreSQL has everything either way.

What talks to Solr is imported where it is in use: its packages take 6 MB of each process.
"""

from django.conf import settings
from django.db import transaction

from oai.configuration import Context
from oai.store.database import DatabaseStore
from oai.store.filling import WholeLists
from oai.store.port import Store
from repository import wakeup

TASK = "oai.tasks.tell_solr"
# Seconds after a publication: its datestamp is up to one second ahead, and Solr is told of nothing ahead.
_DELAY = 1.0


def store_for(context: Context, identifiers: str) -> Store:
    """Return the store of a context; `identifiers` is what stands before each local identifier, escaped for XML."""
    if not settings.OAI_SOLR_URL:
        return WholeLists(context, DatabaseStore(context, identifiers))
    from oai.store.solr import SolrStore

    return WholeLists(context, SolrStore(context, identifiers, settings.OAI_SOLR_URL))


def wake_after_commit() -> None:
    """Let a worker tell Solr of what this transaction publishes."""
    if settings.OAI_SOLR_URL:
        transaction.on_commit(lambda: wakeup.wake_task(TASK, delay=_DELAY))


def tell_solr(*, rebuild: bool = False, wait: bool = True) -> None:
    """Tell Solr, where it is in use, of what it does not know yet, or of everything again; log what hinders it.

    `wait` until what was published last may be sent: up to a second.
    """
    if settings.OAI_SOLR_URL:
        from oai.store import solr_sync

        solr_sync.tell(settings.OAI_SOLR_URL, rebuild=rebuild, wait=wait)


def optimize() -> None:
    """Tidy up Solr's core, where it is in use."""
    if settings.OAI_SOLR_URL:
        from oai.store import solr_sync

        solr_sync.optimize(settings.OAI_SOLR_URL)
