"""Finished records and headers: what was stamped and rendered before, put together.

PostgreSQL writes the headers, and joins some records at a time: what a row costs is to take it apart in Python. It does
not join a whole page, for to move large texts about costs it more than to send them.
"""

import io
import logging
import struct
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

import psycopg2.extensions
from django.db import DatabaseError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from common.cores import on_all_cores
from oai.configuration import Context, Format, Transformer
from oai.models import Record
from oai.rendering import RenderingError, render, variant
from oai.store import prepared
from oai.store.compiled import Compiled, compile_items
from oai.store.port import NotReady, Place

log = logging.getLogger(__name__)

_ATTEMPTS = 10  # at a page: its texts may be thrown away before they are read, or it may be another by then

# `sets` holds elements already, and a local_id nothing that XML would escape (oai/identity.py).
_HEADER = """'<header' || CASE WHEN deleted THEN ' status="deleted">' ELSE '>' END
    || '<identifier>' || %(identifiers)s::text || local_id || '</identifier><datestamp>'
    || to_char(datestamp AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') || '</datestamp>' || sets || '</header>'"""
# The text of a row as `text (body)`: null where it is missing, empty where the stylesheet fails on the record.
_TEXT = """SELECT body FROM oai_rendered t WHERE t.record_id = listed.record_id AND NOT deleted
    AND t.rendition_id = (SELECT id FROM oai_rendition WHERE name = %(rendition)s)"""
_RECORDS = {
    "element": f"'<record>' || {_HEADER} || coalesce(body, '') || '</record>'",
    "is_shown": "(deleted OR coalesce(body, '') <> '')",
    "text": _TEXT,
}
# Without a header is only what the stylesheet is known to fail on: the empty texts have an index of their own.
_HEADERS = {"element": _HEADER, "is_shown": "body IS NULL", "text": f"{_TEXT} AND body = ''"}
_TOGETHER = 20
# The rows are in order before the texts are there, for these are heavy; and whatever PostgreSQL thinks of the tables,
# it looks up one text after the other.
_BLOCKS = f"""
SELECT block, NULL::bigint AS seconds, count(*) AS number, count(*) FILTER (WHERE {{is_shown}}) AS shown,
    string_agg({{element}}, '') FILTER (WHERE {{is_shown}}) AS content,
    array_agg(record_id) FILTER (WHERE NOT {{is_shown}}) AS left_out,
    array_agg(record_id) FILTER (WHERE NOT {{is_shown}} AND body IS NULL) AS missing,
    max(datestamp) FILTER (WHERE place = %(limit)s), max(record_id) FILTER (WHERE place = %(limit)s)
FROM (SELECT *, (place - 1) / {_TOGETHER} AS block FROM listed ORDER BY block, place OFFSET 0) AS listed
LEFT JOIN LATERAL ({{text}} LIMIT 1) AS text (body) ON true
WHERE place <= %(limit)s GROUP BY block
"""  # noqa: S608 (made of texts of this module)
_DATE = """
SELECT -1, extract(epoch FROM response_date)::bigint, (SELECT count(*) FROM listed), 0, '', NULL, NULL, NULL, NULL
FROM clock UNION ALL
"""
_MISSING = """
SELECT r.id, r.item, r.digest, r.document, r.about FROM listed JOIN oai_record r ON r.id = listed.record_id
WHERE listed.place <= %(limit)s AND NOT listed.deleted AND NOT r.deleted AND NOT EXISTS (
    SELECT FROM oai_rendered t WHERE t.record_id = listed.record_id
    AND t.rendition_id = (SELECT id FROM oai_rendition WHERE name = %(rendition)s)
)
"""
# That a record was left out (oai/store/failures.py); locked against a publisher that is about to delete it.
_NOTE = """
INSERT INTO oai_rendered (record_id, rendition_id, body) SELECT r.id, n.id, '' FROM oai_record r, oai_rendition n
WHERE r.id = ANY(%(ids)s::bigint[]) AND NOT r.deleted AND n.name = %(note)s ORDER BY r.id FOR NO KEY UPDATE OF r
ON CONFLICT DO NOTHING
"""
_NOTED = """
SELECT count(*) FROM oai_rendered WHERE record_id = ANY(%(ids)s::bigint[]) AND body = ''
AND rendition_id = (SELECT id FROM oai_rendition WHERE name = %(note)s)
"""
# A conflict too would use up one of the 32767 numbers there are.
_KNOW = """
INSERT INTO oai_rendition (name) SELECT %(name)s::text
WHERE NOT EXISTS (SELECT FROM oai_rendition WHERE name = %(name)s) ON CONFLICT DO NOTHING
"""
# Locked, in order, against a publisher that is about to write others, and against who is about to keep the same texts.
_LOCK = """
SELECT r.id, r.digest, n.id FROM oai_record r, oai_rendition n
WHERE r.id = ANY(%(ids)s::bigint[]) AND NOT r.deleted AND n.name = %(rendition)s ORDER BY r.id FOR NO KEY UPDATE OF r
"""
_KEPT = "SELECT record_id FROM oai_rendered WHERE record_id = ANY(%s::bigint[]) AND rendition_id = %s"
# In binary form: PostgreSQL takes twice as long to find the end of a text in a statement as to write it.
_COPY = "COPY oai_rendered (record_id, rendition_id, body) FROM STDIN (FORMAT binary)"
_COPY_BEGIN = b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0)  # no flags, no extension
_COPY_ROW = struct.Struct("!hiqihi")  # three values: a bigint, a smallint, the bytes of a text; each after its length
_COPY_END = struct.pack("!h", -1)


