"""What adding an item needs from the database beforehand. Who adds many fetches it ahead, for many at a time."""

import time
from collections import deque
from uuid import UUID

from identifiers import services as identifiers
from repository.services import policies

_LARGEST = 64  # handles reserved at a time
_LASTS = 1.0  # seconds


class Supplies:
    """Handles reserved by the block, and what collections give, read once a second. For one thread of one process."""

    def __init__(self) -> None:
        self._handles: deque[str] = deque()
        self._next = 1  # blocks double, so that few items leave a small gap in the numbers
        self._given: dict[UUID, tuple[float, policies.Defaults]] = {}

    def handle(self) -> str:
        """Return a new handle, to be used or lost."""
        while not self._handles:  # all of a block may be former ones
            self._handles.extend(identifiers.reserve(self._next))
            self._next = min(2 * self._next, _LARGEST)
        return self._handles.popleft()

    def defaults(self, collection_id: UUID) -> policies.Defaults:
        """Return the policies that the collection gives, as they were at most a second ago."""
        read, given = self._given.get(collection_id, (0.0, None))
        if given is None or time.monotonic() - read > _LASTS:
            read, given = time.monotonic(), policies.defaults(collection_id)
            self._given[collection_id] = read, given
        return given
