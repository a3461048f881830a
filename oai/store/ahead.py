"""Pages read ahead: while a fast harvester takes a page in, the next ones are read already.

PostgreSQL would else rest while the harvester works, and the harvester while PostgreSQL works. This is no cache: a page
is read for the one request that is about to come, and given to no later one; a process has MOST of them at most. It
has the response date of its reading, so it is what the same request would have got a moment earlier.
"""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from threading import RLock
from typing import NamedTuple, Protocol

from django.db import DatabaseError, InterfaceError, connection

from oai.store.port import Page, Place, Selection

# Seconds within which a harvester asks for the next page to be a fast one; a page is at most DEPTH of them old.
MOMENT = 0.05
DEPTH = 2  # pages of a list: with one the reader rests while a page is written, and is waited for a little later
MOST = 16  # pages


class Pages(Protocol):
    """Where pages are read."""

    def read_page(self, selection: Selection, *, after: Place | None, limit: int, metadata: bool, count: bool) -> Page:
        """Return what `Store.page` does (oai/store/port.py), now."""


class Asked(NamedTuple):
    """All that decides what a page holds; `after` is None for the first of a list."""

    pages: Pages
    selection: Selection
    after: Place | None
    limit: int
    metadata: bool

    def read(self, *, count: bool = False) -> Page:
        """Read the page now."""
        return self.pages.read_page(
            self.selection, after=self.after, limit=self.limit, metadata=self.metadata, count=count
        )


class _Expected(NamedTuple):
    """A page that a harvester will ask for next: when that was known last, when its reading began, where it is read."""

    since: float
    begun: float
    page: "Future[Page] | None"

    @property
    def is_fresh(self) -> bool:
        """Whether it is asked for fast. Who asks for the page before it again and again makes it no younger."""
        now = time.monotonic()
        return now - self.since < MOMENT and now - self.begun < DEPTH * MOMENT


# One thread, with one connection to the database: more would only take the time of those that answer.
_reader = ThreadPoolExecutor(1, "oai-ahead")
_expected: dict[Asked, _Expected] = {}
_lock = RLock()  # of _expected, which the reader goes on with


def page(asked: Asked, *, count: bool) -> Page:
    """Return a page: as it was read ahead, else read now. Of a list asked for fast, have the next ones read ahead."""
    with _lock:
        expected = _expected.pop(asked, None)
    is_fast = expected is not None and expected.is_fresh
    found = _read_ahead(expected.page) if expected and expected.page and is_fast else None
    found = found or asked.read(count=count)
    if not connection.in_atomic_block:  # another connection would not see the same
        _follow(asked, found, DEPTH if is_fast else 0)
    return found


def _follow(asked: Asked, found: Page, depth: int) -> None:
    """Expect the page behind one; have so many read ahead, each when the one before it is."""
    if not (found.more and found.last):
        return
    following = asked._replace(after=found.last)
    with _lock:
        now, known = time.monotonic(), _expected.pop(following, None)
        if known and known.page and known.is_fresh:
            expected = known._replace(since=now)
        else:
            expected = _Expected(now, now, _read_soon(following) if depth else None)
        _expected[following] = expected  # the newest comes last
        _forget()
    if expected.page and depth > 1:
        expected.page.add_done_callback(lambda read: _follow_on(following, read, depth - 1))


def _follow_on(asked: Asked, ahead: "Future[Page]", depth: int) -> None:
    if not ahead.cancelled() and not ahead.exception():
        _follow(asked, ahead.result(), depth)


def rest() -> None:
    """Forget what is expected, and close the connection of the thread that reads ahead."""
    with _lock:
        _expected.clear()
    for _ in range(DEPTH):  # what is being read has more read behind it
        _reader.submit(lambda: connection.close()).result()  # the connection of that thread, not of this one


def _forget() -> None:
    """Forget what nobody asked for and, of too many pages, the first."""
    for place, (old, expected) in enumerate(reversed(list(_expected.items()))):
        if place >= MOST or not expected.is_fresh:
            del _expected[old]


def _read_soon(asked: Asked) -> "Future[Page] | None":
    try:
        return _reader.submit(_read, asked)
    except RuntimeError:  # the process ends: executors take no more work, and nobody will ask for it
        return None


def _read(asked: Asked) -> Page:
    connection.close_if_unusable_or_obsolete()
    connection.health_check_done = True  # type: ignore[attr-defined]  # a dead connection costs a page read ahead
    return asked.read()


def _read_ahead(ahead: "Future[Page]") -> Page | None:
    """Return a page as soon as it is read; None where it can't be, or others are before it."""
    if ahead.cancel():
        return None
    try:
        return ahead.result()
    except (DatabaseError, InterfaceError):
        return None  # whoever asks finds out for itself what is the matter
