"""The store in PostgreSQL: pages by keyset, texts as they were rendered (DESIGN decisions 5 and 6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from identifiers.services import handles_of
from oai import identity
from oai.configuration import Context
from oai.models import Clock, Membership
from oai.store import ahead, clock, counting
from oai.store.content import Wanted, read
from oai.store.port import NotReady, Page, Place, Selection, SetEntry
from oai.store.views import view_of, views_of
from repository.authorize import ANONYMOUS, visible_to
from repository.hiding import is_hidden
from repository.metadata import Metadata
from repository.models import Collection, Community
from repository.models.base import DSpaceObject

_BEGINNING, _END = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)

# The rows are chosen before their texts are fetched: a page costs what its rows cost, however deep in the list it is.
_PAGE = f"""
{clock.SHUT_OUT_PUBLISHERS}
WITH clock AS MATERIALIZED ({clock.RESPONSE_DATE}), listed AS (
    SELECT record_id, datestamp, deleted, local_id, sets, row_number() OVER (ORDER BY datestamp, record_id) AS place
    FROM oai_membership WHERE view = %(view)s AND spec = %(spec)s
    AND (datestamp, record_id) > (%(place)s, %(number)s)
    AND datestamp <= least(%(latest)s, (SELECT response_date FROM clock))
    ORDER BY datestamp, record_id LIMIT %(limit)s + 1
)
"""  # noqa: S608 (made of texts of this package; values travel as parameters)
# One element of a list, by itself.
_SINGLE = """
WITH listed AS (
    SELECT record_id, datestamp, deleted, local_id, sets, 1 AS place FROM oai_membership m
    WHERE view = %(view)s AND spec = %(spec)s AND {where} AND (deleted OR NOT EXISTS (
        SELECT FROM oai_rendered t WHERE t.record_id = m.record_id AND t.body = ''
        AND t.rendition_id = (SELECT id FROM oai_rendition WHERE name = %(rendition)s)
    )) ORDER BY {order} LIMIT 1
)
"""
_LAST = _SINGLE.format(
    where="(datestamp, record_id) <= (%(place)s, %(number)s) AND datestamp >= %(earliest)s",
    order="datestamp DESC, record_id DESC",
)
# All that was sent has changed too: what is shown next instead, though it may have changed this very second.
_NEXT = _SINGLE.format(where="(datestamp, record_id) > (%(place)s, %(number)s)", order="datestamp, record_id")
_RECORD = """
WITH listed AS (
    SELECT record_id, datestamp, deleted, local_id, sets, 1 AS place FROM oai_membership
    WHERE record_id = (SELECT id FROM oai_record WHERE local_id = %(local_id)s) AND view = %(view)s AND spec = ''
)
"""


@dataclass(frozen=True, slots=True, eq=False)
class DatabaseStore:
    """The records of one context (oai/store/port.py says what each method returns).

    `identifiers` is what stands before the local part of each identifier, escaped for XML.
    """

    context: Context
    identifiers: str

    def earliest_datestamp(self) -> datetime:
        """Return the moment the store came into being: no datestamp is older."""
        row = Clock.objects.first()
        return row.earliest if row else datetime.now(UTC)

    def knows(self, local_id: str) -> bool:
        """Say whether a record is, or was, listed in here."""
        views = [view.name for view in views_of(self.context)]
        return Membership.objects.filter(record__local_id=local_id, spec="", view__in=views).exists()

    def record(self, local_id: str, prefix: str) -> bytes | None:
        """Return the `record` element of a local identifier in a format."""
        view = view_of(self.context, prefix)
        values = {"view": view.name, "local_id": local_id}
        found = read(self._wanted(prefix), _RECORD, values, limit=1)
        if found.is_changing:
            raise NotReady("the item has just changed, and is not published yet")
        return b"".join(found.content) or None

    def page(self, selection: Selection, *, after: Place | None, limit: int, metadata: bool, count: bool) -> Page:
        """Return a page of the list; for a fast harvester it was read a moment ago."""
        return ahead.page(ahead.Asked(self, selection, after, limit, metadata), count=count)

    def read_page(self, selection: Selection, *, after: Place | None, limit: int, metadata: bool, count: bool) -> Page:
        """Return a page of the list, up to its response date."""
        wanted = self._wanted(selection.prefix, metadata=metadata)
        found = read(wanted, _PAGE, self._values(selection, after), limit=limit, dated=True)
        response_date = datetime.fromtimestamp(found.seconds or 0, UTC)
        size = self._size(selection) if count and found.more else None
        return Page(response_date, found.content, found.shown, found.last, found.more, size)

    def last(self, selection: Selection, *, place: Place, metadata: bool) -> bytes:
        """Return the last of the list that is at or before a place; where there is none, the first behind it."""
        wanted, values = self._wanted(selection.prefix, metadata=metadata), self._values(selection, place)
        return b"".join(read(wanted, _LAST, values, limit=1).content or read(wanted, _NEXT, values, limit=1).content)

    def sets(self, *, after: str | None, limit: int) -> tuple[Sequence[SetEntry], int]:
        """Return the context's own sets, then the communities and collections that visitors may see, in their order."""
        own = sorted(SetEntry(f"0{s.spec}", s.spec, s.name, s.description) for s in self.context.sets)
        entries = [entry for entry in own if after is None or entry.key > after][:limit]
        size = len(own)
        for kind, model in (("1com", Community), ("2col", Collection)):
            visible = visible_to(ANONYMOUS, model._default_manager.all())
            size += visible.count()
            if after is not None and after[:4] > kind:
                continue
            if after is not None and after[:4] == kind:
                visible = visible.filter(pk__gt=UUID(after[4:]))
            found = {obj.pk: obj for obj in visible.order_by("pk")[: limit - len(entries)]}
            handles = handles_of(found)
            entries += [
                SetEntry(f"{kind}{pk}", identity.set_spec(kind[1:], handles[pk]), obj.name, _description(obj))
                for pk, obj in found.items()
                if pk in handles
            ]
        return entries, size

    def _wanted(self, prefix: str, *, metadata: bool = True) -> Wanted:
        offered = next(f for f in self.context.formats if f.prefix == prefix)
        return Wanted(self.context, self.identifiers, offered, metadata)

    def _size(self, selection: Selection) -> int:
        """Return the number of elements in the whole list, with those that its last page will have in a second."""
        values, rendition = self._values(selection, None), self._wanted(selection.prefix).rendition
        return counting.size(values["view"], values["spec"], values["earliest"], values["latest"], rendition)

    def _values(self, selection: Selection, place: Place | None) -> dict[str, Any]:
        earliest = selection.earliest or _BEGINNING
        moment, number = place or (earliest, 0)  # numbers begin with 1
        return {
            "view": view_of(self.context, selection.prefix).name,
            "spec": selection.set_spec or "",
            "earliest": earliest,
            "place": moment,
            "number": number,
            "latest": selection.latest or _END,
        }


def _description(obj: DSpaceObject) -> str:
    """Return the short description of a community or collection, else its introduction, if everybody may see it."""
    fields = [field for field in ("dc.description.abstract", "dc.description") if not is_hidden(field)]
    return Metadata(obj.metadata).first(*fields) or ""
