"""The store with Solr: Solr selects what a page shows, PostgreSQL has everything else (docs/solr.md).

A harvester never notices that Solr lags. What Solr says of a page is taken together with the moment up to which it is
complete; where PostgreSQL knows of anything published since, or finds one of the headers changed, or Solr does not
answer, the page comes from PostgreSQL alone. Pages, tokens and bytes are the same either way.
"""

import logging
import time
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from oai.store import clock
from oai.store.content import Found, read
from oai.store.database import DatabaseStore
from oai.store.port import Page, Place, Selection
from oai.store.solr_core import Core, Marker, SolrUnavailable, list_name

log = logging.getLogger(__name__)

TIMEOUT = 2.0  # seconds until a page comes from PostgreSQL
PAUSE = 10.0  # seconds until Solr is asked again
BLOCK = 1000  # places asked for at once behind the first page of a list: a request for a hundred costs half as much
LISTS = 64  # in which this process knows the places ahead

# The moment of a page is now where all that was published is in Solr; that of Solr's completeness where it is a second
# ago; else none: a change could be absent from lists for longer than two seconds. Nor is there one where a header has
# not the datestamp any more that Solr knows.
_PAGE = f"""
{clock.SHUT_OUT_PUBLISHERS}
WITH now AS MATERIALIZED ({clock.RESPONSE_DATE}), moment AS MATERIALIZED (
    SELECT CASE
        WHEN (extract(epoch FROM copies_since) * 1000000)::bigint <> %(store)s THEN NULL
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


class _Selected(NamedTuple):
    """What Solr selected: its marker, the next places of a list, and whether these are all there are."""

    marker: Marker
    places: Sequence[Place]
    is_end: bool

    def reaches(self, limit: int) -> bool:
        """Whether these are enough for a page, and to say whether more follow."""
        return self.is_end or len(self.places) > limit


@dataclass
class _State:
    """What this process knows: the generation of documents that counts, until when Solr is left alone, places ahead.

    Places asked for earlier are as good as new ones: PostgreSQL compares their marker with what was published.
    """

    generation: int = 0
    resting_until: float = 0.0
    ahead: dict[Hashable, _Selected] = field(default_factory=dict)


_state = _State()


@dataclass(frozen=True, eq=False)
class SolrStore(DatabaseStore):
    """The records of one context: pages through the core at `url`, all else as without it."""

    url: str

    def read_page(self, selection: Selection, *, after: Place | None, limit: int, metadata: bool, count: bool) -> Page:
        """Return a page of the list, up to its response date."""
        found = None
        if time.monotonic() >= _state.resting_until:
            try:
                found = self._page(selection, after=after, limit=limit, metadata=metadata, count=count)
            except SolrUnavailable as error:
                _state.resting_until = time.monotonic() + PAUSE
                log.warning("pages come from PostgreSQL alone for %d s, for Solr fails: %s", PAUSE, error)
        return found or super().read_page(selection, after=after, limit=limit, metadata=metadata, count=count)

    def _page(
        self, selection: Selection, *, after: Place | None, limit: int, metadata: bool, count: bool
    ) -> Page | None:
        """Return the page as Solr selects it; None where that does not agree with what PostgreSQL knows."""
        values = self._values(selection, after)
        asked = self.url, values["view"], values["spec"], values["latest"]
        selected = _state.ahead.pop((*asked, after), None)
        found = self._read(selection, values, selected, limit, metadata)
        if found is None:
            selected = _select(Core(self.url, TIMEOUT), values, max(limit, BLOCK if after else 0) + 1)
            found = self._read(selection, values, selected, limit, metadata)
        if found is None or selected is None:
            return None
        rest = selected._replace(places=selected.places[limit:])
        if found.more and rest.reaches(limit):
            _remember((*asked, found.last), rest)
        response_date = datetime.fromtimestamp(found.seconds or 0, UTC)
        size = self._size(selection) if count and found.more else None
        return Page(response_date, found.content, found.shown, found.last, found.more, size)

    def _read(
        self, selection: Selection, values: Mapping[str, Any], selected: _Selected | None, limit: int, metadata: bool
    ) -> Found | None:
        """Return the elements at the places that were selected; None where these are too few, or not those of now."""
        if selected is None or not selected.reaches(limit):
            return None
        places = selected.places[: limit + 1]
        compared = {
            "store": selected.marker.store,
            "synced": selected.marker.synced,
            "datestamps": [datestamp for datestamp, _ in places],
            "records": [record for _, record in places],
        }
        wanted = self._wanted(selection.prefix, metadata=metadata)
        found = read(wanted, _PAGE, {**values, **compared}, limit=limit, dated=True)
        return None if found.seconds is None else found


def _select(core: Core, values: Mapping[str, Any], limit: int) -> _Selected | None:
    """Return what Solr says of a list behind a place, up to `limit` headers of it; None where it is not complete."""
    place = values["place"], values["number"]
    for _ in range(2):  # once more when a rebuild has just ended, or this process has just begun
        generation = _state.generation
        listed = list_name(generation, values["view"], values["spec"])
        marker, places = core.page(listed, after=place, latest=values["latest"], limit=limit)
        if marker is None or marker.synced is None:
            return None
        if marker.generation == generation:
            return _Selected(marker, places, len(places) < limit)
        _state.generation = marker.generation
    return None


def _remember(key: Hashable, selected: _Selected) -> None:
    """Keep places for the next page of a list; of too many lists, not those kept first."""
    _state.ahead[key] = selected
    for old in list(_state.ahead)[:-LISTS]:
        _state.ahead.pop(old, None)
