"""Finding DOIs for people: by whatever names one, and what waits for the organiser."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from identifiers import resolution, services
from identifiers.doi import registry
from identifiers.doi.states import WAITING, Action
from identifiers.models import DOI

CHUNK = 1000  # rows read at a time


def named(text: str) -> DOI:
    """Return the DOI that a text names: a DOI in any spelling, or the UUID or handle of its item. Raises NoDOI."""
    if row := registry.find(text):
        return row
    object_id = _object(text)
    if object_id and (row := registry.of_object(object_id)):
        return row
    raise registry.NoDOI(f"{text!r} names no DOI of this repository: give a DOI, or the UUID or handle of its item")


def waiting(action: Action) -> Iterator[tuple[DOI, str | None]]:
    """Yield what waits for an action, paused or not, each with the handle of its item; memory stays flat."""
    after = 0
    while rows := list(DOI.objects.filter(state__in=WAITING[action], pk__gt=after).order_by("id")[:CHUNK]):
        after = rows[-1].pk
        handles = services.handles_of(row.object_id for row in rows if row.object_id)
        for row in rows:
            yield row, handles.get(row.object_id) if row.object_id else None


def count(actions: Sequence[Action], *, paused: bool = False) -> int:
    """Return how many DOIs wait for these actions: those that a run would try now, or those that are paused."""
    states = [state for action in actions for state in WAITING[action]]
    resting = Q(paused_until__gt=timezone.now())
    return DOI.objects.filter(resting if paused else ~resting, state__in=states).count()


def count_all() -> int:
    """Return how many DOIs name an object."""
    return DOI.objects.filter(object_id__isnull=False).count()


def _object(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        row = resolution.row_of(text)
        return row.object_id if row else None
