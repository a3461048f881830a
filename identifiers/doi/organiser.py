"""Tells the agency what is waiting: the work of `doi-organiser` (docs/identifiers.md).

In: DOIs in the states of an action, in the order of their ids, each once. Out: calls to the connector, a few at a time,
in threads that never touch the database; an Outcome for each. Called by: the command, which the schedule calls too.
Fails: what the agency says of one DOI, or that it says nothing, is an Outcome. In an outage (outage.py) `stopped` says
why, no more is sent, and those that `doubts` is true of have not failed. What got no answer is tried last by the next
runs (`unanswered`): a DOI that is never answered holds up nothing else. A row that somebody has locked is waited for,
for a while.
"""

import logging
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import datetime
from time import monotonic, sleep
from typing import cast

from identifiers.connectors.port import AgencyOutOfReach, AgencyUnavailable, DOIConnector, DOIRefused
from identifiers.doi import claims, preparing
from identifiers.doi.claims import Accepted
from identifiers.doi.outage import Line, Stop
from identifiers.doi.preparing import Preparing
from identifiers.doi.settling import Outcome, Settling
from identifiers.doi.states import Action
from identifiers.doi.telling import Job, NothingSent, ask, tell
from identifiers.models import DOI

log = logging.getLogger(__name__)

PATIENCE, PAUSE = 10.0, 0.1  # seconds that a run waits for locked rows, and between two looks
LOCKED = "Another program has had it locked all the time; the next run does it."
NAMED = 100  # locked rows that a run names, of one action
WINDOW = 1000  # outcomes that wait for that of a DOI before them


class _Place:
    """A DOI's place among the outcomes, which come in the order of the DOIs; it may turn out to have none."""

    def __init__(self, doi: str) -> None:
        self.doi = doi
        self.is_known = False
        self.outcome: Outcome | None = None

    def take(self, outcome: Outcome | None) -> None:
        self.outcome, self.is_known = outcome, True


Flying = dict[Future[Accepted | None], tuple[Job, _Place]]  # the calls that go on


