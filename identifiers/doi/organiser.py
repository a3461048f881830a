"""Tells the agency what is waiting: the work of `doi-organiser` (docs/identifiers.md).

In: DOIs in the states of an action, in the order of their ids, each once. Out: calls to the connector, a few at a time,
in threads that never touch the database; an Outcome for each. Called by: the command, which the schedule calls too.
Fails: what the agency says of one DOI is an Outcome; when it can't be asked, `stopped` says why, and no more is sent.
What got no answer is tried last by the next runs (`unanswered`): one DOI that is never answered holds up nothing else.
"""

import logging
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime

from common.xml import XMLRefused
from identifiers import objects
from identifiers.connectors.port import AgencyUnavailable, DOIConnector, DOIRefused, with_doi
from identifiers.doi import claims, life, registry
from identifiers.doi.claims import Accepted, Claim
from identifiers.doi.states import WAITING, Action, State
from identifiers.models import DOI
from identifiers.objects import Described

log = logging.getLogger(__name__)

BATCH = 8  # rows claimed at a time for each call that may go on


@dataclass(frozen=True)
class Outcome:
    """What became of one DOI: done, failed for a reason, or put off because its item is not public (or gone)."""

    doi: str
    action: Action
    error: str = ""
    put_off: State | None = None


@dataclass(frozen=True)
class Job:
    """One DOI to tell the agency of; `document` has the DOI in it."""

    claim: Claim
    action: Action
    digest: str
    document: str
    url: str
    visible: bool

    @property
    def shows_again(self) -> bool:
        """Whether the DOI is to be found again: it was hidden, or nobody knows whether the agency has registered it."""
        row = self.claim.row
        is_known = bool(row.sent_visible) and row.told not in ("", life.HIDDEN)
        return self.visible and self.claim.state == State.UPDATE_REGISTERED and not is_known


@dataclass(frozen=True)
class Stop:
    """Why a run ended early: what the agency said when it was asked about `doi`; `unanswered` is how often in a row."""

    error: AgencyUnavailable
    doi: str
    action: Action
    unanswered: int

    def __str__(self) -> str:
        return f"{self.error} ({self.action} of doi:{self.doi})"


class _NotSent(Exception):
    """The run had stopped before this call began."""


