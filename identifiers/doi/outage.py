"""Whether the agency is there at all, judged by what becomes of the calls of one run.

A DOI that gets neither yes nor no may be the reason itself, so the run goes on without it. An outage is that nothing
could be sent, or that MANY different DOIs in a row had no answer, nor those that were going on beside them. DOIs that
had none in a run before are told last, one after the other: once anybody was answered in this run, they are the reason.
Of these MANY in a row end their action only, for they would be met in every run before those of the next action: it is
an outage when no action had an answer.
"""

from dataclasses import dataclass
from threading import Condition

from identifiers.connectors.port import AgencyOutOfReach, AgencyUnavailable
from identifiers.doi.claims import Claim
from identifiers.doi.states import Action
from identifiers.doi.telling import Job, NotSent

MANY = 3
SUSPICIOUS = 3  # calls in a row without an answer, after which people look at the DOI


def suspicion(unanswered: int) -> str:
    """Return what people are told of a DOI that had no answer so often in a row; empty for few times."""
    if unanswered < SUSPICIOUS:
        return ""
    wish = "simplify the metadata of its item, or show this DOI to the agency"
    return f"It has had no answer {unanswered} times in a row: {wish}"


@dataclass(frozen=True)
class Stop:
    """Why a run ended early: what the agency said when it was asked about `doi`; `unanswered` is how often in a row."""

    error: AgencyUnavailable
    doi: str
    action: Action
    unanswered: int

    def __str__(self) -> str:
        return f"{self.error} ({self.action} of doi:{self.doi})"


class Line:
    """The line to the agency, as the threads of a run find it.

    `silence` is the last call without an answer, if there was no answer after it; `stopped` the one that shows an
    outage.
    """

    def __init__(self) -> None:
        self.silence: Stop | None = None
        self.stopped: Stop | None = None
        self.answers = 0
        self._silent: dict[str, tuple[Claim, str]] = {}  # since the last answer: DOI -> the row as claimed, the error
        self._in_a_row: set[str] = set()  # of these, whose calls began after it: who was slow to fail says nothing
        self._calls = 0  # that go on
        self._changed = Condition()

    def begins(self) -> int:
        """A call begins; `silent` wants what this returns, and `ends` is to be called. Raises NotSent in an outage.

        It waits while MANY had no answer: whether that is an outage is known when no other call goes on.
        """
        with self._changed:
            self._changed.wait_for(lambda: self.stopped or len(self._in_a_row) < MANY)
            if self.stopped:
                raise NotSent
            self._calls += 1
            return self.answers

    def ends(self) -> None:
        """A call has ended, whatever came of it."""
        with self._changed:
            self._calls -= 1
            if not self._calls and len(self._in_a_row) >= MANY:
                self.stopped = self.stopped or self.silence
            self._changed.notify_all()

    def answered(self) -> None:
        """The agency has said yes or no: what had no answer before failed by itself."""
        with self._changed:
            self.answers += 1
            if not self.stopped:
                self.silence = None
                self._silent.clear()
                self._in_a_row.clear()

    def silent(self, job: Job, error: AgencyUnavailable, begun: int) -> None:
        """The agency has said neither, in a call that `begun` when there were so many answers."""
        row = job.claim.row
        is_out = isinstance(error, AgencyOutOfReach)
        with self._changed:
            self.silence = Stop(error, row.doi, job.action, row.unanswered + (not is_out))
            if is_out or not (row.unanswered and self.answers):
                self._silent[row.doi] = job.claim, str(error)
                if begun == self.answers:
                    self._in_a_row.add(row.doi)
            if is_out:
                self.stopped = self.stopped or self.silence

    def resume(self) -> Stop | None:
        """Go on with another action where silence has stopped the run; return why it had. Not if nothing was sent."""
        with self._changed:
            ended = self.stopped
            if ended is None or isinstance(ended.error, AgencyOutOfReach):
                return None
            self.stopped = None
            self._in_a_row.clear()
            return ended

    def doubts(self, doi: str) -> bool:
        """Return whether an outage may be why this DOI had no answer; once the run has stopped, whether it was."""
        with self._changed:
            return doi in self._silent

    def doubted(self) -> list[tuple[Claim, str]]:
        """Return the rows, as they were claimed, that `doubts` is true of, and what was said of each."""
        with self._changed:
            return list(self._silent.values())
