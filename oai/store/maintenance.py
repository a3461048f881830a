"""What the command `oai` does: bring the whole store up to date, make it anew, tidy it.

Nothing but `restamp` changes a datestamp, a tombstone or a token of what is the same, and at all times harvesters see
a whole repository: records are made anew in place, batch by batch.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, islice
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max, Q
from django.utils import timezone

from common.commands import counted
from identifiers.services import handle_of
from oai import running
from oai.models import Membership, Record, Rendition
from oai.rendering import variant
from oai.store import clock, failures, filling, following, storage
from oai.store.content import compile_erased
from oai.store.following import CONSUMER
from oai.store.publisher import apply_changes
from repository import changes
from repository.models import Item, Mark

BATCH = 500  # items; about 10 MB of memory, whatever the size of the repository
PIECE = 20_000  # records; a second or so
_TABLES = "oai_record, oai_rendered, oai_membership, oai_block"
_ORPHANS = """
SELECT r.item FROM oai_record r LEFT JOIN repository_item i ON i.id = r.item
WHERE NOT r.deleted AND i.id IS NULL AND r.item > %s ORDER BY r.item LIMIT %s
"""
# Records are locked in the order in which readers that keep texts lock them, and publishers.
_DELETE_TEXTS = """DELETE FROM oai_rendered WHERE record_id IN (
    SELECT id FROM oai_record WHERE id >= %s AND id < %s ORDER BY id FOR NO KEY UPDATE
) AND """
_OF_ALL = "rendition_id NOT IN (SELECT id FROM oai_rendition WHERE name LIKE '%%@')"  # which are notes
_OF_THESE = "rendition_id = ANY(%s::smallint[])"
_ERASE_DOCUMENTS = """UPDATE oai_record SET document = '' WHERE id IN (
    SELECT id FROM oai_record WHERE id >= %s AND id < %s AND document <> '' ORDER BY id FOR NO KEY UPDATE
)"""
_LOWEST = UUID(int=0)
Progress = Callable[[int], None]


def import_changes(progress: Progress) -> int:
    """Publish all that is marked as changed and return how many marks that were; a store without records is filled.

    What failed before is tried again; `failed` tells what still does.
    """
    _begin()
    changes.retry(CONSUMER, now=timezone.now())
    count = changes.run_all(CONSUMER, now=timezone.now, progress=progress)
    failures.announce_mended()
    _forget_old_renditions()
    if count:
        _know_the_tables()
    storage.tell_solr()
    return count


def import_all(progress: Progress) -> int:
    """Make every record anew, in place and batch by batch, and return how many items were looked at.

    New lists are filled by marks as ever, of which this takes those of each batch: where it ends early, the runner does
    the rest. `failed` tells which items could not be done.
    """
    _begin()
    count = 0
    for batch in chain(_items(), _orphans()):
        changes.run_on(CONSUMER, batch, partial(apply_changes, rebuild=True), now=timezone.now())
        count += len(batch)
        progress(len(batch))
    changes.run_all(CONSUMER, now=timezone.now)  # what is marked and gone
    filling.end()
    failures.announce_mended()
    _forget_old_renditions()
    _know_the_tables()
    storage.tell_solr(rebuild=True)
    return count


def restamp(progress: Progress) -> int:
    """Give all live records a new datestamp, so that harvesters fetch them again; return how many."""
    count, last = 0, 0
    live = Record.objects.filter(deleted=False).order_by("pk").values_list("pk", flat=True)
    while batch := list(live.filter(pk__gt=last)[:BATCH]):
        with transaction.atomic(), connection.cursor() as cursor:
            clock.one_publisher(cursor)
            listed = Membership.objects.filter(record__in=batch, deleted=False)
            listed.update(datestamp=clock.next_stamp(cursor))
        count, last = count + len(batch), batch[-1]
        progress(len(batch))
    storage.tell_solr()
    return count


def compile_items(progress: Progress) -> int:
    """Give all records that lost it their document again; return how many were looked at."""
    count = 0
    last = 0
    # Locked in the order in which publishers lock them (oai/store/publisher.py): else the two could block each other.
    erased = Record.objects.filter(deleted=False, document="").order_by("pk").select_for_update()
    while True:
        with transaction.atomic():
            batch = list(erased.filter(pk__gt=last)[:BATCH])
            compile_erased(batch)
        if not batch:
            return count
        count, last = count + len(batch), batch[-1].pk
        progress(len(batch))


def erase_compiled_items() -> int:
    """Throw away all compiled documents and return how many there were; each is made again when it is needed."""
    return _in_pieces(_ERASE_DOCUMENTS)


def clean_cache() -> int:
    """Throw away all rendered texts and return how many there were; each is made again when it is next asked for."""
    # Not TRUNCATE: harvesters would wait behind a running backup.
    return _in_pieces(_DELETE_TEXTS + _OF_ALL)


def optimize() -> None:
    """Give the space of old rows back to the tables. Must not run in a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM (ANALYZE) {_TABLES}")
    storage.optimize()


