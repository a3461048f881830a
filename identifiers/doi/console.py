"""A run of the organiser for somebody who reads along: DSpace's lines, a progress bar, the mail afterwards."""

import logging
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.core.management.base import OutputWrapper
from django.utils import timezone

from common.commands import progress
from identifiers import objects
from identifiers.connectors import ConnectorMisconfigured, connector
from identifiers.doi import claims, following, minting, registry, report, selection
from identifiers.doi.organiser import Organiser
from identifiers.doi.settling import Outcome
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
NO_DOIS = f"There are no DOIs here: identifier.providers does not name {PROVIDER}."
DEFAULT_CONCURRENCY, MOST_AT_ONCE = 4, 64  # calls to the agency


def _nothing(steps: int) -> None:
    """Where there is no progress bar."""


class Declined(Exception):
    """Somebody was asked and said no: nothing that was to come after it is done."""


class NotMeant(ValueError):
    """An argument names nothing that this can be done to; the message says what to do."""


@dataclass(frozen=True)
class Wishes:
    """What a command line asks for, in the order in which it is done.

    `review_all` looks at all items that have a DOI, `resend_all` has the agency told of all again; `mint_all` is for
    the archived items `within` a community or collection by its handle, else for all; then these
    `actions` to all DOIs that wait for them; then to the `named` ones.
    """

    actions: Sequence[Action] = ()
    named: Sequence[tuple[Action, str]] = ()
    list_all: bool = False
    review_all: bool = False
    resend_all: bool = False
    mint_all: bool = False
    within: str | None = None


