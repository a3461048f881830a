"""Brings the store up to date with the repository: the consumer `oai` of change marks (docs/oai.md).

In: ids of items that may have changed. Out: records, rendered texts, and where each record is listed. Called by the
runner of marks, and by `oai import` on everything. Fails: the caller's transaction is rolled back, the marks stay.
Harvesters see what is written here at the commit, with the datestamp that the clock gave (oai/store/clock.py).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from oai import running
from oai.configuration import Configuration, ConfigurationError, Context, Format
from oai.models import Record, Rendered
from oai.rendering import variant
from oai.store import clock, content, failures, filling, storage
from oai.store.compiled import Compiled, compile_items
from oai.store.views import all_views, elements
from repository.changes import NotNow

# In the order in which readers lock those whose texts they keep (oai/store/content.py): else the two could block each
# other.
_LOCK = """
SELECT FROM oai_record WHERE item = ANY(%(items)s::uuid[]) OR local_id = ANY(%(local_ids)s::text[])
ORDER BY id FOR UPDATE
"""
# An item with a new handle is another record: the old one stays, as a tombstone without an item. One that gets its old
# handle back gets its old record.
_PART = """
UPDATE oai_record r SET item = gen_random_uuid()
FROM unnest(%(items)s::uuid[], %(local_ids)s::text[]) AS now (item, local_id)
WHERE r.item = now.item AND r.local_id <> now.local_id RETURNING r.id
"""
_ADOPT = """
UPDATE oai_record r SET item = now.item
FROM unnest(%(items)s::uuid[], %(local_ids)s::text[]) AS now (item, local_id)
WHERE r.local_id = now.local_id AND r.item <> now.item
"""
_WRITE_RECORDS = """
INSERT INTO oai_record (item, local_id, digest, document, about, deleted)
SELECT *, false FROM unnest(%s::uuid[], %s::text[], %s::bigint[], %s::text[], %s::text[])
ON CONFLICT (item) DO UPDATE SET digest = excluded.digest, document = excluded.document, about = excluded.about,
    deleted = false
RETURNING item, id
"""
# What a record is listed in: view, digest, `setSpec` elements.
_LISTED = """
SELECT record_id, view, digest, sets FROM oai_membership
WHERE record_id = ANY(%s) AND spec = '' AND NOT deleted
"""
_CHANGES = """
unnest(%(records)s::bigint[], %(views)s::text[], %(specs)s::text[]) AS change (record_id, view, specs)
"""
_ELEMENTS = (
    "CASE WHEN {0} = '' THEN '' ELSE '<setSpec>' || replace({0}, ' ', '</setSpec><setSpec>') || '</setSpec>' END"
)
_LEAVE = f"""
UPDATE oai_membership m SET deleted = true, datestamp = %(stamp)s,
    sets = CASE WHEN change.specs IS NULL THEN m.sets ELSE {_ELEMENTS.format("m.spec")} END
FROM {_CHANGES} WHERE m.record_id = change.record_id AND m.view = change.view AND NOT m.deleted
AND (change.specs IS NULL OR m.spec <> '' AND m.spec <> ALL(string_to_array(change.specs, ' ')))
"""  # noqa: S608 (made of texts of this file; values travel as parameters)
_ENTER = f"""
INSERT INTO oai_membership (record_id, view, spec, datestamp, deleted, digest, local_id, sets)
SELECT r.id, change.view, listed.spec, %(stamp)s, false, r.digest, r.local_id, {_ELEMENTS.format("change.specs")}
FROM {_CHANGES} JOIN oai_record r ON r.id = change.record_id,
    unnest(array_prepend('', string_to_array(change.specs, ' '))) AS listed (spec)
WHERE change.specs IS NOT NULL
ON CONFLICT (record_id, view, spec) DO UPDATE SET datestamp = excluded.datestamp, deleted = false,
    digest = excluded.digest, local_id = excluded.local_id, sets = excluded.sets
"""  # noqa: S608 (as above)


class _Change(NamedTuple):
    """A record's place in a view is new to harvesters: its setSpecs with blanks between, None when it left the view."""

    record_id: int
    view: str
    specs: str | None


def apply_changes(item_ids: Sequence[UUID], now: datetime, *, rebuild: bool = False) -> None:
    """Bring the records of these items up to date with what the database says now; must run in a transaction.

    An item that is not public any more, or not in a view any more, leaves a tombstone there; one that never was leaves
    no trace. A record that comes out equal keeps its datestamp. `rebuild` makes documents and texts anew of records
    that have not changed, for what they are made with may have.
    """
    with connection.cursor() as cursor:
        clock.one_publisher(cursor)
    try:
        settings = running.current(at_once=True)  # as new at least as what another process marked for it
    except ConfigurationError as error:  # of a process that never had a good one
        raise NotNow(str(error)) from error
    compiled = compile_items(item_ids, now)
    parted = _follow_handles(item_ids, compiled)
    known = _known(item_ids, with_documents=rebuild)
    numbers = {item_id: record.pk for item_id, record in known.items()}
    numbers |= _write(_to_write(compiled, known, settings, rebuild=rebuild), settings, rebuild=rebuild)
    hidden = known.keys() - {c.item.item_id for c in compiled}
    # Of those that lost their item, another may have taken one over.
    gone = list(set(parted) - set(numbers.values()))
    gone += [known[item_id].pk for item_id in hidden if not known[item_id].deleted]
    _erase(gone)
    _stamp(list(_changes(compiled, numbers, gone, settings)), were_listed=bool(known or gone))
    clock.note_run()
    if not rebuild:  # a rebuild asks at its end
        filling.end()


