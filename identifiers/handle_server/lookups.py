"""Looking handles up: those asked for at the same time in one go, in a few threads, never longer than a while."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor

from identifiers.handle_server.responder import Unavailable
from identifiers.handle_server.values import HandleValue

log = logging.getLogger(__name__)

Read = Callable[[Sequence[str]], Mapping[str, Sequence[HandleValue]]]
Waiting = tuple[str, "asyncio.Future[Sequence[HandleValue] | None]"]

BATCH = 100  # handles in one query
LONGEST_QUEUE = 2_000  # handles that wait; whoever asks for more is told to come again
PATIENCE = 5.0  # seconds


class Lookups:
    """`read` gets handles and returns the values of those that exist; it is called in the threads of `pool`."""

    def __init__(self, read: Read, pool: Executor, *, threads: int) -> None:
        self._read, self._pool, self._idle = read, pool, threads
        self._waiting: list[Waiting] = []
        self._is_down = False
        self._loop = asyncio.get_running_loop()

    async def find(self, handle: str) -> Sequence[HandleValue] | None:
        """Return the values of a handle, None when there is no such handle. Raises Unavailable."""
        if len(self._waiting) >= LONGEST_QUEUE:
            raise Unavailable
        future: asyncio.Future[Sequence[HandleValue] | None] = self._loop.create_future()
        self._waiting.append((handle, future))
        self._begin()
        try:
            async with asyncio.timeout(PATIENCE):
                return await future
        except TimeoutError:
            raise Unavailable from None

    def _begin(self) -> None:
        """Give what waits to a thread that has nothing to do; what comes meanwhile waits for the next one."""
        if not self._idle:
            return
        waiting = [each for each in self._waiting if not each[1].done()]  # the others' askers have gone
        batch, self._waiting = waiting[:BATCH], waiting[BATCH:]
        if batch:
            self._idle -= 1
            task = self._loop.run_in_executor(self._pool, self._read, [handle for handle, _ in batch])
            task.add_done_callback(lambda done: self._finish(batch, done))

    def _finish(self, batch: list[Waiting], done: asyncio.Future[Mapping[str, Sequence[HandleValue]]]) -> None:
        self._idle += 1
        error = done.exception()
        if error and not self._is_down:  # once, not for each request of an outage
            log.error("Handles can't be looked up: %s", " ".join(str(error).split()))
        if self._is_down and not error:
            log.warning("Handles can be looked up again")
        self._is_down = error is not None
        for handle, future in batch:
            if future.done():  # nobody waits for it any more
                continue
            if error:
                future.set_exception(Unavailable())
            else:
                future.set_result(done.result().get(handle))
        self._begin()
