"""Tells the agency what is waiting: the work of `doi-organiser` (docs/identifiers.md).

In: DOIs in the states of an action, in the order of their ids, each once. Out: calls to the connector, a few at a time,
in threads that never touch the database; an Outcome for each. Called by: the command, which the schedule calls too.
Fails: what the agency says of one DOI, or that it says nothing, is an Outcome. In an outage (outage.py) `stopped` says
why, no more is sent, and nobody failed. What got no answer is tried last by the next runs (`unanswered`): a DOI that is
never answered holds up nothing else. A row that somebody has locked is waited for, for a while.
"""

import logging
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from time import monotonic, sleep
from typing import cast
from uuid import UUID

from django.db import DatabaseError, connection

from common.xml import XMLRefused
from identifiers import objects
from identifiers.connectors.port import AgencyOutOfReach, AgencyUnavailable, DOIConnector, DOIRefused, Refusal, with_doi
from identifiers.doi import claims, following, life, registry
from identifiers.doi.claims import Accepted, Claim
from identifiers.doi.outage import Line, Stop, suspicion
from identifiers.doi.states import Action, State
from identifiers.doi.telling import Job, NothingSent, tell
from identifiers.models import DOI
from identifiers.objects import Described

log = logging.getLogger(__name__)

FRESH = 2.0  # seconds for which an item is as it was read
PATIENCE, PAUSE = 10.0, 0.1  # seconds that a run waits for locked rows, and between two looks
RENEW = 300.0  # seconds after which the leases are prolonged
BATCH = 8  # rows claimed at a time for each call that may go on
LOCKED = "Another program has had it locked all the time; the next run does it."
NAMED = 100  # locked rows that a run names, of one action
WINDOW = 1000  # outcomes that wait for that of a DOI before them


@dataclass(frozen=True)
class Outcome:
    """What became of one DOI: done, failed for a reason, or put off because its item is not public (or gone)."""

    doi: str
    action: Action
    error: str = ""
    put_off: State | None = None


class _Place:
    """A DOI's place among the outcomes, which come in the order of the DOIs; it may turn out to have none."""

    def __init__(self, doi: str) -> None:
        self.doi = doi
        self.is_known = False
        self.outcome: Outcome | None = None

    def take(self, outcome: Outcome | None) -> None:
        self.outcome, self.is_known = outcome, True


