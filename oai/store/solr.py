"""The store with Solr: Solr selects what a page shows, PostgreSQL has everything else (docs/solr.md).

A harvester never notices that Solr lags. What Solr says of a page is taken together with the moment up to which it is
complete; where PostgreSQL knows of anything published since, or finds one of the headers changed, or Solr does not
answer, the page comes from PostgreSQL alone. Pages, tokens and bytes are the same either way.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from oai.store import clock
from oai.store.content import read
from oai.store.database import DatabaseStore
from oai.store.port import Page, Place, Selection
from oai.store.solr_core import Core, Marker, SolrUnavailable, list_name

log = logging.getLogger(__name__)

TIMEOUT = 2.0  # seconds until a page comes from PostgreSQL
PAUSE = 10.0  # seconds until Solr is asked again

# The moment of a page is now where all that was published is in Solr; that of Solr's completeness where it is a second
# ago; else none: a change could be absent from lists for longer than two seconds. Nor is there one where a header has
# not the datestamp any more that Solr knows.
_PAGE = f"""
{clock.SHUT_OUT_PUBLISHERS}
WITH now AS MATERIALIZED ({clock.RESPONSE_DATE}), moment AS MATERIALIZED (
    SELECT CASE
        WHEN (extract(epoch FROM earliest) * 1000000)::bigint <> %(store)s THEN NULL
        WHEN last <= %(synced)s THEN response_date
        WHEN response_date - %(synced)s <= interval '1 second' THEN least(response_date, %(synced)s)
    END AS latest FROM now, oai_clock
), selected AS MATERIALIZED (
    SELECT * FROM unnest(%(datestamps)s::timestamptz[], %(records)s::bigint[]) AS place (datestamp, record_id)
    WHERE datestamp <= (SELECT latest FROM moment)
), listed AS MATERIALIZED (
    SELECT record_id, m.datestamp, deleted, local_id, sets, row_number() OVER (ORDER BY m.datestamp, record_id) AS place
    FROM selected JOIN oai_membership m USING (record_id, datestamp) WHERE view = %(view)s AND spec = %(spec)s
), clock AS MATERIALIZED (
    SELECT CASE WHEN (SELECT count(*) FROM selected) = (SELECT count(*) FROM listed) THEN latest END AS response_date
    FROM moment
)
"""  # noqa: S608 (made of texts of this package; values travel as parameters)


@dataclass
class _State:
    """What this process knows: which generation of documents counts, and until when Solr is left alone."""

    generation: int = 0
    resting_until: float = 0.0


_state = _State()


@dataclass(frozen=True)
class SolrStore(DatabaseStore):
    """The records of one context: pages through the core at `url`, all else as without it."""

    url: str

    def page(self, selection: Selection, *, after: Place | None, limit: int, metadata: bool, count: bool) -> Page:
        """Return a page of the list, up to its response date."""
        found = None
        if time.monotonic() >= _state.resting_until:
            try:
                found = self._page(selection, after=after, limit=limit, metadata=metadata, count=count)
            except SolrUnavailable as error:
                _state.resting_until = time.monotonic() + PAUSE
                log.warning("pages come from PostgreSQL alone for %d s, for Solr fails: %s", PAUSE, error)
        return found or super().page(selection, after=after, limit=limit, metadata=metadata, count=count)

    def _page(
        self, selection: Selection, *, after: Place | None, limit: int, metadata: bool, count: bool
    ) -> Page | None:
        """Return the page as Solr selects it; None where that does not agree with what PostgreSQL knows."""
        values = self._values(selection, after)
        marker, places = _select(Core(self.url, TIMEOUT), values, limit + 1)
        if marker is None or marker.synced is None:
            return None
        values |= {
            "store": marker.store,
            "synced": marker.synced,
            "datestamps": [datestamp for datestamp, _ in places],
            "records": [record for _, record in places],
        }
        wanted = self._wanted(selection.prefix if metadata else None)
        found = read(wanted, _PAGE, values, limit=limit, dated=True)
        if found.seconds is None:
            return None
        response_date = datetime.fromtimestamp(found.seconds, UTC)
        more = found.number > limit
        size = self._size(selection, response_date) if count and more else None
        return Page(response_date, found.content, min(found.number, limit), found.last, more, size)


def _select(core: Core, values: Mapping[str, Any], limit: int) -> tuple[Marker | None, Sequence[Place]]:
    """Return what Solr says of a list behind a place: its marker, and the places of up to `limit` headers."""
    place = values["place"], values["number"]
    for _ in range(2):  # once more when a rebuild has just ended, or this process has just begun
        generation = _state.generation
        listed = list_name(generation, values["view"], values["spec"])
        marker, places = core.page(listed, after=place, latest=values["latest"], limit=limit)
        if marker is None or marker.generation == generation:
            return marker, places
        _state.generation = marker.generation
    return None, []
