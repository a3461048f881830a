"""What no worker publishes in time, whoever asks for records publishes first: what was withdrawn is shown to nobody.

Called before records are read, looks every few seconds, and does a batch at most (docs/decisions/0005-oai-requests.md).
A worker that is at work is not disturbed. Fails: the log says so, and the harvester is answered with what there is; a
connection that died is raised, for the door replaces it and asks again.
"""

import logging
import time

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from repository import changes

log = logging.getLogger(__name__)

LOOK_EVERY = 5.0  # seconds, for each process

# A worker that is woken needs less than a second. What becomes due by a date (the end of an embargo, another attempt)
# wakes nobody: beat looks every half minute, at each consumer after the other. With many marks the last wait for long,
# while the runner's lock (repository/changes.py) is free for a moment between any two batches.
_IS_LATE = """
SELECT EXISTS (
    SELECT FROM repository_mark WHERE consumer = 'oai' AND due <= %(now)s - interval '10 seconds'
    AND (priority <> %(scheduled)s OR due <= %(now)s - interval '90 seconds')
) AND NOT EXISTS (
    SELECT FROM oai_clock WHERE last_run > clock_timestamp() - interval '5 seconds'
) AND pg_try_advisory_xact_lock(hashtext('mark'), hashtext('oai'))
"""
_looked = 0.0


def publish() -> None:
    """Publish a batch of what was to be published a while ago, if nobody else does.

    Raises what a dead connection raises. In a transaction nothing is done: where a batch fails, the runner needs one
    for each item, or all readers would wait until the last is done.
    """
    global _looked  # for the process; two threads that look at once do no harm
    if time.monotonic() - _looked < LOOK_EVERY or connection.in_atomic_block:
        return
    _looked = time.monotonic()
    try:
        if _is_late():
            log.warning("no worker publishes for OAI-PMH: the web server does it, as far as it is asked")
            changes.run("oai", now=timezone.now())
    except (DatabaseError, InterfaceError):
        if not connection.is_usable():
            _looked = 0.0
            raise
        log.exception("what changed was not published")


def _is_late() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_IS_LATE, {"now": timezone.now(), "scheduled": changes.SCHEDULED})
        found = cursor.fetchone()
    return bool(found and found[0])
