"""Celery's entry to the provider: thin wrappers, one call each."""

import logging

from celery import shared_task
from django.conf import settings

from oai.store import maintenance, solr_sync
from oai.store.solr_core import SolrUnavailable

log = logging.getLogger(__name__)


@shared_task(name="oai.tasks.follow_configuration", ignore_result=True)
def follow_configuration() -> bool:
    """Have everything looked at again after xoai.xml has changed."""
    return maintenance.follow_configuration()


@shared_task(name="oai.tasks.synchronise", ignore_result=True)
def synchronise() -> None:
    """Tell Solr, where it is in use, of what was published."""
    if not settings.OAI_SOLR_URL:
        return
    try:
        solr_sync.synchronise(settings.OAI_SOLR_URL)
    except SolrUnavailable as error:  # harvesters do not notice, and the next run makes up for it
        log.warning("Solr was not told of what was published: %s", error)