class Wanted(NamedTuple):
    """What rows are to be sent as: records in a format, or without `metadata` the headers of these."""

    context: Context
    identifiers: str
    offered: Format
    metadata: bool = True

    @property
    def rendition(self) -> str:
        """The name of the texts."""
        return variant(self.offered, self.context.transformer)

    @property
    def note(self) -> str:
        """The name of the notes of what was left out: that of no text, for no stylesheet has an empty fingerprint."""
        return f"{self.context.name} {self.offered.prefix}@"


class Found(NamedTuple):
    """What was read: the elements, in parts, and how many; whether there are rows beyond the limit; the last place.

    `last` is None when there were fewer. `more` and `seconds`, the response date (Unix time), are known of a source
    that has one. `is_changing`: a record was left out because its text can't be made until it is published as it is
    now.
    """

    content: list[bytes]
    shown: int
    more: bool
    last: Place | None
    seconds: int | None
    is_changing: bool


class _Block(NamedTuple):
    """Some elements of a page, joined. The first, of a source with a response date, has that and no element.

    `number` counts rows; in the first, those beyond the limit too. `left_out` are the records that are not shown,
    `missing` those of them whose text is missing. Where the last row is the limit, it says where that stands.
    """

    place: int
    seconds: int | None
    number: int
    shown: int
    content: bytes | None
    left_out: list[int] | None
    missing: list[int] | None
    datestamp: datetime | None
    last: int | None


def read(wanted: Wanted, source: str, values: Mapping[str, Any], *, limit: int, dated: bool = False) -> Found:
    """Return the finished elements of the rows `listed`, up to `limit` of them.

    `source` is what precedes a SELECT: perhaps a statement, then WITH queries, one of which is `listed` (record_id,
    deleted, local_id, datestamp, sets, place), where place counts from 1; `dated` says that another is `clock`
    (response_date). What was not rendered yet is rendered and kept; what can't be, for the record is just being
    changed, is left out, and so is what stylesheets fail on. Headers are left out only of what is known to have no
    text. Raises NotReady where the rows are others each time.
    """
    sql = source + (_DATE if dated else "") + _BLOCKS.format(**(_RECORDS if wanted.metadata else _HEADERS))
    sql = sql.replace("%(limit)s", str(limit))  # known to the planner: a page is few rows, however many there are
    values = {**values, "limit": limit, "identifiers": wanted.identifiers, "rendition": wanted.rendition}
    changing: set[int] = set()
    for _ in range(_ATTEMPTS):
        blocks = _fetch(sql, values)
        left_out = {number for block in blocks for number in block.left_out or ()}
        missing = {number for block in blocks for number in block.missing or ()}
        # Of what could be made, or somebody else has made, others may stand there by now, for some have moved away.
        if not missing <= changing:
            changing = _render_missing(wanted, source, values)
        # A note that is there after the rows were read is taken away with a later datestamp than they have.
        elif left_out and not _are_noted(wanted, left_out):
            _note(wanted, left_out)
        else:
            return _found(blocks, limit, is_changing=bool(missing))
    raise NotReady("the records of the list change faster than they are made")


def _fetch(sql: str, values: Mapping[str, Any]) -> list[_Block]:
    """Return the blocks of a page in their order."""
    with connection.cursor() as cursor:
        psycopg2.extensions.register_type(psycopg2.extensions.BYTES, cursor.cursor)
        prepared.execute(cursor, sql, values)
        return sorted([_Block(*row) for row in cursor.fetchall()], key=attrgetter("place"))


