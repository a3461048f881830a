"""Celery's entry to the provider: thin wrappers, one call each."""

from celery import shared_task

from oai import running
from oai.configuration import ConfigurationError
from oai.store import failures, following, storage


@shared_task(name="oai.tasks.follow_configuration", ignore_result=True)
def follow_configuration() -> bool:
    """Have everything looked at again after xoai.xml has changed, and announce what a mended stylesheet makes."""
    try:
        running.current(at_once=True)
    except ConfigurationError:  # of a process that never had a good one; the log says once what is wrong
        return False
    has_changed = following.follow_configuration()
    failures.announce_mended()
    return has_changed


@shared_task(name="oai.tasks.tell_solr", ignore_result=True)
def tell_solr() -> None:
    """Tell Solr, where it is in use, of what was published; not waiting, for whatever comes wakes it again."""
    storage.tell_solr(wait=False)
