"""Lists that are new in xoai.xml: nobody is given one before it has all that belongs to it.

In: the lists that there are now, and the marks by which new ones are filled (oai/store/following.py). Out: NotReady for
whoever asks for one of them too early; the door makes a 503 of it. A list is that of a view, `request`, or that of a
set which xoai.xml defines, `request theses`. An item that can't be published keeps no list waiting.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from django.utils import timezone

from oai.configuration import Configuration, Context
from oai.models import Clock, Record
from oai.store import late
from oai.store.port import NotReady, Page, Place, Selection, SetEntry, Store
from oai.store.views import all_views, view_of

LOOK_EVERY = 1.0  # seconds, for a list that was whole: a store that loses everything is withheld again

_LAST_MARK = "SELECT coalesce(max(id), 0) FROM repository_mark"
# What is marked for a day to come belongs in no list yet. The clocks of two hosts may differ by a minute.
_END = """
UPDATE oai_clock SET whole_from = last WHERE new_lists <> '[]' AND whole_from IS NULL AND NOT EXISTS (
    SELECT FROM repository_mark
    WHERE consumer = 'oai' AND id <= filled_by AND due <= clock_timestamp() + interval '1 minute'
)
"""
# What was published last is listed when its second has passed (oai/store/clock.py). A list that the clock has not
# heard of was not begun; where it knows of none, it has not been told yet what there is.
_IS_WHOLE = """
SELECT lists = '[]'
    OR lists ? %(name)s AND (NOT new_lists ? %(name)s OR coalesce(whole_from <= clock_timestamp(), false))
FROM oai_clock
"""


def begin(settings: Configuration, copied: Mapping[str, str]) -> None:
    """Note which lists are new. To be called in the publisher's transaction, after all items were marked.

    They are whole when these marks are gone. Where nothing was published yet, or all is lost, every list is new.
    `copied` are views whose lists began as copies of another's: view, and that other.
    """
    known, is_empty = Clock.objects.get(), not Record.objects.exists()
    waiting = known.new_lists if known.whole_from is None or known.whole_from > timezone.now() else []
    lists = dict(_lists_of(settings, copied))
    known_lists = known.lists or lists.values()  # at first, what was published is in all of them
    new = [name for name, origin in lists.items() if is_empty or origin in waiting or origin not in known_lists]
    Clock.objects.update(lists=list(lists), new_lists=new, whole_from=None, filled_by=_last_mark())
    end()


def end() -> None:
    """Note that new lists are whole, if all that was marked for them was published."""
    with connection.cursor() as cursor:
        cursor.execute(_END)


def _last_mark() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_LAST_MARK)
        return int(cursor.fetchone()[0])


def _lists_of(settings: Configuration, copied: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each list that xoai.xml asks for, and the one that it was a copy of: itself, mostly."""
    for view in all_views(settings):
        for spec in ("", *(f" {s.spec}" for s in view.context.sets)):
            yield view.name + spec, copied.get(view.name, view.name) + spec


@dataclass(frozen=True, slots=True)
class WholeLists:
    """The store of a context, whose lists are withheld until they are whole: its methods raise NotReady besides.

    `_whole` says when a list was last found to be whole.
    """

    context: Context
    store: Store
    _whole: dict[str, float] = field(default_factory=dict)

    def earliest_datestamp(self) -> datetime:
        """Return what the store says."""
        return self.store.earliest_datestamp()

    def knows(self, local_id: str) -> bool:
        """Say what the store says, unless a record may be missing."""
        found = self.store.knows(local_id)
        if not found:
            self._refuse(self.context.name)
        return found

    def record(self, local_id: str, prefix: str) -> bytes | None:
        """Return what the store says, unless the record may be missing."""
        late.publish()
        found = self.store.record(local_id, prefix)
        if found is None:
            self._refuse(view_of(self.context, prefix).name)
        return found

    def page(self, selection: Selection, *, after: Place | None, limit: int, metadata: bool, count: bool) -> Page:
        """Return what the store says, unless the list may be incomplete."""
        late.publish()
        view = view_of(self.context, selection.prefix).name
        own = any(s.spec == selection.set_spec for s in self.context.sets)
        self._refuse(f"{view} {selection.set_spec}" if own else view)
        return self.store.page(selection, after=after, limit=limit, metadata=metadata, count=count)

    def last(self, selection: Selection, *, place: Place, metadata: bool) -> bytes:
        """Return what the store says."""
        return self.store.last(selection, place=place, metadata=metadata)

    def sets(self, *, after: str | None, limit: int) -> tuple[Sequence[SetEntry], int]:
        """Return what the store says."""
        return self.store.sets(after=after, limit=limit)

    def _refuse(self, name: str) -> None:
        now = time.monotonic()
        if now - self._whole.get(name, -LOOK_EVERY) < LOOK_EVERY:
            return
        with connection.cursor() as cursor:
            cursor.execute(_IS_WHOLE, {"name": name})
            found = cursor.fetchone()
        if found is not None and not found[0]:
            raise NotReady(f"{name} is new, or lost what it had, and is not complete yet")
        self._whole[name] = now