def _found(blocks: Sequence[_Block], limit: int, *, is_changing: bool) -> Found:
    """Put together what was read."""
    return Found(
        content=[block.content for block in blocks if block.content],
        shown=sum(block.shown for block in blocks),
        more=bool(blocks) and blocks[0].number > limit,
        last=next(((block.datestamp, block.last) for block in blocks if block.datestamp and block.last), None),
        seconds=blocks[0].seconds if blocks else None,
        is_changing=is_changing,
    )


def _render_missing(wanted: Wanted, source: str, values: Mapping[str, Any]) -> set[int]:
    """Make and keep the texts that these rows lack; return the numbers of the records of which none can be made now."""
    with connection.cursor() as cursor:
        cursor.execute(source + _MISSING, values)
        found = [Record(id=n, item=i, digest=d, document=x, about=a) for n, i, d, x, a in cursor.fetchall()]
    compile_erased(found)
    render_and_keep(wanted.offered, wanted.context.transformer, [record for record in found if record.document])
    return {record.pk for record in found if not record.document}


def _are_noted(wanted: Wanted, record_ids: Collection[int]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_NOTED, {"ids": list(record_ids), "note": wanted.note})
        return bool(cursor.fetchone()[0] == len(record_ids))


def _note(wanted: Wanted, record_ids: Collection[int]) -> None:
    """Note that these records are left out: once they can be shown, harvesters hear of them."""
    _know(wanted.note)
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, {"ids": list(record_ids), "note": wanted.note})


def _know(rendition: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_KNOW, {"name": rendition})


def compile_erased(records: Sequence[Record]) -> None:
    """Give those records their document again that lost it, as far as their items are still what they were."""
    erased = {record.item: record for record in records if not record.document}
    for compiled in _compiled(list(erased)) if erased else ():
        record = erased[compiled.item.item_id]
        if record.digest == compiled.digest:
            record.document = compiled.document()
            Record.objects.filter(pk=record.pk, digest=record.digest, deleted=False).update(document=record.document)


def _compiled(item_ids: Sequence[UUID]) -> list[Compiled]:
    """Compile those of the items that can be; one that can't keeps no harvester from the others."""
    try:
        return compile_items(item_ids, timezone.now())
    except DatabaseError:
        raise
    except Exception:  # `about` elements are made by somebody's function
        if len(item_ids) > 1:
            return [compiled for item_id in item_ids for compiled in _compiled([item_id])]
        log.exception("item %s can't be compiled again", item_ids[0])
        return []


def render_and_keep(offered: Format, transformer: Transformer | None, records: Sequence[Record]) -> None:
    """Make the texts of these records, whose documents are at hand, and keep them."""
    bodies = on_all_cores(partial(body_of, offered, transformer), records)
    keep(variant(offered, transformer), records, bodies)


def body_of(offered: Format, transformer: Transformer | None, record: Record) -> str:
    """Return what stands behind the header of a record; empty when the stylesheets fail on its document."""
    try:
        metadata = render(offered, transformer, record.document)
    except RenderingError as error:
        log.warning("a record has no %s: %s", offered.prefix, error)
        return ""
    return f"<metadata>{metadata}</metadata>{record.about}"


def keep(rendition: str, records: Sequence[Record], bodies: Sequence[str]) -> None:
    """Keep texts for the next time, of those records that have not changed since and have no such text yet."""
    made = {record.pk: (record.digest, body) for record, body in zip(records, bodies, strict=True)}
    _know(rendition)  # before records are locked: a publisher that has them would wait for the name
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(_LOCK, {"ids": list(made), "rendition": rendition})
        rows = {number: rendition_id for number, digest, rendition_id in cursor.fetchall() if made[number][0] == digest}
        cursor.execute(_KEPT, [list(rows), next(iter(rows.values()), None)])
        for (number,) in cursor.fetchall():
            del rows[number]
        _write(cursor, [(number, rendition_id, made[number][1].encode()) for number, rendition_id in rows.items()])


def _write(cursor: CursorWrapper, rows: Sequence[tuple[int, int, bytes]]) -> None:
    """Write texts: the numbers of the record and of the rendition, and the body."""
    data = [_COPY_BEGIN]
    for number, rendition_id, body in rows:
        data += (_COPY_ROW.pack(3, 8, number, 2, rendition_id, len(body)), body)
    data.append(_COPY_END)
    with connection.wrap_database_errors:  # Django's cursor does it for other statements only
        cursor.copy_expert(_COPY, io.BytesIO(b"".join(data)))
