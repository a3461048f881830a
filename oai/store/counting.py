"""How many headers a list has between two dates: whole blocks of them were counted when they were written.

A block is the headers later than its `after`, up to the `after` of the next one. Triggers keep the numbers right, and
begin a new block when the last one has 2,000 headers (oai/migrations/0006_blocks.py): so many are counted in a fraction
of a millisecond, however long the list is.
"""

from datetime import datetime

from django.db import connection

from oai.store import prepared

MOST = 1000  # records without a text that are looked up, in some milliseconds

# All blocks that reach between the dates, without what the first of them has before, and the last one behind. Each of
# the records without a text is looked up by itself: PostgreSQL would else read the whole list to find them in it.
_LIST = "view = %(view)s AND spec = %(spec)s"
_SIZE = f"""
WITH edge AS MATERIALIZED (SELECT
    (SELECT max(after) FROM oai_block WHERE {_LIST} AND after < %(earliest)s) AS first,
    (SELECT min(after) FROM oai_block WHERE {_LIST} AND after >= %(latest)s) AS next
)
SELECT (
    SELECT coalesce(sum(headers), 0) FROM oai_block
    WHERE {_LIST} AND after >= coalesce((SELECT first FROM edge), '-infinity') AND after < %(latest)s
) - (
    SELECT count(*) FROM oai_membership
    WHERE {_LIST} AND datestamp > (SELECT first FROM edge) AND datestamp < %(earliest)s
) - (
    SELECT count(*) FROM oai_membership
    WHERE {_LIST} AND datestamp > %(latest)s AND datestamp <= coalesce((SELECT next FROM edge), 'infinity')
) - (
    SELECT count(*) FROM (
        SELECT record_id FROM oai_rendered
        WHERE body = '' AND rendition_id = (SELECT id FROM oai_rendition WHERE name = %(rendition)s) LIMIT {MOST}
    ) AS failed, LATERAL (
        SELECT FROM oai_membership WHERE record_id = failed.record_id AND {_LIST}
        AND NOT deleted AND datestamp BETWEEN %(earliest)s AND %(latest)s LIMIT 1
    ) AS listed
)
"""  # noqa: S608 (made of texts of this file; values travel as parameters)


def size(view: str, spec: str, earliest: datetime, latest: datetime, rendition: str) -> int:
    """Return the number of headers in a list from `earliest` to `latest`, both inclusive; not the later before.

    Without those that are left out because they have no text in a rendition, as far as that is known, and up to MOST
    of them: with more the size is an estimate, never too small, as the standard allows (section 3.5).
    """
    span = {"view": view, "spec": spec, "earliest": earliest, "latest": latest}
    with connection.cursor() as cursor:
        prepared.execute(cursor, _SIZE, {**span, "rendition": rendition})
        return int(cursor.fetchone()[0])