class Organiser:
    """One run, which tries nothing twice. `stopped` is why it ended early."""

    def __init__(self, connector: DOIConnector, *, run: int, now: Callable[[], datetime], concurrency: int = 4) -> None:
        self.connector = connector
        self.run = run
        self.now = now
        self.concurrency = max(concurrency, 1)
        self.stopped: Stop | None = None
        self._in_vain: set[tuple[int, Action]] = set()

    def work(self, action: Action, *, unanswered: bool = False, only: DOI | None = None) -> Iterator[Outcome]:
        """Do this to the DOIs that wait for it, and yield what became of each.

        To those whose last call was answered, if there was one; to those that are `unanswered`; or to `only` one.
        """
        if only and (only.pk, action) in self._in_vain:
            return
        prepared = self._prepared(action, unanswered=unanswered, only=only)
        flying: dict[Future[Accepted], Job] = {}
        with ThreadPoolExecutor(self.concurrency) as pool:
            try:
                while True:
                    for job in self._next(prepared, room=2 * self.concurrency - len(flying)):
                        if isinstance(job, Outcome):
                            yield job
                        else:
                            flying[pool.submit(self._call, job)] = job
                    if not flying:
                        return
                    landed = wait(flying, return_when=FIRST_COMPLETED).done
                    yield from self._settle([(flying.pop(done), done) for done in landed])
            finally:
                prepared.close()
                self._land(flying)

    def _next(self, prepared: Iterator[Job | Outcome], room: int) -> Iterator[Job | Outcome]:
        """Yield up to `room` jobs, and the outcomes on the way; nothing once the run has stopped."""
        while room > 0 and not self.stopped:
            job = next(prepared, None)
            if job is None:
                return
            yield job
            room -= isinstance(job, Job)

    def _prepared(
        self, action: Action, *, unanswered: bool, only: DOI | None
    ) -> "Generator[Job | Outcome, None, None]":
        """Claim rows batch by batch, look at their items, and yield what is to be sent; what is not is given back."""
        behind: DOI | None = None
        while batch := claims.claim(
            self.run,
            action,
            sorted(WAITING[action]),
            limit=BATCH * self.concurrency,
            now=self.now(),
            behind=behind,
            unanswered=unanswered,
            only=only.pk if only else None,
        ):
            behind = batch[-1].row
            waiting = deque(batch)
            try:
                described = objects.describe_all([c.row.object_id for c in batch if c.row.object_id], self.now())
                while waiting:
                    claim = waiting.popleft()
                    yield self._job(action, claim, described.get(claim.row.object_id))  # type: ignore[arg-type]
            finally:
                if waiting:
                    claims.release(self.run, waiting)
            if only:
                return

    def _job(self, action: Action, claim: Claim, described: Described | None) -> Job | Outcome:
        row = claim.row
        row.sent_visible, publishing = claim.sent_before, row.sent_visible
        state = life.look(row, described, registry.wish())
        row.sent_visible = publishing
        if state not in WAITING[action]:
            claims.put_off(self.run, claim, state)
            return Outcome(row.doi, action, put_off=state)
        if described is None:  # to be deleted: nothing is told of it any more
            return Job(claim, action, digest="", document="", url="", visible=False)
        digest = life.digest(described, claim.state)
        if digest == life.HIDDEN:
            return Job(claim, action, digest, document="", url=described.url, visible=False)
        try:
            document = with_doi(described.document, row.doi) if described.document else ""
        except XMLRefused as error:
            return self._failed(claim, action, f"the stylesheet does not make DataCite XML of it: {error}", sent=False)
        if not document:
            return self._failed(claim, action, "; ".join(described.problems), sent=False)
        return Job(claim, action, digest, document, described.url, described.visible)

    def _call(self, job: Job) -> Accepted:
        """Tell the agency, in a thread, unless it is out of reach; returns what it has then."""
        if self.stopped:
            raise _NotSent
        try:
            return self._tell(job)
        except AgencyUnavailable as error:
            row = job.claim.row
            self.stopped = self.stopped or Stop(error, row.doi, job.action, row.unanswered + 1)
            raise

    def _tell(self, job: Job) -> Accepted:
        agency, doi, row = self.connector, job.claim.row.doi, job.claim.row
        visible, is_unknown = row.sent_visible, False
        if job.action == Action.DELETE:
            agency.delete(doi)
            visible = None if visible is None else False
        elif job.action == Action.RESERVE:
            agency.reserve(doi, job.document)
        elif job.action == Action.REGISTER:
            agency.register(doi, job.document, job.url)
            visible = True
        elif job.claim.state != State.UPDATE_REGISTERED:
            agency.update(doi, job.document, job.url, registered=False)
        elif not job.visible:
            agency.hide(doi)
            visible, is_unknown = False, not agency.is_registered(doi)
        elif job.shows_again:
            agency.show(doi, job.document, job.url)
            visible = True
        else:
            agency.update(doi, job.document, job.url, registered=True)
        return Accepted(job.claim, job.action, job.digest, visible, is_unknown)

    def _settle(self, answered: "Sequence[tuple[Job, Future[Accepted]]]") -> Iterator[Outcome]:
        """Write what the agency said of these, and yield their outcomes; there is none of what it said nothing of."""
        said = []
        for job, done in answered:
            try:
                said.append(done.result())
            except _NotSent:
                claims.release(self.run, [job.claim])
            except AgencyUnavailable as error:
                log.error("DOI %s: the agency can't be asked: %s", job.claim.row.doi, error)
                claims.unanswered(self.run, job.claim, str(error), self.now())
            except DOIRefused as error:
                yield self._failed(job.claim, job.action, f"{error} ({error.code})")
            except Exception as error:  # a mistake in a connector is this DOI's failure, not the end of the others
                log.exception("DOI %s: the connector failed", job.claim.row.doi)
                yield self._failed(job.claim, job.action, f"{type(error).__name__}: {error}")
        yield from self._accept(said)

    def _accept(self, said: Sequence[Accepted]) -> Iterator[Outcome]:
        """Write the yeses together; one by one where an item can't be written to, for the sake of the others."""
        try:
            claims.accepted(self.run, said, self.now())
            yield from (Outcome(yes.claim.row.doi, yes.action) for yes in said)
        except (LookupError, ValueError) as error:  # a field that is not registered, say
            if len(said) > 1:
                for yes in said:
                    yield from self._accept([yes])
                return
            [yes] = said
            log.exception("DOI %s: the agency has it, its item can't be told", yes.claim.row.doi)
            yield self._failed(yes.claim, yes.action, f"the agency has it, its item can't be told: {error}")

    def _failed(self, claim: Claim, action: Action, error: str, *, sent: bool = True) -> Outcome:
        log.error("DOI %s: %s failed: %s", claim.row.doi, action, error)
        claims.refused(self.run, claim, error, sent=sent, now=self.now())
        self._in_vain.add((claim.row.pk, action))
        return Outcome(claim.row.doi, action, error=error)

    def _land(self, flying: "dict[Future[Accepted], Job]") -> None:
        """When the caller ends early: wait for the calls that are going on, and write what came of them."""
        for done, job in flying.items():
            if done.cancel():
                claims.release(self.run, [job.claim])
            else:
                for _ in self._settle([(job, done)]):
                    pass
