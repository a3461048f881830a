"""What `oai import` and `oai clean-cache` do: bring the whole store up to date, make it anew, tidy it."""

from collections.abc import Callable, Iterator
from itertools import chain
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from oai.models import Record, Rendered
from oai.store.publisher import apply_changes
from repository import changes
from repository.models import Item

CONSUMER = "oai"
BATCH = 500  # items; about 10 MB of memory, whatever the size of the repository
_TABLES = "oai_record, oai_rendered, oai_membership"
_ORPHANS = """
SELECT r.item FROM oai_record r LEFT JOIN repository_item i ON i.id = r.item
WHERE NOT r.deleted AND i.id IS NULL AND r.item > %s ORDER BY r.item LIMIT %s
"""
_LOWEST = UUID(int=0)

Progress = Callable[[int], None]


def import_changes(progress: Progress) -> int:
    """Publish all that is marked as changed and return how many marks that were; a store without records is filled."""
    count = changes.run_all(CONSUMER, now=timezone.now, progress=progress)
    if not Record.objects.exists():
        count += import_all(progress)
    _know_the_tables()
    return count


def import_all(progress: Progress) -> int:
    """Make every record anew, in place and batch by batch, and return how many items were looked at.

    What comes out equal keeps its datestamp; tombstones stay. A harvester sees a whole repository at all times.
    """
    count = 0
    for batch in chain(_batches(_items_after), _batches(_orphans_after)):
        with transaction.atomic():
            apply_changes(batch, timezone.now(), rebuild=True)
        count += len(batch)
        progress(len(batch))
    _know_the_tables()
    return count


def clean_cache() -> int:
    """Throw away all rendered texts and return how many there were.

    They are made again from the XOAI documents when they are next asked for, by the stylesheets of then.
    """
    return Rendered.objects.all().delete()[0]


def optimize() -> None:
    """Give the space of old rows back to the tables. Must not run in a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM (ANALYZE) {_TABLES}")


def totals() -> tuple[int, int]:
    """Return the number of live records and of tombstones."""
    deleted = Record.objects.filter(deleted=True).count()
    return Record.objects.count() - deleted, deleted


def _know_the_tables() -> None:
    """Let the planner know the size of what was just filled, before autovacuum would."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {_TABLES}")


def _batches(after: Callable[[UUID], list[UUID]]) -> Iterator[list[UUID]]:
    batch = after(_LOWEST)
    while batch:
        yield batch
        batch = after(batch[-1])


def _items_after(last: UUID) -> list[UUID]:
    return list(Item.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH])


def _orphans_after(last: UUID) -> list[UUID]:
    """Return items that have a live record but are gone from the repository."""
    with connection.cursor() as cursor:
        cursor.execute(_ORPHANS, [last, BATCH])
        return [row[0] for row in cursor.fetchall()]
