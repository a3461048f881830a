"""Who must be told what changed (DESIGN section 3). Level-triggered: a mark says "look again", never what to do.

In: services call `mark` in the transaction of their write. Out: each consumer of settings.CHANGE_CONSUMERS, a
function `apply_changes(item_ids, now)`, brings its view of these items up to date. Called by: the Celery task
(woken after commit, and by beat), and commands on all objects. Fails: a batch that raises is tried one by one; the
object that fails keeps its mark, with the error and a growing pause. A consumer that can't work at all raises NotNow,
and all marks stay as they are.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils.module_loading import import_string

from repository import wakeup
from repository.models import Mark

log = logging.getLogger(__name__)


class NotNow(Exception):
    """A consumer can't work now, through no fault of an object; the message says why."""


ApplyChanges = Callable[[Sequence[UUID], datetime], None]

INTERACTIVE, BULK, SCHEDULED = 1, 5, 9  # the lower, the sooner; what is due later stands behind, out of the way
BATCH = 500
LONGEST_PAUSE = timedelta(hours=6)

_MARK = """
INSERT INTO repository_mark (consumer, object_id, due, priority, attempts, error)
SELECT consumer, object_id, %(due)s, %(priority)s, 0, ''
FROM unnest(%(consumers)s::text[]) AS consumer, ({objects}) AS objects (object_id)
"""
_UNMARKED = """
SELECT i.id FROM repository_item i WHERE NOT EXISTS (
    SELECT FROM repository_mark m WHERE m.object_id = i.id AND m.consumer = %(consumer)s AND m.due <= %(now)s
)
"""
# By ctid, for by id a planner that last saw the table nearly empty compares every row with the whole array: seconds
# for each batch. The consumer's lock keeps the rows where they are.
_TAKE = """
DELETE FROM repository_mark WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM repository_mark WHERE consumer = %s AND due <= %s ORDER BY priority, id LIMIT %s
)) RETURNING object_id, attempts
"""
# A mark for a day to come stays.
_TAKE_OF = """
DELETE FROM repository_mark WHERE consumer = %s AND object_id = ANY(%s) AND (due <= %s OR attempts > 0)
RETURNING attempts
"""


def consumers() -> list[str]:
    """Return the names of those who are told of changes."""
    return list(settings.CHANGE_CONSUMERS)


def mark(
    item_ids: Iterable[UUID],
    *,
    now: datetime,
    priority: int = INTERACTIVE,
    due: datetime | None = None,
    only: str | None = None,
) -> None:
    """Say, in the caller's transaction, that these items changed: to all consumers, or to `only` one.

    `due` later than now is for a date to come.
    """
    ids = {"ids": list(item_ids)}
    _insert("SELECT unnest(%(ids)s::uuid[])", ids, now=now, priority=priority, due=due, only=only)


def unsaved_marks(
    item_ids: Iterable[UUID], *, now: datetime, priority: int = INTERACTIVE, due: datetime | None = None
) -> list[Mark]:
    """Return what `mark` would write, for a caller that writes it with other rows and then calls `wake`."""
    due, priority = _when(now, priority, due)
    return [Mark(consumer=name, object_id=pk, due=due, priority=priority) for pk in item_ids for name in consumers()]


def wake() -> None:
    """Let all consumers be woken once the caller's transaction has committed; at once when there is none."""
    told = consumers()
    transaction.on_commit(lambda: wakeup.wake(told))


def mark_items_of(
    collection_ids: Iterable[UUID],
    *,
    now: datetime,
    priority: int = BULK,
    due: datetime | None = None,
    only: str | None = None,
) -> None:
    """Say, as `mark` does, that every item in any of these collections changed, in one statement."""
    objects = "SELECT DISTINCT item_id FROM repository_itemcollection WHERE collection_id = ANY(%(ids)s::uuid[])"
    _insert(objects, {"ids": list(collection_ids)}, now=now, priority=priority, due=due, only=only)


