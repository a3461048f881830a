"""What no worker publishes in time, whoever asks for records publishes first: what was withdrawn is shown to nobody.

Called before records are read, looks every few seconds, and does a batch at most. A worker that is at work is not
disturbed. Fails: the log says so, and the harvester is answered with what there is.
"""

import logging
import time
from datetime import datetime, timedelta

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from repository import changes

log = logging.getLogger(__name__)

LOOK_EVERY = 5.0  # seconds, for each process
LATE = timedelta(seconds=10)  # a worker that is woken needs less than one

# The lock of runners (repository/changes.py): with many marks, a worker holds it nearly all the time.
_IS_LATE = """
SELECT pg_try_advisory_xact_lock(hashtext('mark'), hashtext('oai'))
WHERE EXISTS (SELECT FROM repository_mark WHERE consumer = 'oai' AND due <= %s)
"""
_looked = 0.0


def publish() -> None:
    """Publish a batch of what was to be published a while ago, if nobody else does."""
    global _looked  # for the process; two threads that look at once do no harm
    if time.monotonic() - _looked < LOOK_EVERY or connection.in_atomic_block:  # which would keep the lock to its end
        return
    _looked = time.monotonic()
    now = timezone.now()
    try:
        with transaction.atomic():
            if _is_late(now - LATE):
                log.warning("no worker publishes for OAI-PMH: the web server does it, as far as it is asked")
                changes.run("oai", now=now)
    except DatabaseError:
        log.exception("what changed was not published")


def _is_late(moment: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_IS_LATE, [moment])
        found = cursor.fetchone()
    return bool(found and found[0])
