"""Celery's entry to the provider: thin wrappers, one call each."""

from celery import shared_task

from oai.store import maintenance


@shared_task(name="oai.tasks.follow_configuration", ignore_result=True)
def follow_configuration() -> bool:
    """Have everything looked at again after xoai.xml has changed."""
    return maintenance.follow_configuration()
