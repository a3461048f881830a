"""Celery's entry to the core: thin wrappers, one call each."""

from celery import shared_task
from django.utils import timezone

from repository import changes


@shared_task(name="repository.tasks.run_changes", ignore_result=True)
def run_changes(consumer: str) -> int:
    """Process what is marked for one consumer."""
    return changes.run_all(consumer, now=timezone.now)


@shared_task(name="repository.tasks.sweep_changes", ignore_result=True)
def sweep_changes() -> int:
    """Process what is marked for every consumer: what a lost wake-up or a date left behind."""
    return sum(changes.run_all(consumer, now=timezone.now) for consumer in changes.consumers())
