"""Celery's entry to the provider: thin wrappers, one call each."""

import logging

from celery import shared_task

from oai import running
from oai.configuration import ConfigurationError
from oai.store import failures, following, storage

log = logging.getLogger(__name__)


@shared_task(name="oai.tasks.follow_configuration", ignore_result=True)
def follow_configuration() -> bool:
    """Have everything looked at again after xoai.xml has changed, and announce what a mended stylesheet makes."""
    try:
        running.refuse_mistakes()
    except ConfigurationError as error:
        log.error("the changed configuration of the OAI provider is not followed:\n%s", error)
        return False
    has_changed = following.follow_configuration()
    failures.announce_mended()
    return has_changed


@shared_task(name="oai.tasks.tell_solr", ignore_result=True)
def tell_solr() -> None:
    """Tell Solr, where it is in use, of what was published; not waiting, for whatever comes wakes it again."""
    storage.tell_solr(wait=False)
