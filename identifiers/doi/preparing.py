"""What a run has to tell: claims rows batch by batch, looks at their items, and makes jobs of them.

In: which rows. Out: a Job for each that is to be sent; an Outcome for each that can't be, or need not. Called by the
organiser, in its own thread. Fails: an item that can't be described is its DOI's Outcome, and keeps no other.
"""

import logging
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import datetime
from itertools import islice
from time import monotonic
from uuid import UUID

from django.db import DatabaseError

from common.xml import XMLRefused
from identifiers import objects
from identifiers.connectors.port import with_doi
from identifiers.doi import claims, following, life, registry
from identifiers.doi.claims import Claim
from identifiers.doi.settling import Outcome, Settling
from identifiers.doi.states import Action, State
from identifiers.doi.telling import Job
from identifiers.models import DOI
from identifiers.objects import Described

log = logging.getLogger(__name__)

FRESH = 2.0  # seconds for which an item is as it was read
RENEW = 300.0  # seconds after which the leases are prolonged
BATCH = 8  # rows claimed at a time for each call that may go on


class Preparing:
    """What one run, which makes so many calls at a time, claims; failures are written by `settling`."""

    def __init__(self, settling: Settling, *, run: int, now: Callable[[], datetime], concurrency: int) -> None:
        self._settling = settling
        self._run = run
        self._now = now
        self._concurrency = concurrency
        self._renewed = monotonic()
        self._ours: set[int] | None = None

    def jobs(self, which: claims.Which) -> "Generator[Job | Outcome, None, None]":
        """Claim rows batch by batch, look at their items, and yield what is to be sent; what is not is given back."""
        behind: DOI | None = None
        while batch := self._claimed(which, behind):
            behind = batch[-1].row
            waiting = deque(batch)
            try:
                for claim, described in self._looked_up(waiting):
                    if self._is_ours(claim):
                        yield self._job(which.action, claim, described)
            finally:
                if waiting:
                    claims.release(self._run, waiting)
            if which.only:
                return

    def _claimed(self, which: claims.Which, behind: DOI | None) -> list[Claim]:
        batch = claims.claim(self._run, which, limit=BATCH * self._concurrency, behind=behind)
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
                    size = max(place, self._concurrency)  # as many as went in that time
                    break
                waiting.popleft()
                yield claim, described.get(claim.row.object_id)

    def _described(self, batch: Sequence[Claim]) -> "dict[UUID | None, Described | Exception]":
        """Return the items, each with what went wrong where it can't be described: that keeps no other one."""
        ids = [claim.row.object_id for claim in batch if claim.row.object_id]
        found: dict[UUID | None, Described | Exception] = {}
        try:
            found.update(objects.describe_all(ids, self._now()).items())
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
            self._ours, self._renewed = claims.renew(self._run), monotonic()
        return self._ours is None or claim.row.pk in self._ours

    def _job(self, action: Action, claim: Claim, described: Described | Exception | None) -> Job | Outcome:
        row = claim.row
        if isinstance(described, Exception):
            return self._unsendable(claim, action, f"its item can't be described: {described!r}")
        row.sent_visible, publishing = claim.sent_before, row.sent_visible
        row.told = claim.told_before
        state = life.look(row, described, registry.wish())
        row.sent_visible = publishing
        is_told_anyway = (claim.state, state) == (State.TO_BE_REGISTERED, State.UPDATE_BEFORE_REGISTRATION)
        if state != claim.state and not is_told_anyway:  # to register sends what there is now
            return Outcome(row.doi, action, put_off=claims.put_off(self._run, claim, state))
        if described is None:
            return self._farewell(action, claim)
        digest = life.digest(described, claim.state)
        if life.is_hidden(digest):
            return Job(claim, action, digest, document="", url=described.url, visible=False)
        try:
            document = with_doi(described.document, row.doi) if described.document else ""
        except XMLRefused as error:
            return self._unsendable(claim, action, f"the stylesheet does not make DataCite XML of it: {error}")
        if not document:
            return self._unsendable(claim, action, "; ".join(described.problems))
        return Job(claim, action, digest, document, described.url, described.visible)

    def _unsendable(self, claim: Claim, action: Action, error: str) -> Outcome:
        return self._settling.failed(claim, action, error, sent=False)

    def _farewell(self, action: Action, claim: Claim) -> Job:
        """Return what is told of a DOI whose item is gone: where it leads, if it ever led anywhere."""
        row = claim.row
        url = following.tombstones([row.object_id]).get(row.object_id, "") if row.object_id else ""
        return Job(claim, action, life.farewell(row, url), document="", url=url, visible=False)
