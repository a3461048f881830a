"""Keeps Solr up to date with the lists in PostgreSQL (docs/solr.md).

Called by a Celery task, a second after something was published and every half minute, and by `oai import`. A run that
fails or is killed leaves the marker as it was: the next one sends the same headers again. Several may run at once; of
those that would send everything, which takes minutes, one does.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from oai.models import Block
from oai.store import clock
from oai.store.port import Place
from oai.store.solr_core import Core, Marker, MarkerChanged, SolrUnavailable

log = logging.getLogger(__name__)

TIMEOUT = 60.0  # seconds for a batch
BATCH = 2000  # headers of one request: some 300 kB
ATTEMPTS = 20

# What is published after this moment has a later datestamp (oai/store/clock.py).
_STATE = f"""
{clock.SHUT_OUT_PUBLISHERS}
SELECT response_date, last, (extract(epoch FROM copies_since) * 1000000)::bigint
FROM ({clock.RESPONSE_DATE}) AS now, oai_clock
"""  # noqa: S608 (made of texts of this package)
_LISTS = """
SELECT view, spec FROM (SELECT DISTINCT view, spec FROM oai_block) AS t WHERE EXISTS (
    SELECT FROM oai_membership m
    WHERE m.view = t.view AND m.spec = t.spec AND m.datestamp > %(after)s AND m.datestamp <= %(latest)s
)
"""
# A header that is stamped anew while the batches are read is not in them: its new place comes after the latest.
_PLACES = """
SELECT datestamp, record_id FROM oai_membership
WHERE view = %(view)s AND spec = %(spec)s AND (datestamp, record_id) > (%(datestamp)s, %(record)s)
AND datestamp <= %(latest)s ORDER BY datestamp, record_id LIMIT %(limit)s
"""
_LOCK = "hashtext('oai_solr'), hashtext('fill')"
_POOLED = (
    "the database gives each transaction another session, as PgBouncer does: set db.pgbouncer = true. Else Solr may not"
    " be filled again for as long as PgBouncer keeps its sessions, and lists come from PostgreSQL alone"
)
_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
_ALL_NUMBERS = 2**63 - 1


def tell(url: str, *, rebuild: bool, wait: bool) -> None:
    """Synchronise, or rebuild; log what hinders it.

    `wait` until what was published last may be sent, and see whether Solr has it all.
    """
    with _logged():
        if wait:
            _wait_for_last_stamp()
        (rebuild_all if rebuild else synchronise)(url)
        if wait and not _is_whole(Core(url, TIMEOUT)):
            log.warning("Solr has not the headers that it should have: it is filled anew")
            clock.mistrust_copies()  # lists come from PostgreSQL meanwhile
            synchronise(url)


def optimize(url: str) -> None:
    """Have Solr tidy up the core; log what hinders it."""
    with _logged():
        Core(url, TIMEOUT).optimize()


@contextmanager
def _logged() -> Iterator[None]:
    try:
        yield
    except SolrUnavailable as error:  # harvesters do not notice, and the next run makes up for it
        log.warning("Solr was not told of what was published: %s", error)


def synchronise(url: str) -> int:
    """Send what was published since the last time, everything to a core that has nothing; return how many headers.

    None to a core that another process fills. Raises SolrUnavailable.
    """
    core = Core(url, TIMEOUT)
    sent = 0
    for _ in range(ATTEMPTS):
        now, last, store = _state()
        marker = core.marker()
        synced = _complete_up_to(marker, store)
        if marker is None or synced is None:
            return sent + _fill(core, even_if_whole=False)
        if last <= synced or now <= synced:
            return sent
        sent += _send(core, marker.generation, after=synced, latest=now)
        try:
            core.write_marker(replace(marker, synced=now))
        except MarkerChanged:
            continue
        return sent
    raise SolrUnavailable("others write the marker again and again")


def rebuild_all(url: str) -> int:
    """Send all headers as a new generation, which readers see when it is complete; return how many.

    None while another process does so. Raises SolrUnavailable.
    """
    return _fill(Core(url, TIMEOUT), even_if_whole=True)


def _fill(core: Core, *, even_if_whole: bool) -> int:
    with _one_filler() as is_ours:
        if not is_ours:
            log.info("Solr is being filled already, by another process")
            return 0
        if not even_if_whole and _complete_up_to(core.marker(), _state()[2]):  # the filler before has just ended
            return 0
        return _send_all(core)


@contextmanager
def _one_filler() -> Iterator[bool]:
    """Say whether this process is the one that may send everything, until it is done or its database session ends.

    Behind PgBouncer, where no session is one process's own, all may: they do each other no harm, and waste time. Where
    nobody has said that it is there, the lock may stay with a session that the next one who asks is not given.
    """
    if connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"]:
        yield True
        return
    [[is_ours]] = _rows(f"SELECT pg_try_advisory_lock({_LOCK})", {})
    try:
        yield is_ours
    finally:
        if is_ours and _rows(f"SELECT pg_advisory_unlock({_LOCK})", {}) != [(True,)]:
            log.warning(_POOLED)


def _send_all(core: Core) -> int:
    sent = 0
    for _ in range(ATTEMPTS):
        _, _, store = _state()
        begun = _claimed(core, store)
        if begun is None:
            continue
        generation = max(begun.generation + 1, int(timezone.now().timestamp() * 1_000_000))
        count, is_done = _build(core, begun, generation)
        sent += count
        if is_done:
            core.forget_generations_before(generation)
            return sent
        if _complete_up_to(core.marker(), store):  # another was faster; nobody will see ours
            core.forget_generation(generation)
            return sent
    raise SolrUnavailable("the core was emptied again and again")


def _complete_up_to(marker: Marker | None, store: int) -> datetime | None:
    """Return the moment up to which the core has everything of this store; None where it has not."""
    return marker.synced if marker and marker.store == store else None


def _is_whole(core: Core) -> bool:
    """Say whether Solr has as many headers as PostgreSQL; while changes are under way nobody can tell.

    The marker does not say so: somebody may have deleted documents beside it.
    """
    _, last, store = _state()
    marker = core.marker()
    if marker is None or marker.store != store or marker.synced is None or marker.synced < last:
        return True
    has = core.size(marker.generation)
    should_have = Block.objects.aggregate(number=Sum("headers"))["number"] or 0
    return has == should_have or _state()[1] > last


def _wait_for_last_stamp() -> None:
    """Wait until what was published last may be sent: a second, for it is stamped with a moment to come."""
    now, last, _ = _state()
    time.sleep(min(max((last - now).total_seconds(), 0), 2))


def _claimed(core: Core, store: int) -> Marker | None:
    """Return the marker, after writing one where none is of this store; None when somebody else just did.

    So that it is noticed when the core is emptied in the middle of a rebuild.
    """
    marker = core.marker()
    if marker and marker.store == store:
        return marker
    claim = Marker(store, 0, None, marker.version) if marker else Marker(store, 0, None)
    try:
        core.write_marker(claim)
    except MarkerChanged:
        return None
    return core.marker()


def _build(core: Core, begun: Marker, generation: int) -> tuple[int, bool]:
    """Send everything, then what was published meanwhile, until the marker can be written; return how much, and if so.

    `begun` is the marker at the beginning: others may only have moved it on, else all must be sent again.
    """
    sent, after, marker = 0, _BEGINNING, begun
    for _ in range(ATTEMPTS):
        now, _, _ = _state()
        sent += _send(core, generation, after=after, latest=now)
        after = now
        try:
            core.write_marker(Marker(begun.store, generation, now, marker.version))
        except MarkerChanged:
            found = core.marker()
            if found is None or found.synced is None or found.generation != begun.generation:
                return sent, False
            marker = found
        else:
            return sent, True
    return sent, False


def _send(core: Core, generation: int, *, after: datetime, latest: datetime) -> int:
    sent = 0
    headers = _headers(after, latest)
    while batch := list(islice(headers, BATCH)):
        core.send(generation, batch)
        sent += len(batch)
    return sent


def _headers(after: datetime, latest: datetime) -> Iterator[tuple[str, str, Place]]:
    """Yield the headers stamped later than `after`, up to `latest`: view, set, place. No transaction stays open."""
    for view, spec in _rows(_LISTS, {"after": after, "latest": latest}):
        place: Place | None = (after, _ALL_NUMBERS)
        while place:
            values = {"view": view, "spec": spec, "datestamp": place[0], "record": place[1], "latest": latest}
            found: list[Place] = _rows(_PLACES, values | {"limit": BATCH})
            yield from ((view, spec, place) for place in found)
            place = found[-1] if len(found) == BATCH else None


def _state() -> tuple[datetime, datetime, int]:
    """Return now, the newest datestamp given out, and the identity of the store."""
    now, last, store = _rows(_STATE, {})[0]
    return now, last, store


def _rows(sql: str, values: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
