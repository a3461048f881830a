"""EZID as a provider: DOIs that are registered while their items are deposited (docs/doi-connectors.md).

Its DOIs have the rows, states and digests of all DOIs. What is different: EZID is told as soon as the transaction has
committed, with a person waiting; when it can't be asked, the DOI waits for `doi-organiser` and the deposit goes on.
"""

import logging
import time
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from identifiers.connectors import connector
from identifiers.doi import claims
from identifiers.doi.organiser import Organiser
from identifiers.doi.states import WAITING, Action
from identifiers.models import DOI
from identifiers.providers.base import Archived
from identifiers.providers.doi import DOIProvider

log = logging.getLogger(__name__)

REST = 60.0  # seconds that EZID is left alone after an outage, so that the next deposits do not wait too
_ORDER = (Action.UPDATE, Action.RESERVE, Action.REGISTER, Action.DELETE)  # an update may come before registration
_resting_until = 0.0


class EZIDProvider(DOIProvider):
    """DOIs under `identifier.doi.ezid.shoulder`."""

    def archived(self, new: Archived) -> None:
        """Give the item a DOI, and register it when the transaction has committed. Raises IdentifierRefused."""
        super().archived(new)
        _tell_soon([new.object_id])

    def changed(self, object_ids: Sequence[UUID], now: datetime) -> None:
        """Look at what changed, and tell EZID when the transaction has committed."""
        super().changed(object_ids, now)
        _tell_soon(object_ids)


def tell(object_ids: Sequence[UUID]) -> None:
    """Tell EZID what waits for it of these objects; what it refuses, or can't be asked, stays waiting.

    Must not run in a transaction. Raises ConnectorMisconfigured.
    """
    global _resting_until
    rows = DOI.objects.filter(
        Q(paused_until__isnull=True) | Q(paused_until__lte=timezone.now()),  # an edit has ended the pause
        object_id__in=object_ids,
        state__in={state for held in WAITING.values() for state in held},
    )
    if time.monotonic() < _resting_until or not rows.exists():
        return
    with claims.running() as run:
        organiser = Organiser(connector(settings.DSPACE), run=run, now=timezone.now, concurrency=1, patience=1)
        for row in rows:
            for action in _ORDER:
                list(organiser.work(action, only=row))
    if organiser.line.silence:
        _resting_until = time.monotonic() + REST
        log.warning("EZID can't be asked; DOIs wait for doi-organiser: %s", organiser.line.silence)


def _tell_soon(object_ids: Sequence[UUID]) -> None:
    # robust: whatever happens there, the deposit has been made.
    transaction.on_commit(lambda: tell(object_ids), robust=True)
