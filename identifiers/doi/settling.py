"""What became of the calls of a run: writes what the agency said of each DOI, or that it said nothing.

In: calls that have ended. Out: their Outcomes; the rows are free again, in the state that the answer means. Called by
the organiser, in its own thread. Fails: what can't be written of one DOI is its Outcome.
"""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from identifiers.connectors.port import AgencyOutOfReach, AgencyUnavailable, DOIRefused, Refusal
from identifiers.doi import claims
from identifiers.doi.claims import Accepted, Claim
from identifiers.doi.outage import suspicion
from identifiers.doi.states import Action, State
from identifiers.doi.telling import Job, NothingSent, NotSent

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What became of one DOI: done, failed for a reason, or put off because its item is not public (or gone)."""

    doi: str
    action: Action
    error: str = ""
    put_off: State | None = None


class Settling:
    """The book of one run; `in_vain` has what was tried in it and not done."""

    def __init__(self, *, run: int, now: Callable[[], datetime]) -> None:
        self._run = run
        self._now = now
        self.in_vain: set[tuple[int, Action]] = set()

    def settle(self, answered: "Sequence[tuple[Job, Future[Accepted | None]]]") -> list[Outcome]:
        """Write what the agency said of these, and return their outcomes; there is none of what was not sent."""
        said: list[Accepted] = []
        outcomes: list[Outcome] = []
        for job, done in answered:
            try:
                if accepted := done.result():
                    said.append(accepted)
                else:  # it was only asked
                    claims.release(self._run, [job.claim])
            except NotSent:
                claims.release(self._run, [job.claim])
            except NothingSent as nothing:
                outcomes += self._unsaid(job, nothing.error, sent=False)
            except Exception as error:  # a mistake in a connector is this DOI's failure, not the end of the others
                outcomes += self._unsaid(job, error, sent=True)
        return outcomes + (self._accept(said) if said else [])

    def failed(
        self, claim: Claim, action: Action, error: str, *, sent: bool = True, registered: bool = True
    ) -> Outcome:
        """Write a failure; `sent`: the agency may have heard of it; `registered`: it may even be registered now."""
        log.error("DOI %s: %s failed: %s", claim.row.doi, action, error)
        claims.refused(self._run, claim, error, sent=sent, registered=registered, now=self._now())
        self.in_vain.add((claim.row.pk, action))
        return Outcome(claim.row.doi, action, error=error)

    def _unsaid(self, job: Job, error: Exception, *, sent: bool) -> list[Outcome]:
        """Write that there was no yes."""
        if isinstance(error, AgencyUnavailable):
            return [self._unanswered(job, error, sent=sent)]
        if isinstance(error, DOIRefused):
            text = f"{error} ({error.code})"
            is_anothers = error.code in (Refusal.FOREIGN_DOI, Refusal.DOI_ALREADY_EXISTS)  # it has nothing of ours
            sent = sent and (job.claim.known_before or not is_anothers)
            return [self.failed(job.claim, job.action, text, sent=sent, registered=False)]
        log.error("DOI %s: the connector failed", job.claim.row.doi, exc_info=error)
        return [self.failed(job.claim, job.action, f"{type(error).__name__}: {error}", sent=sent)]

    def _unanswered(self, job: Job, error: AgencyUnavailable, *, sent: bool) -> Outcome:
        """Write that there was no answer: a failure, unless it turns out to have been an outage (Organiser.end)."""
        row = job.claim.row
        log.error("DOI %s: the agency has not answered: %s", row.doi, error)
        if isinstance(error, AgencyOutOfReach):  # of which no DOI can be the reason
            claims.give_back(self._run, job.claim, sent=sent)
        else:
            claims.unanswered(self._run, job.claim, str(error), sent=sent, now=self._now())
        self.in_vain.add((row.pk, job.action))
        said = ". ".join(filter(None, [f"{error}; the next run tries it again", suspicion(row.unanswered + 1)]))
        return Outcome(row.doi, job.action, error=said)

    def _accept(self, said: Sequence[Accepted]) -> list[Outcome]:
        """Write the yeses together; one by one where one can't be written, for the sake of the others."""
        try:
            claims.accepted(self._run, said, self._now())
        except Exception as error:  # a field that is not registered, or whatever an item does to the database
            if not connection.is_usable():
                raise
            if len(said) > 1:
                return [outcome for yes in said for outcome in self._accept([yes])]
            log.exception("DOI %s: the agency has it, its item can't be told", said[0].claim.row.doi)
            text = f"the agency has it, its item can't be told: {error}"
            return [self.failed(said[0].claim, said[0].action, text)]
        return [Outcome(yes.claim.row.doi, yes.action) for yes in said]