def mark_all(consumer: str, *, now: datetime) -> None:
    """Say to one consumer that every item may have changed: what a full pass is.

    An item with a due mark gets no second one. Its mark is as good: whoever takes it looks at the item after this
    transaction, for while it holds the runner's lock nobody is between taking a mark and looking at its item.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        _lock(cursor, consumer)
        # A planner that last saw the table nearly empty would compare every item with every mark.
        cursor.execute("ANALYZE repository_mark")
        _insert(_UNMARKED, {"consumer": consumer, "now": now}, now=now, priority=BULK, only=consumer)


def _insert(
    objects: str,
    parameters: dict[str, Any],
    *,
    now: datetime,
    priority: int,
    due: datetime | None = None,
    only: str | None = None,
) -> None:
    moment, priority = _when(now, priority, due)
    told = [only] if only else consumers()
    parameters = parameters | {"due": moment, "priority": priority, "consumers": told}
    with connection.cursor() as cursor:
        cursor.execute(_MARK.format(objects=objects), parameters)
    if moment == now:
        transaction.on_commit(lambda: wakeup.wake(told))


def _when(now: datetime, priority: int, due: datetime | None) -> tuple[datetime, int]:
    """Return when a mark is due and its priority."""
    return (due, SCHEDULED) if due is not None and due > now else (now, priority)


def run(consumer: str, *, now: datetime, batch: int = BATCH) -> int:
    """Process one batch of the consumer's due marks and return how many marks it took; 0 means none is left.

    One runner works at a time for a consumer; another waits for its turn. It takes none where the consumer says NotNow.
    """
    apply_changes = _consumer(consumer)
    try:
        with transaction.atomic():
            taken = _take(consumer, now, batch)
            if taken:
                apply_changes(sorted({object_id for object_id, _ in taken}), now)
            return len(taken)
    except NotNow as reason:
        log.warning("%s: nothing is done for now: %s", consumer, reason)
        return 0
    except DatabaseError:
        if not connection.is_usable():
            raise
        log.exception("%s: a batch failed, trying its objects one by one", consumer)
    except Exception:
        log.exception("%s: a batch failed, trying its objects one by one", consumer)
    return _run_singly(consumer, apply_changes, now, batch)


def run_all(consumer: str, *, now: Callable[[], datetime], progress: Callable[[int], None] = lambda _: None) -> int:
    """Process the consumer's due marks until none is left; `progress` hears the size of each batch."""
    total = 0
    while count := run(consumer, now=now()):
        total += count
        progress(count)
    return total


def run_on(consumer: str, object_ids: Sequence[UUID], apply_changes: ApplyChanges, *, now: datetime) -> None:
    """Process these objects, marked or not, in another way than the consumer's own.

    As with `run`, they are tried one by one where they fail together, and each that fails keeps a mark. Raises NotNow.
    """
    try:
        with transaction.atomic():
            _take_of(consumer, object_ids, now)
            apply_changes(object_ids, now)
        return
    except NotNow:
        raise
    except Exception:
        if not connection.is_usable():
            raise
        log.exception("%s: a batch failed, trying its objects one by one", consumer)
    for object_id in object_ids:
        with transaction.atomic():
            _try(consumer, object_id, _take_of(consumer, [object_id], now), apply_changes, now)


def retry(consumer: str, *, now: datetime) -> None:
    """Let what the consumer failed on be due now, whatever is left of its pause."""
    with transaction.atomic(), connection.cursor() as cursor:
        _lock(cursor, consumer)
        Mark.objects.filter(consumer=consumer, attempts__gt=0).update(due=now)


def _consumer(name: str) -> ApplyChanges:
    function: ApplyChanges = import_string(settings.CHANGE_CONSUMERS[name])
    return function


def _take(consumer: str, now: datetime, batch: int) -> list[tuple[UUID, int]]:
    """Take marks for the rest of the transaction. The objects are read in later statements, so at least as new."""
    with connection.cursor() as cursor:
        _lock(cursor, consumer)
        cursor.execute(_TAKE, [consumer, now, batch])
        return list(cursor.fetchall())


def _take_of(consumer: str, object_ids: Sequence[UUID], now: datetime) -> int:
    """Take the marks of these objects, as `_take` does; return how often one of them has failed before."""
    with connection.cursor() as cursor:
        _lock(cursor, consumer)
        cursor.execute(_TAKE_OF, [consumer, list(object_ids), now])
        return max((attempts for (attempts,) in cursor.fetchall()), default=0)


def _lock(cursor: CursorWrapper, consumer: str) -> None:
    """Keep other runners of the consumer waiting until the transaction ends."""
    cursor.execute("SELECT pg_advisory_xact_lock(hashtext('mark'), hashtext(%s))", [consumer])


def _run_singly(consumer: str, apply_changes: ApplyChanges, now: datetime, batch: int) -> int:
    """Process as many marks, each in a transaction of its own; one that fails is kept for later."""
    count = 0
    while count < batch and _run_one(consumer, apply_changes, now):
        count += 1
    return count


def _run_one(consumer: str, apply_changes: ApplyChanges, now: datetime) -> bool:
    with transaction.atomic():
        taken = _take(consumer, now, 1)
        for object_id, attempts in taken:
            _try(consumer, object_id, attempts, apply_changes, now)
    return bool(taken)


def _try(consumer: str, object_id: UUID, attempts: int, apply_changes: ApplyChanges, now: datetime) -> None:
    """Process an object that failed so often before; where it fails again, keep a mark for it."""
    try:
        with transaction.atomic():
            apply_changes([object_id], now)
    except Exception as error:  # whatever one object does to a consumer, the others go on; it is kept below
        if not connection.is_usable():
            raise
        log.exception("%s: object %s failed", consumer, object_id)
        _keep(consumer, object_id, attempts + 1, error, now)


def _keep(consumer: str, object_id: UUID, attempts: int, error: Exception, now: datetime) -> None:
    pause = min(timedelta(seconds=15 * 2 ** min(attempts, 12)), LONGEST_PAUSE)
    Mark.objects.create(
        consumer=consumer,
        object_id=object_id,
        due=now + pause,
        priority=SCHEDULED,
        attempts=min(attempts, 30_000),
        error=f"{type(error).__name__}: {error}"[:2000],
    )