def _follow_handles(item_ids: Sequence[UUID], compiled: Sequence[Compiled]) -> list[int]:
    """Lock all records of these items, let each item have that of its handle; return those that lost their item."""
    local_ids = [c.item.local_id for c in compiled]
    items: dict[str, Any] = {"items": [c.item.item_id for c in compiled], "local_ids": local_ids}
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, {"items": list(item_ids), "local_ids": local_ids})
        if not cursor.rowcount:  # all are new
            return []
        cursor.execute(_PART, items)
        parted = [number for (number,) in cursor.fetchall()]
        cursor.execute(_ADOPT, items)
    return parted


def _known(item_ids: Sequence[UUID], *, with_documents: bool) -> dict[UUID, Record]:
    records = Record.objects.filter(item__in=item_ids)
    return {r.item: r for r in (records if with_documents else records.defer("document", "about"))}


def _to_write(
    compiled: Sequence[Compiled], known: Mapping[UUID, Record], settings: Configuration, *, rebuild: bool
) -> list[tuple[Compiled, str]]:
    """Return what is new or has changed, with its document. One that was thrown away stays so until it is needed."""
    whole = _whole([record.pk for record in known.values()], settings) if rebuild else set()
    found = []
    for c in compiled:
        old = known.get(c.item.item_id)
        if old is None or old.deleted or old.digest != c.digest:
            found.append((c, c.document()))
        elif rebuild:
            document = c.document(old.document)
            if old.pk not in whole or old.document != document:
                found.append((c, document))
    return found


def _whole(record_ids: Sequence[int], settings: Configuration) -> set[int]:
    """Return those of the records that have all the texts that are made at once, by the stylesheets of now."""
    names = [variant(offered, context.transformer) for context, offered in _at_once(settings)]
    made = Rendered.objects.filter(record__in=record_ids, rendition__name__in=names).exclude(body="")
    texts = Counter(made.values_list("record_id", flat=True))
    return {number for number, count in texts.items() if count == len(names)}


def _at_once(settings: Configuration) -> list[tuple[Context, Format]]:
    """Return what is rendered when a record changes: oai_dc as most contexts give it. All else waits for a reader."""
    found = {
        offered.id: (context, offered)
        for context in settings.contexts.values()
        if context.transformer is None
        for offered in context.formats
        if offered.prefix == "oai_dc"
    }
    return list(found.values())


def _write(found: Sequence[tuple[Compiled, str]], settings: Configuration, *, rebuild: bool) -> dict[UUID, int]:
    """Write records and the texts that are made at once; return the numbers of the records by item."""
    if not found:
        return {}
    rows = [(c.item.item_id, c.item.local_id, c.digest, document, c.about) for c, document in found]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE_RECORDS, [list(column) for column in zip(*rows, strict=True)])
        numbers: dict[UUID, int] = dict(cursor.fetchall())
    written = [
        Record(id=numbers[item_id], digest=digest, document=document, about=about)
        for item_id, _, digest, document, about in rows
    ]
    texts = Rendered.objects.filter(record__in=list(numbers.values()))
    (texts.exclude(rendition__in=failures.notes()) if rebuild else texts).delete()
    for context, offered in _at_once(settings):
        content.render_and_keep(offered, context.transformer, written)
    return numbers


def _erase(record_ids: Sequence[int]) -> None:
    """Make these records tombstones: their headers stay, their content goes."""
    if record_ids:
        Record.objects.filter(pk__in=record_ids).update(deleted=True, document="", about="", digest=0)
        Rendered.objects.filter(record__in=record_ids).delete()


def _changes(
    compiled: Sequence[Compiled], numbers: Mapping[UUID, int], gone: Sequence[int], settings: Configuration
) -> Iterable[_Change]:
    """Yield what harvesters must hear of, by comparing where records are listed with where they belong."""
    listed = _listed([*numbers.values(), *gone])
    for number in gone:
        for name in listed.get(number, ()):
            yield _Change(number, name, None)
    views = all_views(settings)
    for c in compiled:
        number = numbers[c.item.item_id]
        before = listed.get(number, {})
        for view in views:
            old = before.get(view.name)
            specs = view.specs(c.item.facts, c.item.sets, old[1] if old else None)
            if specs is None and old is not None:
                yield _Change(number, view.name, None)
            elif specs is not None and old != (c.digest, elements(specs)):
                yield _Change(number, view.name, specs)


def _listed(record_ids: Sequence[int]) -> dict[int, dict[str, tuple[int, str]]]:
    """Return by record and view the digest and the setSpec elements that harvesters were given."""
    found: dict[int, dict[str, tuple[int, str]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_LISTED, [list(record_ids)])
        for number, view, digest, sets in cursor.fetchall():
            found.setdefault(number, {})[view] = digest, sets
    return found


def _stamp(changes: Sequence[_Change], *, were_listed: bool) -> None:
    """Let harvesters see the changes: new datestamps in every list of a view, that of a set left now a tombstone.

    `were_listed`: some of these records may have been listed before.
    """
    if not changes:
        return
    records, views, specs = zip(*changes, strict=True)
    with connection.cursor() as cursor:
        values = {"records": list(records), "views": list(views), "specs": list(specs)}
        stamped = values | {"stamp": clock.next_stamp(cursor)}
        if were_listed:
            cursor.execute(_LEAVE, stamped)
        cursor.execute(_ENTER, stamped)
    storage.wake_after_commit()
