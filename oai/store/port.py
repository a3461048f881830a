"""The port between the protocol and the place where records are kept. Plain Python: no Django in here.

A store serves one context. It holds records ready to be sent, and gives them out as finished XML: `record` or `header`
elements of the namespace of OAI-PMH, in UTF-8, their identifiers whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

Place = tuple[datetime, int]
"""Where a list has come to: datestamp and number of the last record sent."""


class NotReady(Exception):
    """The list or record can't be given now; the harvester is to come back (section 3.1.2.2 of the standard)."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What a list is of: a format, and perhaps a set and a span of datestamps, both ends inclusive."""

    prefix: str
    set_spec: str | None = None
    earliest: datetime | None = None
    latest: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list in the order (datestamp, number), and whether more follow.

    `response_date` is the store's: whatever changes after this page was read gets a later datestamp (DESIGN
    decision 6). `content` are the elements, in parts, of `number` records; `last` is the place of the last one.
    `content` is empty where there are none, and where none of them exists in the format asked for. `size` is the number
    of records in the whole list, counted when it was asked for and more follow.
    """

    response_date: datetime
    content: Sequence[bytes]
    number: int
    last: Place | None
    more: bool
    size: int | None = None


class SetEntry(NamedTuple):
    """A set of ListSets; `key` orders them; `description` is text, mostly empty."""

    key: str
    spec: str
    name: str
    description: str = ""


class Store(Protocol):
    """What the verbs need."""

    def earliest_datestamp(self) -> datetime:
        """Return a datestamp that no record is older than; it never rises."""

    def knows(self, local_id: str) -> bool:
        """Say whether a record is in here, or was before it was deleted; `local_id` is the last part of its identifier.

        It may be in none of the formats: a context may filter each of them.
        """

    def record(self, local_id: str, prefix: str) -> bytes | None:
        """Return the `record` element, also of a deleted one, in the format `prefix`; None where there is none.

        Raises NotReady while it can't be made: its compiled document was thrown away, and it has changed since.
        """

    def page(self, selection: Selection, *, after: Place | None, limit: int, metadata: bool, count: bool) -> Page:
        """Return up to `limit` elements of the list behind `after`: `record`s, or `header`s without `metadata`.

        Raises NotReady.
        """

    def last(self, selection: Selection, *, place: Place, metadata: bool) -> bytes:
        """Return the last element of the list that is at or before `place`, else one behind it; empty without any.

        One behind it may be later than the list goes: a list that was begun must not end in nothing.
        """

    def sets(self, *, after: str | None, limit: int) -> tuple[Sequence[SetEntry], int]:
        """Return up to `limit` sets behind the key `after`, and the number of all sets."""