def failed() -> str:
    """Return what there is to be said of items that could not be published; nothing where all were."""
    failing = Mark.objects.filter(consumer=CONSUMER, attempts__gt=0)
    first = failing.order_by("id").first()
    if first is None:
        return ""
    number = failing.values("object_id").distinct().count()
    item = handle_of(first.object_id) or first.object_id
    return (
        f"{counted(number, 'item')} could not be published: harvesters see what they saw before. Each is tried"
        f" again by itself, and by the next import. The first is {item}: {first.error}"
    )


def totals() -> tuple[int, int]:
    """Return the number of live records and of tombstones."""
    deleted = Record.objects.filter(deleted=True).count()
    return Record.objects.count() - deleted, deleted


def _begin() -> None:
    """Have everything marked where the configuration is another one, or the store has lost everything."""
    if not following.follow_configuration() and not Record.objects.exists():
        following.begin_anew()


def _forget_old_renditions() -> None:
    """Throw away what stylesheets made that have changed since."""
    contexts = running.current().contexts.values()
    names = {variant(offered, context.transformer) for context in contexts for offered in context.formats}
    kept = Rendition.objects.filter(Q(name__in=names) | Q(pk__in=failures.notes()))
    old = list(Rendition.objects.exclude(pk__in=kept).values_list("pk", flat=True))
    if old:
        _in_pieces(_DELETE_TEXTS + _OF_THESE, old)
        Rendition.objects.filter(pk__in=old).delete()


def _in_pieces(sql: str, *values: list[int]) -> int:
    """Run a statement on some records at a time, so that no publisher waits long for it; return the number of rows.

    Its first two parameters are the records from one number to before another; `values` are the others.
    """
    last = Record.objects.aggregate(Max("pk"))["pk__max"] or 0
    count = 0
    with connection.cursor() as cursor:
        for first in range(0, last + 1, PIECE):
            cursor.execute(sql, [first, first + PIECE, *values])
            count += cursor.rowcount
    return count


def _know_the_tables() -> None:
    """Let the planner know the size of what was just filled, before autovacuum would."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {_TABLES}")


def _items() -> Iterator[list[UUID]]:
    """Yield all items in the order they came in, about that of their rows on disk: in any other most of the time is
    spent on finding them there. The server keeps the list.
    """
    ids = Item.objects.order_by("archived_at").values_list("pk", flat=True).iterator(chunk_size=BATCH)
    while batch := list(islice(ids, BATCH)):
        yield batch


def _orphans() -> Iterator[list[UUID]]:
    batch = _orphans_after(_LOWEST)
    while batch:
        yield batch
        batch = _orphans_after(batch[-1])


def _orphans_after(last: UUID) -> list[UUID]:
    """Return items that have a live record but are gone from the repository."""
    with connection.cursor() as cursor:
        cursor.execute(_ORPHANS, [last, BATCH])
        return [row[0] for row in cursor.fetchall()]
