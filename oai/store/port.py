"""The port between the protocol and the place where records are kept. Plain Python: no Django in here.

A store serves one context. It holds records ready to be sent; nothing is rendered when they are listed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

Place = tuple[datetime, int]
"""Where a list has come to: datestamp and number of the last record sent."""


class Row(NamedTuple):
    """A record as a store gives it out.

    `local_id` is the last part of its OAI identifier: the handle, URI-escaped, also what XML would escape. `sets` are
    setSpecs with blanks between them. `metadata` is the finished content of the `metadata` element in UTF-8, None for
    a deleted record and where only headers were asked for. `datestamp` is in UTC, whole seconds.
    """

    number: int
    local_id: str
    datestamp: datetime
    deleted: bool
    sets: str
    metadata: bytes | None


@dataclass(frozen=True, slots=True)
class Selection:
    """What a list is of: a format, and perhaps a set and a span of datestamps, both ends inclusive."""

    prefix: str
    set_spec: str | None = None
    earliest: datetime | None = None
    latest: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a list in the order (datestamp, number), and whether more follow.

    `response_date` is the store's: whatever changes after this page was read gets a later datestamp (DESIGN
    decision 6). `size` is the number of records in the whole list, counted when it was asked for and more follow.
    """

    response_date: datetime
    rows: Sequence[Row]
    more: bool
    size: int | None = None


class SetEntry(NamedTuple):
    """A set of ListSets; `key` orders them; `description` is plain text."""

    key: str
    spec: str
    name: str
    description: str = ""


class Store(Protocol):
    """What the verbs need."""

    def earliest_datestamp(self) -> datetime:
        """Return a datestamp that no record is older than; it never rises."""

    def record(self, local_id: str, prefix: str) -> Row | None:
        """Return a record, also a deleted one, with its metadata in the format `prefix`; None where none ever was."""

    def page(self, selection: Selection, *, after: Place | None, limit: int, metadata: bool, count: bool) -> Page:
        """Return up to `limit` rows of the list behind `after`; `metadata` also the records, not only the headers."""

    def last(self, selection: Selection, *, place: Place, metadata: bool) -> Row | None:
        """Return the last row of the list that is at or before `place`."""

    def sets(self, *, after: str | None, limit: int) -> tuple[Sequence[SetEntry], int]:
        """Return up to `limit` sets behind the key `after`, and the number of all sets."""
