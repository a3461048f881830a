"""Finished records and headers: the database puts together what was stamped and rendered before.

PostgreSQL writes the XML of a whole page as one text. Taking a hundred rows apart, and writing their headers in Python,
took longer than everything else a page needs.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import psycopg2.extensions
from django.db import connection
from django.utils import timezone

from oai.configuration import Context, Format, Transformer
from oai.models import Record
from oai.rendering import RenderingError, render, variant
from oai.store.compiled import compile_items

log = logging.getLogger(__name__)

# `sets` holds elements already, and a local_id nothing that XML would escape (oai/identity.py).
_HEADER = """'<header' || CASE WHEN deleted THEN ' status="deleted">' ELSE '>' END
    || '<identifier>' || %(identifiers)s::text || local_id || '</identifier><datestamp>'
    || to_char(datestamp AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') || '</datestamp>' || sets || '</header>'"""
_HEADERS = f"SELECT 0 AS missing, string_agg({_HEADER}, '') AS content FROM listed"  # noqa: S608 (texts of this file)
_RECORDS = f"""
SELECT count(*) FILTER (WHERE body IS NULL) AS missing,
    '<record>' || string_agg({_HEADER} || body, '</record><record>') FILTER (WHERE deleted OR body <> '')
    || '</record>' AS content
FROM (
    SELECT listed.*, CASE WHEN deleted THEN '' ELSE (
        SELECT body FROM oai_rendered t WHERE t.record_id = listed.record_id
        AND t.rendition_id = (SELECT id FROM oai_rendition WHERE name = %(rendition)s)
    ) END AS body FROM listed
) AS bodies
"""  # noqa: S608 (as above)
_MISSING = """
SELECT r.id, r.item, r.digest, r.document, r.about FROM listed JOIN oai_record r ON r.id = listed.record_id
WHERE NOT listed.deleted AND NOT r.deleted AND NOT EXISTS (
    SELECT FROM oai_rendered t WHERE t.record_id = listed.record_id
    AND t.rendition_id = (SELECT id FROM oai_rendition WHERE name = %(rendition)s)
)
"""
_KNOW = "INSERT INTO oai_rendition (name) VALUES (%s) ON CONFLICT DO NOTHING"
# The records are locked, in order, against a publisher that is about to write others, and must still be those rendered.
_KEEP = """
INSERT INTO oai_rendered (record_id, rendition_id, body)
SELECT r.id, n.id, made.body FROM (
    SELECT id, digest FROM oai_record WHERE id = ANY(%(ids)s::bigint[]) AND NOT deleted ORDER BY id FOR SHARE
) r JOIN unnest(%(ids)s::bigint[], %(digests)s::bigint[], %(bodies)s::text[]) AS made (id, digest, body)
    USING (id, digest), oai_rendition n WHERE n.name = %(rendition)s
ON CONFLICT DO NOTHING
"""


class Wanted(NamedTuple):
    """What rows are to be sent as: records in a format, or headers when `offered` is None."""

    context: Context
    identifiers: str
    offered: Format | None

    @property
    def rendition(self) -> str | None:
        """The name of the texts."""
        return variant(self.offered, self.context.transformer) if self.offered else None


def read(wanted: Wanted, source: str, head: str, values: Mapping[str, Any]) -> Sequence[Any]:
    """Return one row: the columns of the statement `head`, then the finished content of `listed`, None without any.

    `source` is what precedes a SELECT: statements, then a list of WITH queries, one of which is `listed` (record_id,
    deleted, local_id, datestamp, sets), in order. Texts come in UTF-8, as the database sends them. What was not
    rendered yet is rendered and kept; what can't be, for the record is just being changed, is left out.
    """
    content = _RECORDS if wanted.offered else _HEADERS
    sql = f"{source} SELECT head.*, missing, content FROM ({head}) AS head, ({content}) AS page"  # noqa: S608 (as above)
    values = {**values, "identifiers": wanted.identifiers, "rendition": wanted.rendition}
    *found, missing, page = _fetch(sql, values)
    if missing:
        _render_missing(wanted, source, values)
        *found, missing, page = _fetch(sql, values)
    return [*found, page]


def _fetch(sql: str, values: Mapping[str, Any]) -> Sequence[Any]:
    with connection.cursor() as cursor:
        psycopg2.extensions.register_type(psycopg2.extensions.BYTES, cursor.cursor)
        cursor.execute(sql, values)
        row: Sequence[Any] = cursor.fetchone()
    return row


def _render_missing(wanted: Wanted, source: str, values: Mapping[str, Any]) -> None:
    """Make and keep the texts that these rows lack."""
    assert wanted.offered
    with connection.cursor() as cursor:
        cursor.execute(source + _MISSING, values)
        found = [Record(id=n, item=i, digest=d, document=x, about=a) for n, i, d, x, a in cursor.fetchall()]
    compile_erased(found)
    ready = [record for record in found if record.document]
    bodies = [body_of(wanted.offered, wanted.context.transformer, record.document, record.about) for record in ready]
    keep(wanted.rendition or "", ready, bodies)


def compile_erased(records: Sequence[Record]) -> None:
    """Give those records their document again that lost it, as far as their items are still what they were."""
    erased = {record.item: record for record in records if not record.document}
    for compiled in compile_items(list(erased), timezone.now()) if erased else ():
        record = erased[compiled.item.item_id]
        if record.digest == compiled.digest:
            record.document = compiled.document()
            Record.objects.filter(pk=record.pk, digest=record.digest, deleted=False).update(document=record.document)


def body_of(offered: Format, transformer: Transformer | None, document: str, about: str) -> str:
    """Return what stands behind the header of a record; empty when the stylesheets fail on its document."""
    try:
        metadata = render(offered, transformer, document)
    except RenderingError as error:
        log.warning("a record has no %s: %s", offered.prefix, error)
        return ""
    return f"<metadata>{metadata}</metadata>{about}"


def keep(rendition: str, records: Sequence[Record], bodies: Sequence[str]) -> None:
    """Keep texts for the next time, of those records that have not changed since."""
    ids, digests = [record.pk for record in records], [record.digest for record in records]
    with connection.cursor() as cursor:
        cursor.execute(_KNOW, [rendition])
        cursor.execute(_KEEP, {"ids": ids, "digests": digests, "bodies": list(bodies), "rendition": rendition})
