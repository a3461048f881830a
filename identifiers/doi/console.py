"""A run of the organiser for somebody who reads along: DSpace's lines, a progress bar, the mail afterwards."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from django.conf import settings
from django.core.management.base import OutputWrapper
from django.utils import timezone

from common.commands import progress
from identifiers.connectors import ConnectorMisconfigured, connector
from identifiers.doi import claims, registry, report, selection
from identifiers.doi.organiser import Organiser, Outcome
from identifiers.doi.states import WAITING, Action, State
from identifiers.models import DOI
from identifiers.providers.doi import PROVIDER, is_on

log = logging.getLogger(__name__)

NAMES = {
    Action.RESERVE: "reservation",
    Action.REGISTER: "registration",
    Action.UPDATE: "update",
    Action.DELETE: "deletion",
}
DONE = {
    Action.RESERVE: "This identifier : doi:{} is successfully reserved.",
    Action.REGISTER: "This identifier: doi:{} is successfully registered.",
    Action.UPDATE: "Successfully updated metadata of DOI doi:{}.",
    Action.DELETE: "It was possible to delete this identifier: doi:{} online.",
}
FAILED = {
    Action.RESERVE: "It wasn't possible to reserve this identifier: doi:{}. {}",
    Action.REGISTER: "It wasn't possible to register this identifier: doi:{}. {}",
    Action.UPDATE: "It wasn't possible to update this identifier: doi:{}. {}",
    Action.DELETE: "It wasn't possible to delete this identifier: doi:{} online. {}",
}
UNKNOWN_HANDLE = "cannot determine handle of assigned object"
DEFAULT_CONCURRENCY = 4


class Console:
    """Prints what a run does, unless `quiet`."""

    def __init__(self, stdout: OutputWrapper, stderr: OutputWrapper, *, quiet: bool) -> None:
        self._out: Callable[[str], object] = (lambda line: None) if quiet else stdout.write
        self._err: Callable[[str], object] = (lambda line: None) if quiet else stderr.write
        self._quiet = quiet
        self._failures: list[Outcome] = []
        self._failed = 0

    def run(
        self, actions: Sequence[Action], named: Sequence[tuple[Action, str]], *, with_list: bool
    ) -> tuple[int, str]:
        """List, then do these actions to all, then to single DOIs; returns the exit code and last words.

        0 all is done; 1 something failed; 2 there is no such DOI, it does not wait for that, or a setting is missing.
        """
        if not is_on():
            self._out(f"There are no DOIs here: identifier.providers does not name {PROVIDER}.")
            return 0, ""
        if with_list:
            self.list_waiting()
        try:
            is_done = self.work(actions, named) if actions or named else True
        except (registry.NoDOI, ConnectorMisconfigured) as error:
            log.error("doi-organiser: %s", error)
            return 2, str(error)
        return (0, "") if is_done else (1, "Not everything could be done: see above.")

    def list_waiting(self) -> None:
        """Print what waits for the agency, by what is to be done with it."""
        for action, name in NAMES.items():
            found = False
            for row, handle in selection.waiting(action):
                if not found:
                    self._out(f"DOIs queued for {name}: ")
                found = True
                whose = f"belongs to item with handle {handle}" if handle else UNKNOWN_HANDLE
                self._out(f"    doi:{row.doi} ({whose})")
            if not found:
                self._out(f"There are no DOIs queued for {name}.")
            self._out("")

    def work(self, actions: Sequence[Action], named: Sequence[tuple[Action, str]]) -> bool:
        """Do these actions to all that wait for them, then to single DOIs; returns whether nothing failed.

        Raises NoDOI for a name of no DOI, or of one that does not wait for its action; ConnectorMisconfigured.
        """
        singles = [(action, self._meant(action, name)) for action, name in named]
        organiser_for = connector(settings.DSPACE)
        concurrency = settings.DSPACE.int("identifier.doi.concurrency", DEFAULT_CONCURRENCY)
        with claims.running() as run:
            organiser = Organiser(organiser_for, run=run, now=timezone.now, concurrency=concurrency)
            for action in actions:
                self._all(organiser, action)
            for action, row in singles:
                self._one(organiser, action, row)
        if organiser.stopped:
            self._err(f"Stopped, the rest waits for the next run: {organiser.stopped}")
        waiting = selection.count(actions or list(Action)) if organiser.stopped else 0
        report.send(self._failures, self._failed, organiser.stopped, waiting)
        if actions and (paused := selection.count(actions, paused=True)):
            self._out(f"{paused} DOIs rest after they were refused; naming one (--{actions[0]}-doi) tries it at once.")
        return not (self._failed or organiser.stopped)

    def _meant(self, action: Action, name: str) -> DOI:
        row = selection.named(name)
        states = set(WAITING[action])
        if action == Action.REGISTER:
            states.add(State.UPDATE_BEFORE_REGISTRATION)  # updated first, then registered
        if row.state not in states:
            state = State(row.state).name
            raise registry.NoDOI(f"doi:{row.doi} is not marked for {NAMES[action]}: its state is {state}")
        return row

    def _all(self, organiser: Organiser, action: Action) -> None:
        total = 0 if organiser.stopped else selection.count([action])
        if not total:
            if not organiser.stopped:
                self._err(f"There are no objects in the database that could be processed for {NAMES[action]}.")
            return
        if self._quiet:
            for outcome in organiser.work(action):
                self._say(outcome)
            return
        with progress(NAMES[action].capitalize(), total) as advance:
            for outcome in organiser.work(action):
                self._say(outcome)
                advance(1)

    def _one(self, organiser: Organiser, action: Action, row: DOI) -> None:
        row.refresh_from_db(fields=["state"])
        if action == Action.REGISTER and row.state == State.UPDATE_BEFORE_REGISTRATION:
            self._follow(organiser, Action.UPDATE, row)
        if not self._follow(organiser, action, row) and not organiser.stopped:
            self._out(f"doi:{row.doi} is left alone: another run is at it, or its update failed.")

    def _follow(self, organiser: Organiser, action: Action, row: DOI) -> int:
        """Do it to one DOI; returns how many outcomes there were: none when it is not free, or tried already."""
        outcomes = list(organiser.work(action, only=row))
        for outcome in outcomes:
            self._say(outcome)
        return len(outcomes)

    def _say(self, outcome: Outcome) -> None:
        if outcome.error:
            self._failed += 1
            if len(self._failures) < report.LISTED:
                self._failures.append(outcome)
            self._err(FAILED[outcome.action].format(outcome.doi, outcome.error))
        elif outcome.put_off is not None:
            self._out(f"doi:{outcome.doi} is passed over: its item has changed, it is {outcome.put_off.name} now.")
        else:
            log.info("DOI %s: %s", outcome.doi, outcome.action)
            self._out(DONE[outcome.action].format(outcome.doi))


def log_to_file() -> None:
    """Let what is logged go to the end of `log/doi-organiser.log` instead of standard error."""
    path = Path(settings.VAR) / "log" / "doi-organiser.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    root = logging.getLogger()
    kept = root.handlers[0].formatter if root.handlers else None
    file = logging.FileHandler(path, encoding="utf-8")
    file.setFormatter(kept)
    root.handlers[:] = [file]