class Console:
    """Prints what a run does, unless `quiet`. `agrees` is asked before much is done, with what it is."""

    def __init__(
        self, stdout: OutputWrapper, stderr: OutputWrapper, *, quiet: bool, agrees: Callable[[str], bool]
    ) -> None:
        self._agrees = agrees
        self._out: Callable[[str], object] = (lambda line: None) if quiet else stdout.write
        self._err: Callable[[str], object] = (lambda line: None) if quiet else stderr.write
        self._quiet = quiet
        self._failures: list[Outcome] = []
        self._failed = self._done = 0
        self._doubtful: list[Outcome] = []  # failures, if they turn out to be no outage
        self._is_left = False

    def run(self, wishes: Wishes) -> tuple[int, str]:
        """Do what is wished for; returns the exit code and last words.

        0 all is done; 1 something failed; 2 there is no such DOI, it does not wait for that, or a setting is missing.
        """
        if not is_on():
            self._out(NO_DOIS)
            return (2, "") if wishes.named or wishes.mint_all else (0, "")
        try:
            is_done = self._do(wishes)
        except Declined:
            return 0, ""
        except NotMeant as error:
            log.error("doi-organiser: %s", error)
            return 2, str(error)
        except ConnectorMisconfigured as error:
            log.error("doi-organiser: %s", error)
            report.send_misconfigured(str(error), timezone.now())
            return 2, str(error)
        except Exception as error:
            log.exception("doi-organiser broke off")
            for outcome in self._doubtful:  # whether it was an outage nobody will know
                self._note(outcome)
            report.send_broken(error, self._failures, self._failed, self._done, timezone.now())
            if self._quiet:
                return 1, ""
            raise
        return (0, "") if is_done else (1, "Not everything could be done: see above.")

    def _do(self, wishes: Wishes) -> bool:
        if wishes.resend_all:
            self._ask("The agency is told again of every DOI that it has.")
        if wishes.review_all:
            self.follow_all()
        if wishes.resend_all:
            self._out(f"{registry.tell_again()} DOIs wait for doi-organiser -u, deleted ones among them for -d.")
        is_done = not wishes.mint_all or self.mint(wishes.within)
        if wishes.list_all:
            self.list_waiting()
        if wishes.actions or wishes.named:
            is_done = self.work(wishes.actions, wishes.named) and is_done
        return is_done

    def _ask(self, question: str) -> None:
        if not self._agrees(question):
            raise Declined

    def follow_all(self) -> None:
        """Look at every item that has a DOI, and say what the agency is to be told now."""
        with self._progress("Items", selection.count_all()) as advance:
            count = following.follow_all(timezone.now(), advance)
        waiting = selection.count(list(Action))
        self._out(f"{count} items that have a DOI were looked at; {waiting} DOIs wait for the agency.")

    def mint(self, within: str | None) -> bool:
        """Give DOIs to archived items that have none, and return whether nothing was refused.

        Raises NotMeant, Declined.
        """
        if registry.wish() == State.MINTED:
            raise NotMeant("identifier.doi.on_archive is none: set it to what is to become of these DOIs")
        try:
            expected = minting.expected(within)
        except LookupError as error:
            raise NotMeant(f"--within: {error}") from error
        if expected.passed_over:
            self._out(f"{expected.passed_over} archived items have a DOI of somebody else and keep to that.")
        if not expected.given:
            self._out("There are no archived items that lack a DOI.")
            return True
        self._ask(f"{expected.given} archived items have no DOI and get one, {registry.wish().name}.")
        with self._progress("Items", expected.given + expected.passed_over) as advance:
            done = minting.mint(within, timezone.now(), advance)
        self._out(f"{done.given} items have a DOI now; doi-organiser -r -s tells the agency.")
        for reason in done.refused:
            log.error("doi-organiser: %s", reason)
            self._err(reason)
        return not done.refused

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

        Raises NotMeant for a name of no DOI, or of one that does not wait for its action; ConnectorMisconfigured.
        """
        singles = [(action, self._meant(action, name)) for action, name in named]
        agency = connector(settings.DSPACE)
        if problems := objects.problems():
            raise ConnectorMisconfigured("; ".join(problems))
        if Action.REGISTER in actions:
            following.follow_pending(timezone.now())
        concurrency = min(settings.DSPACE.int("identifier.doi.concurrency", DEFAULT_CONCURRENCY), MOST_AT_ONCE)
        with claims.running() as run:
            organiser = Organiser(agency, run=run, now=timezone.now, concurrency=concurrency)
            for action in actions:
                self._all(organiser, action)
            self._say_all(organiser, organiser.work_last(actions))
            self._say_all(organiser, organiser.work_again(actions))
            for action, row in singles:
                self._one(organiser, action, row)
            organiser.end()
        self._say_doubtful(organiser)
        if organiser.stopped:
            self._err(f"Stopped, the rest waits for the next run: {organiser.stopped}")
        waiting = selection.count(actions or list(Action)) if organiser.stopped else 0
        report.send(self._failures, self._failed, organiser.stopped, waiting, timezone.now())
        if actions and (paused := selection.count(actions, paused=True)):
            rest = f"{paused} DOI{' rests' if paused == 1 else 's rest'}"
            self._out(f"{rest} after a refusal; the option for a single one tries it at once.")
        return not (self._failed or self._is_left or organiser.stopped)

    def _meant(self, action: Action, name: str) -> DOI:
        try:
            row = selection.named(name)
        except registry.NoDOI as error:
            raise NotMeant(str(error)) from error
        states = set(WAITING[action])
        if action == Action.REGISTER:
            states.add(State.UPDATE_BEFORE_REGISTRATION)  # updated first, then registered
        if row.state not in states:
            state = State(row.state).name
            page = f"{settings.DSPACE.get('dspace.url')}/admin/dois?doi={quote(row.doi, safe='/')}"
            raise NotMeant(
                f"doi:{row.doi} is not marked for {NAMES[action]}: its state is {state}; {page} has what can be done"
            )
        return row

    def _all(self, organiser: Organiser, action: Action) -> None:
        total = 0 if organiser.stopped else selection.count([action])
        if not total:
            if not organiser.stopped:
                self._err(f"There are no objects in the database that could be processed for {NAMES[action]}.")
            return
        with self._progress(NAMES[action].capitalize(), total) as advance:
            self._say_all(organiser, organiser.work(action), advance)

    def _progress(self, name: str, total: int) -> AbstractContextManager[Callable[[int], None]]:
        return nullcontext(_nothing) if self._quiet else progress(name, total)

    def _one(self, organiser: Organiser, action: Action, row: DOI) -> None:
        row.refresh_from_db(fields=["state"])
        if action == Action.REGISTER and row.state == State.UPDATE_BEFORE_REGISTRATION:
            if not self._is_tried(organiser, Action.UPDATE, row):
                return
            row.refresh_from_db(fields=["state"])
        if row.state in WAITING[action]:  # else done by now, or its update failed
            self._is_tried(organiser, action, row)

    def _is_tried(self, organiser: Organiser, action: Action, row: DOI) -> bool:
        """Do it to one DOI; says so when that is not free, or tried already, and nothing came of it."""
        if self._say_all(organiser, organiser.work(action, only=row)):
            return True
        if not organiser.stopped:
            self._is_left = True
            self._err(f"doi:{row.doi} is left alone: another run is at it, or it was tried a moment ago.")
        return False

    def _say_all(
        self, organiser: Organiser, outcomes: Generator[Outcome], advance: Callable[[int], None] = _nothing
    ) -> int:
        """Say what became of each and return how many; whatever ends this, calls that go on are waited for.

        Of those that an outage may be the reason of it is said when there has been an answer.
        """
        count = 0
        with closing(outcomes):
            for outcome in outcomes:
                self._doubtful.append(outcome)
                self._say_certain(organiser)
                advance(1)
                count += 1
        return count

    def _say_certain(self, organiser: Organiser) -> None:
        held, self._doubtful = self._doubtful, []
        for outcome in held:
            if organiser.doubts(outcome):
                self._doubtful.append(outcome)
            else:
                self._say(outcome)

    def _say_doubtful(self, organiser: Organiser) -> None:
        """At the end of the run: without an outage they failed."""
        self._say_certain(organiser)
        if not organiser.stopped:
            for outcome in self._doubtful:
                self._say(outcome)

    def _say(self, outcome: Outcome) -> None:
        if outcome.error:
            self._note(outcome)
            self._err(FAILED[outcome.action].format(outcome.doi, outcome.error))
        elif outcome.put_off is not None:
            self._out(f"doi:{outcome.doi} is passed over: its item has changed, it is {outcome.put_off.name} now.")
        else:
            self._done += 1
            log.info("DOI %s: %s", outcome.doi, outcome.action)
            self._out(DONE[outcome.action].format(outcome.doi))

    def _note(self, failure: Outcome) -> None:
        """Keep it for the mail."""
        self._failed += 1
        if len(self._failures) < report.LISTED:
            self._failures.append(failure)


def log_to_file() -> None:
    """Let what is logged go to the end of `log/doi-organiser.log`; standard error is for people."""
    path = Path(settings.VAR) / "log" / "doi-organiser.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    root = logging.getLogger()
    kept = root.handlers[0].formatter if root.handlers else None
    file = logging.FileHandler(path, encoding="utf-8")
    file.setFormatter(kept)
    root.handlers[:] = [file]
