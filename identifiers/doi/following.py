"""The consumer `doi` of change marks: what of the items that changed the agency must be told.

In: ids of items from the runner of marks, in its transaction; no network. Out: states, wanted visibility, digests of
the rows of these items. An item without a DOI is passed over. Fails: it raises, and the runner keeps the marks.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError, connection, transaction

from identifiers import objects, resolution, services
from identifiers.doi import life, registry
from identifiers.doi.states import State
from identifiers.models import DOI
from identifiers.objects import Described

log = logging.getLogger(__name__)

CHUNK = 500  # rows of a transaction
# An edit ends the pause of a DOI: what was refused may be right now. The first look is no edit;
# nobody knows whether one is that comes after `seen` was emptied to have all told again: it counts as one.
_WRITE = """
UPDATE identifiers_doi d SET state = new.state, seen = new.seen, wanted_visible = new.visible, looks = d.looks + 1,
    last_error = CASE WHEN d.state = new.state THEN d.last_error ELSE '' END,
    unanswered = CASE WHEN d.seen = new.seen OR d.looks = 0 THEN d.unanswered ELSE 0 END,
    tries = CASE WHEN d.seen = new.seen OR d.looks = 0 THEN d.tries ELSE 0 END,
    paused_until = CASE WHEN d.seen = new.seen OR d.looks = 0 THEN d.paused_until END
FROM unnest(%s::bigint[], %s::smallint[], %s::text[], %s::boolean[]) AS new (id, state, seen, visible)
WHERE d.id = new.id
"""


def follow(object_ids: Sequence[UUID], now: datetime) -> None:
    """Bring the DOIs of these objects up to date with what is true of the objects now; must run in a transaction.

    The rows are locked before the objects are read: a call that ends meanwhile sees that somebody looked.
    """
    rows = list(DOI.objects.select_for_update().filter(object_id__in=object_ids).order_by("id"))
    if not rows:
        return
    described = objects.describe_all([row.object_id for row in rows if row.object_id], now)
    gone = tombstones([row.object_id for row in rows if row.object_id and row.object_id not in described])
    wish, nobody = registry.wish(), UUID(int=0)
    news = [
        (row.pk, *_news(row, described.get(row.object_id or nobody), wish, gone.get(row.object_id or nobody, "")))
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [list(column) for column in zip(*news, strict=True)])


def tombstones(object_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return the addresses that the DOIs of these objects lead to, now that the objects are gone."""
    handles = services.handles_of(object_ids) if object_ids else {}
    return {object_id: resolution.address(handle) for object_id, handle in handles.items()}


def follow_pending(now: datetime) -> None:
    """Look at the DOIs that wait for their items to be public, and whose items are.

    The mark of the day is missing where the policy was written while there were no DOIs here.
    """
    after = 0
    while rows := list(DOI.objects.filter(state=State.PENDING, pk__gt=after).order_by("pk")[:CHUNK]):
        after = rows[-1].pk
        _one_by_one_if_need_be(_follow_public, [row.object_id for row in rows if row.object_id], now)


def follow_all(now: datetime, progress: Callable[[int], None]) -> int:
    """Look at every object that has a DOI, and return how many there are.

    For times when nobody followed: DOIs were off, or what all are told has changed (stylesheet, publisher, filter).
    """
    after = count = 0
    rows = DOI.objects.filter(object_id__isnull=False).order_by("pk").values_list("pk", "object_id")
    while chunk := list(rows.filter(pk__gt=after)[:CHUNK]):
        after, count = chunk[-1][0], count + len(chunk)
        ids = [object_id for _, object_id in chunk if object_id]
        _one_by_one_if_need_be(_follow_and_mark, ids, now)
        progress(len(chunk))
    return count


def _follow_public(object_ids: Sequence[UUID], now: datetime) -> None:
    if public := objects.visible(object_ids, now):
        follow(list(public), now)


def _follow_and_mark(object_ids: Sequence[UUID], now: datetime) -> None:
    follow(object_ids, now)
    objects.mark_dates(object_ids, now)


def _one_by_one_if_need_be(
    look: Callable[[Sequence[UUID], datetime], None], object_ids: Sequence[UUID], now: datetime
) -> None:
    """Look at these in one transaction; where somebody's function can make nothing of one, at each of the others."""
    try:
        with transaction.atomic():
            look(object_ids, now)
    except DatabaseError:
        raise
    except Exception:
        if len(object_ids) > 1:
            for object_id in object_ids:
                _one_by_one_if_need_be(look, [object_id], now)
            return
        log.exception("item %s: what becomes of its DOI can't be told", *object_ids)


def _news(row: DOI, described: Described | None, wish: State, tombstone: str) -> tuple[int, str, bool | None]:
    """Return the state, the digest and the wanted visibility of a row."""
    state = life.look(row, described, wish, tombstone)
    if described is None:
        return state, life.farewell(row, tombstone), None
    return state, life.digest(described, state), described.visible
