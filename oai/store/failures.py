"""Records that were left out of a format: when they can be shown, harvesters hear of them.

A stylesheet fails on a record; or its compiled document was thrown away, and its item is just another than the one that
was published. Whoever harvested meanwhile has gone by, and would not come back for its old datestamp. So a record has a
note before an answer leaves it out (oai/store/content.py): an empty text by the name of the context and the prefix,
which lasts whatever becomes of texts, stylesheets and the ids in xoai.xml, until the record is stamped anew or deleted.
In: the notes, the stylesheets of now. Out: texts, and new datestamps where the context lists the format. Called every
half minute by beat, and by the command `oai`.
"""

from collections.abc import Iterator, Mapping, Sequence

from django.db import connection, transaction
from django.db.models import QuerySet

from oai import running
from oai.models import Membership, Record, Rendered, Rendition
from oai.store import clock, content, storage
from oai.store.content import Wanted
from oai.store.views import view_of

BATCH = 100  # records

# An index has the empty texts alone. What stylesheets of now have failed on already is not tried again.
_LEFT_OUT = """
SELECT n.name, array_agg(t.record_id ORDER BY t.record_id)
FROM unnest(%(notes)s::text[], %(renditions)s::text[]) AS offer (note, rendition)
JOIN oai_rendition n ON n.name = offer.note JOIN oai_rendered t ON t.rendition_id = n.id AND t.body = ''
WHERE NOT EXISTS (
    SELECT FROM oai_rendered failed WHERE failed.record_id = t.record_id AND failed.body = ''
    AND failed.rendition_id = (SELECT id FROM oai_rendition WHERE name = offer.rendition)
) GROUP BY n.name
"""


def announce_mended() -> int:
    """Try again what was left out, as far as that may help; return how many records a format now has, each once more.

    Must not run in a transaction, for many records may be rendered.
    """
    contexts = running.current(at_once=True).contexts.values()
    offers = [Wanted(context, "", offered) for context in contexts for offered in context.formats]
    by_note = {wanted.note: wanted for wanted in offers}
    count = 0
    for note, record_ids in _left_out(by_note):
        for start in range(0, len(record_ids), BATCH):
            count += _try_again(by_note[note], record_ids[start : start + BATCH])
    return count


def notes() -> QuerySet[Rendition]:
    """Return the renditions that hold nothing but notes."""
    return Rendition.objects.filter(name__endswith="@")


def _left_out(offers: Mapping[str, Wanted]) -> Iterator[tuple[str, list[int]]]:
    """Yield the names of notes, and of which records there are such."""
    with connection.cursor() as cursor:
        renditions = [wanted.rendition for wanted in offers.values()]
        cursor.execute(_LEFT_OUT, {"notes": list(offers), "renditions": renditions})
        yield from cursor.fetchall()


def _try_again(wanted: Wanted, record_ids: Sequence[int]) -> int:
    """Make the texts of these records; stamp those that have one, and take away their notes."""
    made = Rendered.objects.filter(record__in=record_ids, rendition__name=wanted.rendition)
    missing = list(Record.objects.filter(pk__in=record_ids, deleted=False).exclude(pk__in=made.values("record")))
    content.compile_erased(missing)
    found = [record for record in missing if record.document]
    content.render_and_keep(wanted.offered, wanted.context.transformer, found)
    with transaction.atomic(), connection.cursor() as cursor:
        clock.one_publisher(cursor)
        # Those that another run announced, or a publisher stamped meanwhile, have no note any more.
        noted = Rendered.objects.filter(record__in=record_ids, rendition__name=wanted.note)
        with_text = made.filter(record__in=noted.values("record")).exclude(body="")
        mended = list(with_text.values_list("record", flat=True))
        if mended:
            noted.filter(record__in=mended).delete()
            view = view_of(wanted.context, wanted.offered.prefix).name
            listed = Membership.objects.filter(record__in=mended, view=view, deleted=False)
            listed.update(datestamp=clock.next_stamp(cursor))
            storage.wake_after_commit()
    return len(mended)
