"""The clock of the store: how no change is ever missed by a harvester (DESIGN decision 6).

A datestamp says when a change became visible, not when something was edited. Publishers stamp last, alone, and later
than now; a reader shuts them out for the time of one page and looks at nothing younger than its responseDate. So what
a reader does not see has a later datestamp than the responseDate it gives. Only the database's clock counts.
What takes a lock must be called inside a transaction, which holds it to its end.
"""

from datetime import datetime

from django.db.backends.utils import CursorWrapper
from django.db.models.functions import Now

from oai.models import Clock

# For readers: to be sent before, and together with, the statement that reads a page. PostgreSQL runs the statements of
# one message in one transaction, each seeing what was committed before it began: one round trip instead of five.
SHUT_OUT_PUBLISHERS = "SELECT pg_advisory_xact_lock_shared(hashtext('oai_clock'));"
RESPONSE_DATE = "SELECT date_trunc('second', clock_timestamp()) AS response_date"

_CLOCK = 1  # the single row
# Where the row was lost, the oldest header says what `earliest` was: it never rises.
_NEXT = """
INSERT INTO oai_clock (id, last, earliest, configuration, views)
SELECT %s, moment, CASE WHEN EXISTS (SELECT FROM oai_clock) THEN moment
    ELSE least(moment, (SELECT min(datestamp) FROM oai_membership)) END, '', '{}'
FROM (SELECT date_trunc('second', clock_timestamp()) + interval '1 second') AS next (moment)
ON CONFLICT (id) DO UPDATE SET last = greatest(oai_clock.last, excluded.last)
RETURNING last
"""


def one_publisher(cursor: CursorWrapper) -> None:
    """Wait until no other transaction publishes. What is read of the repository afterwards is at least as new."""
    cursor.execute("SELECT pg_advisory_xact_lock(hashtext('oai_publisher'))")


def next_stamp(cursor: CursorWrapper) -> datetime:
    """Return the datestamp of what this transaction publishes, after shutting out readers. To be called last."""
    cursor.execute("SELECT pg_advisory_xact_lock(hashtext('oai_clock'))")
    cursor.execute(_NEXT, [_CLOCK])
    row = cursor.fetchone()
    assert row
    stamp: datetime = row[0]
    return stamp


def mistrust_copies() -> None:
    """Let nobody trust any more what another system knows of the lists: it knows the store by another moment."""
    Clock.objects.update(copies_since=Now())


def note_run() -> None:
    """Note that a publisher was at work. To be called after `next_stamp`: two publishers write one row."""
    Clock.objects.update(last_run=Now())
