"""Records on which a stylesheet failed: when it is mended, harvesters hear of them.

Such a record has an empty text (oai/models.py): lists of the format leave it out. Whoever harvested meanwhile has gone
by, and would not come back for its old datestamp. In: the empty texts, the stylesheets of now. Out: texts, and new
datestamps where the context lists the format. Called every half minute by beat, and by the command `oai`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.db.models import QuerySet

from oai import running
from oai.configuration import Format, Transformer
from oai.models import Membership, Record, Rendered, Rendition
from oai.rendering import variant
from oai.store import clock, content, storage
from oai.store.views import view_of

BATCH = 100  # records

# An index has these alone.
_FAILED = """
SELECT n.name, array_agg(t.record_id ORDER BY t.record_id) FROM oai_rendered t
JOIN oai_rendition n ON n.id = t.rendition_id WHERE t.body = '' GROUP BY n.name
"""
# No stylesheet has an empty fingerprint: this is the name of a failure whose text has been thrown away.
_KNOW = """
INSERT INTO oai_rendition (name) SELECT split_part(n.name, '@', 1) || '@' FROM oai_rendered t
JOIN oai_rendition n ON n.id = t.rendition_id WHERE t.body = ''
EXCEPT SELECT name FROM oai_rendition ON CONFLICT DO NOTHING
"""
_KEEP = """
INSERT INTO oai_rendered (record_id, rendition_id, body) SELECT DISTINCT t.record_id, kept.id, '' FROM oai_rendered t
JOIN oai_rendition n ON n.id = t.rendition_id
JOIN oai_rendition kept ON kept.name = split_part(n.name, '@', 1) || '@'
WHERE t.body = '' AND (%(records)s::bigint[] IS NULL OR t.record_id = ANY(%(records)s))
ORDER BY t.record_id, kept.id ON CONFLICT DO NOTHING
"""


@dataclass
class _Offer:
    """What makes the texts of a rendition, and the views that list them."""

    format: Format
    transformer: Transformer | None
    views: set[str] = field(default_factory=set)


def announce_mended() -> int:
    """Try again what stylesheets failed on that have changed since; return for how many texts they now do.

    Must not run in a transaction, for many records may be rendered.
    """
    offers = _offers()
    by_maker = {_maker(name): name for name in offers}
    count = 0
    for name, record_ids in _failed():
        now = by_maker.get(_maker(name), name)
        if now != name:
            for start in range(0, len(record_ids), BATCH):
                count += _try_again(now, offers[now], record_ids[start : start + BATCH])
    return count


def remember(record_ids: Sequence[int] | None = None) -> None:
    """Keep in mind which of these records, or of all, stylesheets fail on, before their texts are thrown away."""
    with connection.cursor() as cursor:
        cursor.execute(_KNOW)
        cursor.execute(_KEEP, {"records": None if record_ids is None else list(record_ids)})


def remembered() -> QuerySet[Rendition]:
    """Return the renditions that hold nothing but what `remember` keeps."""
    return Rendition.objects.filter(name__endswith="@")


def _offers() -> dict[str, _Offer]:
    """Return what is offered now, by the name of its rendition."""
    found: dict[str, _Offer] = {}
    for context in running.current(at_once=True).contexts.values():
        for offered in context.formats:
            name = variant(offered, context.transformer)
            offer = found.setdefault(name, _Offer(offered, context.transformer))
            offer.views.add(view_of(context, offered.prefix).name)
    return found


def _maker(name: str) -> str:
    """Return the part of a rendition's name that does not change with its stylesheets."""
    return name.partition("@")[0]


def _failed() -> Iterator[tuple[str, list[int]]]:
    """Yield renditions that failed, and on which records."""
    with connection.cursor() as cursor:
        cursor.execute(_FAILED)
        yield from cursor.fetchall()


def _try_again(name: str, offer: _Offer, record_ids: Sequence[int]) -> int:
    """Make the texts that failed, as rendition `name`; stamp what was not to be had before."""
    made = Rendered.objects.filter(record__in=record_ids, rendition__name=name)
    missing = list(Record.objects.filter(pk__in=record_ids, deleted=False).exclude(pk__in=made.values("record")))
    content.compile_erased(missing)
    content.render_and_keep(offer.format, offer.transformer, [record for record in missing if record.document])
    with transaction.atomic(), connection.cursor() as cursor:
        clock.one_publisher(cursor)
        # Of those that another run announced, or a publisher stamped meanwhile, no failure is known any more.
        earlier = Rendition.objects.filter(name__startswith=f"{_maker(name)}@").exclude(name=name)
        failed = Rendered.objects.filter(record__in=record_ids, rendition__in=earlier, body="")
        known = list(failed.values_list("record", flat=True))
        mended = list(made.filter(record__in=known).exclude(body="").values_list("record", flat=True))
        listed = Membership.objects.filter(record__in=mended, view__in=offer.views, deleted=False)
        if mended:
            listed.update(datestamp=clock.next_stamp(cursor))
        failed.delete()
        storage.wake_after_commit()
    return len(mended)