class Organiser:
    """One run, which tries nothing twice. It waits `patience` seconds in all for rows that are locked."""

    def __init__(
        self,
        connector: DOIConnector,
        *,
        run: int,
        now: Callable[[], datetime],
        concurrency: int = 4,
        patience: float = PATIENCE,
    ) -> None:
        self.connector = connector
        self.run = run
        self.now = now
        self.began = now()
        self.concurrency = max(concurrency, 1)
        self.line = Line()
        self._patience = patience
        self._settling = Settling(run=run, now=now)
        self._preparing = Preparing(self._settling, run=run, now=now, concurrency=self.concurrency)
        self._locked: set[tuple[Action, bool]] = set()

    @property
    def stopped(self) -> Stop | None:
        """Why the run ended early."""
        return self.line.stopped

    def work(
        self, action: Action, *, unanswered: bool = False, only: DOI | None = None
    ) -> "Generator[Outcome, None, None]":
        """Do this to the DOIs that wait for it, and yield what became of each, in the order of their ids.

        To those whose last call was answered, if there was one; to those that are `unanswered`; or to `only` one. Who
        stops reading has to close the iterator: that waits for the calls which are going on.
        """
        if only and (only.pk, action) in self._settling.in_vain:
            return
        while True:
            count = yield from self._pass(self._which(action, unanswered=unanswered, only=only))
            which = self._which(action, unanswered=unanswered, only=only)
            if self.stopped or (only and count) or not claims.is_left(which):
                return
            if not count:  # else what is left may be new
                if self._patience <= 0:
                    break
                self._patience -= PAUSE
                sleep(PAUSE)
        if not only:
            self._locked.add((action, unanswered))
        elif (action, unanswered) not in self._locked:  # else it is named already
            yield from self._still_locked(which)

    def work_last(self, actions: Sequence[Action]) -> "Generator[Outcome, None, None]":
        """Do these to the DOIs that had no answer in a run before; each action has its chance before the run stops.

        Once anybody is answered, those too that an end of their action had kept from being tried.
        """
        if self.stopped:
            return
        ended = cast("Stop | None", None)
        for action in actions:
            yield from self.work(action, unanswered=True)
            ended = self.line.resume() or ended
        if ended and not self.line.answers:
            self.line.stopped = self.line.stopped or ended
        elif ended:
            for action in actions:
                yield from self.work(action, unanswered=True)

    def work_again(self, actions: Sequence[Action]) -> "Generator[Outcome, None, None]":
        """Do what could not be done before: what was updated only now is registered. Then name what is locked still."""
        for action in actions:
            yield from self.work(action)
            for unanswered in (False, True):
                if (action, unanswered) in self._locked and not self.stopped:
                    yield from self._still_locked(self._which(action, unanswered=unanswered, only=None))

    def doubts(self, outcome: Outcome) -> bool:
        """Return whether this may be an outage and no failure; that is known when there is an answer, or at the end."""
        return self.line.doubts(outcome.doi)

    def end(self) -> None:
        """Forget what was noted of DOIs in an outage: nothing was learnt about them.

        Their turn comes later all the same, unless nothing can be sent: DOIs that are never answered for look no
        different, and would stop each run at the same place.
        """
        if self.stopped:
            claims.take_back(self.line.doubted(), turns=isinstance(self.stopped.error, AgencyOutOfReach))

    def _which(self, action: Action, *, unanswered: bool, only: DOI | None) -> claims.Which:
        return claims.Which(
            action,
            now=self.now(),
            began=self.began,
            unanswered=unanswered,
            only=only.pk if only else None,
        )

    def _still_locked(self, which: claims.Which) -> Iterator[Outcome]:
        locked, total = claims.passed_over(which, limit=NAMED)
        for place, doi in enumerate(locked, 1):
            more = f" The same holds for {total - place} more." if place == NAMED < total else ""
            log.warning("DOI %s: %s: its row is locked.%s", doi, which.action, more)
            yield Outcome(doi, which.action, error=LOCKED + more)

    def _pass(self, which: claims.Which) -> "Generator[Outcome, None, int]":
        """Work through what nobody has locked, and return how many outcomes there were."""
        prepared = self._preparing.jobs(which)
        flying: Flying = {}
        window: deque[_Place] = deque()
        count = 0
        with ThreadPoolExecutor(self.concurrency) as pool:
            try:
                spare = self.concurrency
                while True:
                    before = len(window)
                    for job in self._next(prepared, window, room=self.concurrency + spare - len(flying)):
                        if isinstance(job, Job):
                            flying[pool.submit(self._call, job)] = job, window[-1]
                    is_idle = len(window) == before and not flying
                    for outcome in _in_order(window):
                        count += 1
                        yield outcome
                    if is_idle:
                        return count
                    if flying:
                        spare = self._land_some(flying, pool)
            finally:
                prepared.close()
                self._land(flying)

    def _next(self, prepared: Iterator[Job | Outcome], window: deque[_Place], room: int) -> Iterator[Job | Outcome]:
        """Yield up to `room` jobs, and the outcomes on the way; nothing once the run has stopped.

        Each has its place in the window, which is not longer than WINDOW.
        """
        while room > 0 and len(window) < WINDOW and not self.stopped:
            job = next(prepared, None)
            if job is None:
                return
            if isinstance(job, Job):
                window.append(_Place(job.claim.row.doi))
                room -= 1
            else:
                window.append(_Place(job.doi))
                window[-1].take(job)
            yield job

    def _land_some(self, flying: Flying, pool: ThreadPoolExecutor) -> int:
        """Wait for a call, note what came of those that have ended, and return how many jobs may lie ready.

        DOIs of which the agency has said that it does not have them are told now.
        """
        began = monotonic()
        ended = wait(flying, return_when=FIRST_COMPLETED).done
        spare = self.concurrency if monotonic() - began < preparing.FRESH else 0  # with slow calls none lies ready
        landed = [(done, *flying.pop(done)) for done in list(flying) if done in ended]  # in the order of the calls
        asked = [job.claim for done, job, _ in landed if _was_asked(done)]
        free = {claim.row.pk: claim for claim in claims.sending(self.run, asked)} if asked else {}
        settled: list[tuple[Job, Future[Accepted | None]]] = []
        for done, job, place in landed:
            if claim := free.get(job.claim.row.pk):
                sent = replace(job, claim=claim)
                flying[pool.submit(self._call, sent)] = sent, place
            else:
                settled.append((job, done))
        outcomes = {outcome.doi: outcome for outcome in (self._settling.settle(settled) if settled else ())}
        for _, job, place in landed:
            if job.claim.row.pk not in free:
                place.take(outcomes.get(place.doi))
        return spare

    def _call(self, job: Job) -> Accepted | None:
        """Tell the agency, in a thread, unless it is out of reach; returns what it has then.

        Of a new DOI it is only asked, whether it has that from somebody else: None is a no.
        """
        begun = self.line.begins()
        try:
            if job.is_to_be_asked:
                ask(self.connector, job)
                return None
            accepted = tell(self.connector, job)
            self.line.answered()
            return accepted
        except (AgencyUnavailable, DOIRefused, NothingSent) as error:
            said = error.error if isinstance(error, NothingSent) else error
            if isinstance(said, AgencyUnavailable):
                self.line.silent(job, said, begun)
            else:
                self.line.answered()
            raise
        finally:
            self.line.ends()

    def _land(self, flying: Flying) -> None:
        """When the caller ends early: wait for the calls that are going on, and write what came of them."""
        for done, (job, _) in flying.items():
            if done.cancel():
                claims.release(self.run, [job.claim])
            else:
                self._settling.settle([(job, done)])


def _was_asked(done: Future[Accepted | None]) -> bool:
    return done.exception() is None and done.result() is None


def _in_order(window: deque[_Place]) -> Iterator[Outcome]:
    """Yield the outcomes that all others before them are known of."""
    while window and window[0].is_known:
        if outcome := window.popleft().outcome:
            yield outcome
