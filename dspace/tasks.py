"""Celery's entry to the commands, for the schedule."""

import logging

from celery import shared_task
from django.core.management import CommandError, call_command

log = logging.getLogger(__name__)


@shared_task(name="dspace.tasks.run_command")
def run_command(name: str, *arguments: str) -> None:
    """Run a command of manage.py, named as people type it.

    That it ends with an exit code says that something failed, which it has told: that is a line, and no crash.
    """
    try:
        call_command(name.replace("-", "_"), *arguments)
    except CommandError as error:
        said = f": {error}" if str(error) else ""
        log.error("%s ended with exit code %d%s", " ".join([name, *arguments]), error.returncode, said)
