"""Celery's entry to the commands, for the schedule."""

from celery import shared_task
from django.core.management import call_command


@shared_task(name="dspace.tasks.run_command")
def run_command(name: str, *arguments: str) -> None:
    """Run a command of manage.py, named as people type it."""
    call_command(name.replace("-", "_"), *arguments)
