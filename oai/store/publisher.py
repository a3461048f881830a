"""Brings the store up to date with the repository: the consumer `oai` of change marks (docs/oai.md).

In: ids of items that may have changed. Out: records, rendered texts, and where each record is listed. Called by the
runner of marks, and by `oai import` on everything. Fails: the caller's transaction is rolled back, the marks stay.
Harvesters see what is written here at the commit, with the datestamp that the clock gave (oai/store/clock.py).
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from crosswalks import xoai
from oai import identity
from oai.contexts import OAI_DC, REQUEST
from oai.models import Record, Rendered
from oai.records import PublicItem, public_items
from oai.rendering import render
from oai.store import clock
from oai.store.database import scope_of

_WRITE_RECORDS = """
INSERT INTO oai_record (item, local_id, sets, digest, document, deleted)
SELECT *, false FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[])
ON CONFLICT (item) DO UPDATE SET local_id = excluded.local_id, sets = excluded.sets, digest = excluded.digest,
    document = excluded.document, deleted = false
RETURNING item, id
"""
_WRITE_RENDERED = """
INSERT INTO oai_rendered (record_id, format, body)
SELECT id, %s, body FROM unnest(%s::bigint[], %s::text[]) AS written (id, body)
ON CONFLICT (record_id, format) DO UPDATE SET body = excluded.body
"""
_LEAVE = """
UPDATE oai_membership m SET deleted = true, datestamp = %(stamp)s,
    sets = CASE WHEN m.record_id = ANY(%(gone)s::bigint[]) THEN m.sets ELSE substr(m.scope, length(%(prefix)s) + 1) END
WHERE m.record_id = ANY(%(changed)s::bigint[]) AND NOT m.deleted AND NOT EXISTS (
    SELECT FROM unnest(%(records)s::bigint[], %(scopes)s::text[]) AS listed (record_id, scope)
    WHERE listed.record_id = m.record_id AND listed.scope = m.scope
)
"""
_ENTER = """
INSERT INTO oai_membership (record_id, scope, datestamp, deleted, local_id, sets)
SELECT r.id, listed.scope, %(stamp)s, false, r.local_id, r.sets
FROM unnest(%(records)s::bigint[], %(scopes)s::text[]) AS listed (record_id, scope)
JOIN oai_record r ON r.id = listed.record_id
ON CONFLICT (record_id, scope) DO UPDATE SET datestamp = excluded.datestamp, deleted = false,
    local_id = excluded.local_id, sets = excluded.sets
"""


@dataclass(frozen=True, slots=True)
class _Draft:
    """A record to be written; `restamp` says that harvesters must hear of it."""

    item_id: UUID
    local_id: str
    sets: str
    digest: str
    document: str
    body: str
    restamp: bool


def apply_changes(item_ids: Sequence[UUID], now: datetime, *, rebuild: bool = False) -> None:
    """Bring the records of these items up to date with what the database says now; must run in a transaction.

    An item that is not public any more leaves a tombstone; one that never was leaves no trace. A record that comes
    out equal keeps its datestamp. `rebuild` makes records anew that have not changed (after a change of stylesheets).
    """
    with connection.cursor() as cursor:
        clock.one_publisher(cursor)
    records = Record.objects.filter(item__in=item_ids)
    known = {record.item: record for record in (records if rebuild else records.defer("document"))}
    public = public_items(item_ids, now)
    drafts = list(_drafts(public, known, rebuild=rebuild))
    hidden = set(known) - {item.item_id for item in public}
    gone = [known[item_id].pk for item_id in hidden if not known[item_id].deleted]
    numbers = _write(drafts)
    _erase(gone)
    _stamp({numbers[draft.item_id]: draft.sets for draft in drafts if draft.restamp}, gone)


def _drafts(public: Sequence[PublicItem], known: dict[UUID, Record], *, rebuild: bool) -> Iterator[_Draft]:
    """Yield what must be written; unchanged records only when all are to be made anew."""
    repository = identity.repository_info()
    bodies = _bodies([record.pk for record in known.values()]) if rebuild else {}
    for item in public:
        own = xoai.elements(item.record)
        digest = hashlib.blake2b(own.encode(), digest_size=16).hexdigest()
        old = known.get(item.item_id)
        same = old is not None and (old.deleted, old.sets, old.digest) == (False, item.sets, digest)
        if same and not rebuild:
            continue
        document = xoai.document(item.record, repository, own)
        body = render(OAI_DC.prefix, document)
        stored = bodies.get(old.pk) if old else None
        if old and same and (old.document, stored) == (document, body):
            continue
        restamp = not same or stored not in (body, None)  # a text thrown away counts as equal
        yield _Draft(item.item_id, item.local_id, item.sets, digest, document, body, restamp)


def _bodies(record_ids: Sequence[int]) -> dict[int, str]:
    rows = Rendered.objects.filter(record__in=record_ids, format=OAI_DC.prefix)
    return dict(rows.values_list("record_id", "body"))


def _write(drafts: Sequence[_Draft]) -> dict[UUID, int]:
    """Write records and their texts; return the numbers of the records by item."""
    if not drafts:
        return {}
    columns = zip(*((d.item_id, d.local_id, d.sets, d.digest, d.document) for d in drafts), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_WRITE_RECORDS, [list(column) for column in columns])
        numbers = dict(cursor.fetchall())
        written = [numbers[draft.item_id] for draft in drafts]
        cursor.execute(_WRITE_RENDERED, [OAI_DC.prefix, written, [draft.body for draft in drafts]])
    Rendered.objects.filter(record__in=written).exclude(format=OAI_DC.prefix).delete()
    return numbers


def _erase(record_ids: Sequence[int]) -> None:
    """Make these records tombstones: their header stays, their content goes."""
    if record_ids:
        Record.objects.filter(pk__in=record_ids).update(deleted=True, document="", digest="")
        Rendered.objects.filter(record__in=record_ids).delete()


def _stamp(listed: Mapping[int, str], gone: Sequence[int]) -> None:
    """Let harvesters see the changes: new datestamps wherever a record is listed, or was until now.

    `listed` has the sets of each record, by its number.
    """
    if not listed and not gone:
        return
    entries = [
        (number, scope_of(REQUEST.name, spec)) for number, sets in listed.items() for spec in (None, *sets.split())
    ]
    with connection.cursor() as cursor:
        values: dict[str, Any] = {
            "stamp": clock.next_stamp(cursor),
            "records": [number for number, _ in entries],
            "scopes": [scope for _, scope in entries],
            "changed": [*listed, *gone],
            "gone": list(gone),
            "prefix": scope_of(REQUEST.name, ""),
        }
        cursor.execute(_LEAVE, values)
        cursor.execute(_ENTER, values)