class _NotSent(Exception):
    """The run had stopped before this call began."""


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
        self._doubted: list[Outcome] = []  # what failed, if it is no outage
        self._in_vain: set[tuple[int, Action]] = set()
        self._locked: set[tuple[Action, bool]] = set()
        self._renewed, self._ours = monotonic(), cast("set[int] | None", None)

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
        if only and (only.pk, action) in self._in_vain:
            return
        while True:
            count = yield from self._pass(action, unanswered=unanswered, only=only)
            which = self._which(action, unanswered=unanswered, only=only)
            if self.stopped or (only and count) or not claims.is_left(which):
                return
            if not count:  # else what is left may be new
                if self._patience <= 0:
                    break
                self._patience -= PAUSE
                sleep(PAUSE)
        if (action, unanswered) in self._locked:
            return  # they are named already
        self._locked.add((action, unanswered))
        locked, total = claims.passed_over(which, limit=NAMED)
        for place, doi in enumerate(locked, 1):
            more = f" The same holds for {total - place} more." if place == NAMED < total else ""
            log.error("DOI %s: %s: its row is locked.%s", doi, action, more)
            yield Outcome(doi, action, error=LOCKED + more)

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
        if ended and not self.line.begins():
            self.line.stopped = self.line.stopped or ended
        elif ended:
            yield from self._doubted
            for action in actions:
                yield from self.work(action, unanswered=True)

    def _pass(self, action: Action, *, unanswered: bool, only: DOI | None) -> "Generator[Outcome, None, int]":
        """Work through what nobody has locked, and return how many outcomes there were."""
        prepared = self._prepared(action, unanswered=unanswered, only=only)
        flying: dict[Future[Accepted], tuple[Job, _Place]] = {}
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
                    for outcome in self._in_order(window, is_last=not flying):
                        count += 1
                        yield outcome
                    if is_idle:
                        return count
                    if flying:
                        spare = self._land_some(flying)
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

    def _land_some(self, flying: "dict[Future[Accepted], tuple[Job, _Place]]") -> int:
        """Wait for a call, note what came of those that have ended, and return how many jobs may lie ready."""
        began = monotonic()
        landed = [(done, *flying.pop(done)) for done in wait(flying, return_when=FIRST_COMPLETED).done]
        spare = self.concurrency if monotonic() - began < FRESH else 0  # with slow calls none lies ready
        outcomes = {outcome.doi: outcome for outcome in self._settle([(job, done) for done, job, _ in landed])}
        for _, _, place in landed:
            place.take(outcomes.get(place.doi))
        return spare

    def _in_order(self, window: deque[_Place], *, is_last: bool) -> Iterator[Outcome]:
        """Yield the outcomes that all others before them are known of.

        Whether a DOI without an answer failed is known when another one has an answer; in an outage nobody failed.
        """
        while window and window[0].is_known:
            is_doubtful = self.line.doubts(window[0].doi)
            if is_doubtful and not is_last and not self.stopped:
                return
            outcome = window.popleft().outcome
            if outcome and is_doubtful and self.stopped:
                self._doubted.append(outcome)
            elif outcome:
                yield outcome

    def _prepared(
        self, action: Action, *, unanswered: bool, only: DOI | None
    ) -> "Generator[Job | Outcome, None, None]":
        """Claim rows batch by batch, look at their items, and yield what is to be sent; what is not is given back."""
        behind = cast("DOI | None", None)
        which = self._which(action, unanswered=unanswered, only=only)
        while batch := self._claimed(which, behind):
            behind = batch[-1].row
            waiting = deque(batch)
            try:
                for claim, described in self._looked_up(waiting):
                    if self._is_ours(claim):
                        yield self._job(action, claim, described)
            finally:
                if waiting:
                    claims.release(self.run, waiting)
            if only:
                return

    def _which(self, action: Action, *, unanswered: bool, only: DOI | None) -> claims.Which:
        return claims.Which(
            action,
            now=self.now(),
            began=self.began,
            unanswered=unanswered,
            only=only.pk if only else None,
        )

    def _claimed(self, which: claims.Which, behind: DOI | None) -> list[Claim]:
        batch = claims.claim(self.run, which, limit=BATCH * self.concurrency, behind=behind)
        if self._ours is not None:
            self._ours.update(claim.row.pk for claim in batch)
        return batch

    def _looked_up(self, waiting: deque[Claim]) -> Iterator[tuple[Claim, Described | Exception | None]]:
        """Take claims off `waiting`, each with its item; with slow calls items are read again shortly before theirs.

        For of an item that was hidden meanwhile nothing must be told.
        """
        size = len(waiting)
        while waiting:
            group = list(islice(waiting, size))
            described, read = self._described(group), monotonic()
            for place, claim in enumerate(group):
                if place and monotonic() - read > FRESH:
                    size = max(place, self.concurrency)  # as many as went in that time
                    break
                waiting.popleft()
                yield claim, described.get(claim.row.object_id)

    def _described(self, batch: Sequence[Claim]) -> "dict[UUID | None, Described | Exception]":
        """Return the items, each with what went wrong where it can't be described: that keeps no other one."""
        ids = [claim.row.object_id for claim in batch if claim.row.object_id]
        found: dict[UUID | None, Described | Exception] = {}
        try:
            found.update(objects.describe_all(ids, self.now()).items())
            return found
        except DatabaseError:
            raise
        except Exception as error:  # an item of which somebody's function can make nothing
            if len(batch) > 1:
                return {key: found for claim in batch for key, found in self._described([claim]).items()}
            log.exception("DOI %s: its item can't be described", batch[0].row.doi)
            return {batch[0].row.object_id: error}

    def _is_ours(self, claim: Claim) -> bool:
        """Whether no other run has taken the row over, because this one was held up; the lease is prolonged."""
        if monotonic() - self._renewed > RENEW:
            self._ours, self._renewed = claims.renew(self.run), monotonic()
        return self._ours is None or claim.row.pk in self._ours

    def _job(self, action: Action, claim: Claim, described: Described | Exception | None) -> Job | Outcome:
        row = claim.row
        if isinstance(described, Exception):
            return self._failed(claim, action, f"its item can't be described: {described!r}", sent=False)
        row.sent_visible, publishing = claim.sent_before, row.sent_visible
        row.may_be_known, row.told = claim.known_before, claim.told_before
        state = life.look(row, described, registry.wish())
        row.sent_visible = publishing
        is_told_anyway = (claim.state, state) == (State.TO_BE_REGISTERED, State.UPDATE_BEFORE_REGISTRATION)
        if state != claim.state and not is_told_anyway:  # to register sends what there is now
            return Outcome(row.doi, action, put_off=claims.put_off(self.run, claim, state))
        if described is None:
            return self._farewell(action, claim)
        digest = life.digest(described, claim.state)
        if life.is_hidden(digest):
            return Job(claim, action, digest, document="", url=described.url, visible=False)
        try:
            document = with_doi(described.document, row.doi) if described.document else ""
        except XMLRefused as error:
            return self._failed(claim, action, f"the stylesheet does not make DataCite XML of it: {error}", sent=False)
        if not document:
            return self._failed(claim, action, "; ".join(described.problems), sent=False)
        return Job(claim, action, digest, document, described.url, described.visible)

    def _farewell(self, action: Action, claim: Claim) -> Job:
        """Return what is told of a DOI whose item is gone: where it leads, if it ever led anywhere."""
        row = claim.row
        url = following.tombstones([row.object_id]).get(row.object_id, "") if row.object_id else ""
        return Job(claim, action, life.farewell(row, url), document="", url=url, visible=False)

    def _call(self, job: Job) -> Accepted:
        """Tell the agency, in a thread, unless it is out of reach; returns what it has then."""
        if self.stopped:
            raise _NotSent
        begun = self.line.begins()
        try:
            accepted = tell(self.connector, job)
        except (AgencyUnavailable, DOIRefused, NothingSent) as error:
            said = error.error if isinstance(error, NothingSent) else error
            if isinstance(said, AgencyUnavailable):
                self.line.silent(job, said, begun)
            else:
                self.line.answered()
            raise
        self.line.answered()
        return accepted

    def _settle(self, answered: "Sequence[tuple[Job, Future[Accepted]]]") -> list[Outcome]:
        """Write what the agency said of these, and return their outcomes; there is none of what was not sent."""
        said: list[Accepted] = []
        outcomes: list[Outcome] = []
        for job, done in answered:
            try:
                said.append(done.result())
            except _NotSent:
                claims.release(self.run, [job.claim])
            except NothingSent as nothing:
                outcomes += self._unsaid(job, nothing.error, sent=False)
            except Exception as error:  # a mistake in a connector is this DOI's failure, not the end of the others
                outcomes += self._unsaid(job, error, sent=True)
        return outcomes + self._accept(said)

    def _unsaid(self, job: Job, error: Exception, *, sent: bool) -> list[Outcome]:
        """Write that there was no yes."""
        if isinstance(error, AgencyUnavailable):
            return [self._unanswered(job, error, sent=sent)]
        if isinstance(error, DOIRefused):
            text = f"{error} ({error.code})"
            sent = sent and (job.claim.known_before or error.code != Refusal.FOREIGN_DOI)  # not ours: it has nothing
            return [self._failed(job.claim, job.action, text, sent=sent, registered=False)]
        log.error("DOI %s: the connector failed", job.claim.row.doi, exc_info=error)
        return [self._failed(job.claim, job.action, f"{type(error).__name__}: {error}", sent=sent)]

    def _unanswered(self, job: Job, error: AgencyUnavailable, *, sent: bool) -> Outcome:
        """Write that there was no answer. It is a failure unless it turns out to have been an outage."""
        row = job.claim.row
        log.error("DOI %s: the agency has not answered: %s", row.doi, error)
        if isinstance(error, AgencyOutOfReach):  # of which no DOI can be the reason
            claims.give_back(self.run, job.claim, sent=sent)
        else:
            claims.unanswered(self.run, job.claim, str(error), sent=sent, now=self.now())
        self._in_vain.add((row.pk, job.action))
        said = ". ".join(filter(None, [f"{error}; the next run tries it again", suspicion(row.unanswered + 1)]))
        return Outcome(row.doi, job.action, error=said)

    def _accept(self, said: Sequence[Accepted]) -> list[Outcome]:
        """Write the yeses together; one by one where one can't be written, for the sake of the others."""
        try:
            claims.accepted(self.run, said, self.now())
        except Exception as error:  # a field that is not registered, or whatever an item does to the database
            if not connection.is_usable():
                raise
            if len(said) > 1:
                return [outcome for yes in said for outcome in self._accept([yes])]
            log.exception("DOI %s: the agency has it, its item can't be told", said[0].claim.row.doi)
            text = f"the agency has it, its item can't be told: {error}"
            return [self._failed(said[0].claim, said[0].action, text)]
        return [Outcome(yes.claim.row.doi, yes.action) for yes in said]

    def _failed(
        self, claim: Claim, action: Action, error: str, *, sent: bool = True, registered: bool = True
    ) -> Outcome:
        """Write a failure; `sent`: the agency may have heard of it; `registered`: it may even be registered now."""
        log.error("DOI %s: %s failed: %s", claim.row.doi, action, error)
        claims.refused(self.run, claim, error, sent=sent, registered=registered, now=self.now())
        self._in_vain.add((claim.row.pk, action))
        return Outcome(claim.row.doi, action, error=error)

    def _land(self, flying: "dict[Future[Accepted], tuple[Job, _Place]]") -> None:
        """When the caller ends early: wait for the calls that are going on, and write what came of them."""
        for done, (job, _) in flying.items():
            if done.cancel():
                claims.release(self.run, [job.claim])
            else:
                self._settle([(job, done)])
