"""Who is at which DOI: short transactions that claim rows for a run, and that write what became of them.

A claim is a lease: it ends when the run's session with the database does, or after LEASE. So two runs never send one
DOI, and what a killed run had claimed is free at once. (Behind PgBouncer sessions mean nothing: only the time counts.)
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, Value, When

from identifiers import objects
from identifiers.doi import life, names
from identifiers.doi.states import WAITING, Action, State
from identifiers.models import DOI

LEASE = timedelta(minutes=30)  # longer than a batch takes when each of its requests takes its whole timeout
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=15), timedelta(days=7)
LONGEST_ERROR = 2000  # characters

_RUNS = 4476745  # the class of the advisory locks of runs
# To register says that the DOI may be found from now on, whether the agency's answer reaches us or not. And nobody
# knows what it was told until it has answered.
_CLAIM = """
UPDATE identifiers_doi d SET run = %(run)s, leased_until = clock_timestamp() + %(lease)s, action = %(action)s,
    sent_visible = CASE WHEN %(publishes)s THEN true ELSE d.sent_visible END, told = ''
FROM (
    SELECT id, sent_visible AS sent_before, told AS told_before FROM identifiers_doi
    WHERE {free} ORDER BY {order} LIMIT %(limit)s FOR UPDATE SKIP LOCKED
) AS free WHERE d.id = free.id RETURNING d.id, free.sent_before, free.told_before
"""
# In a state of the action, and no living run is at it.
_FREE = """
state = ANY(%(states)s) AND {which}
AND (run IS NULL OR leased_until < clock_timestamp() OR NOT %(by_time)s AND run <> ALL(ARRAY(
    SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND classid = %(runs)s AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
)))
"""
_IS_LEFT = "SELECT EXISTS (SELECT FROM identifiers_doi WHERE {free})"
_PASSED_OVER = "SELECT doi, count(*) OVER () FROM identifiers_doi WHERE {free} ORDER BY {order} LIMIT %(limit)s"
_AWAKE = """
    (paused_until IS NULL OR paused_until <= %(now)s)
    AND (last_try IS NULL OR last_try < %(began)s OR action <> %(action)s)
"""
_ONE = ("id = %(only)s", "id")
_ANSWERED = (f"unanswered = 0 AND id > %(after)s AND {_AWAKE}", "id")
_UNANSWERED = (f"unanswered > 0 AND (unanswered, id) > (%(times)s, %(after)s) AND {_AWAKE}", "unanswered, id")
_SETTLE = """
UPDATE identifiers_doi d SET state = new.state, told = new.told, sent_visible = new.visible,
    registered = new.registered, run = NULL, leased_until = NULL, paused_until = NULL, tries = 0, unanswered = 0,
    last_error = '', last_try = %s
FROM unnest(%s::bigint[], %s::smallint[], %s::text[], %s::boolean[], %s::boolean[])
    AS new (id, state, told, visible, registered)
WHERE d.id = new.id
"""
# What it was told is forgotten where somebody has looked meanwhile: it may have been asked to be told again.
_RELEASE = """
UPDATE identifiers_doi d SET run = NULL, leased_until = NULL, sent_visible = free.sent_before,
    may_be_known = d.may_be_known AND NOT free.is_free,
    told = CASE WHEN d.looks = free.looks THEN free.told_before ELSE '' END
FROM unnest(%s::bigint[], %s::bigint[], %s::boolean[], %s::boolean[], %s::text[])
    AS free (id, looks, sent_before, is_free, told_before)
WHERE d.id = free.id AND d.run = %s
"""
_SENDING = """
WITH going AS MATERIALIZED (
    SELECT d.id FROM identifiers_doi d JOIN unnest(%s::bigint[], %s::smallint[]) AS asked (id, state) USING (id, state)
    WHERE d.run = %s ORDER BY d.id FOR UPDATE OF d
)
UPDATE identifiers_doi d SET may_be_known = true FROM going WHERE d.id = going.id RETURNING d.id
"""
_RENEW = """
WITH ours AS MATERIALIZED (SELECT id FROM identifiers_doi WHERE run = %(run)s ORDER BY id FOR UPDATE)
UPDATE identifiers_doi d SET leased_until = clock_timestamp() + %(lease)s FROM ours WHERE d.id = ours.id RETURNING d.id
"""


@dataclass(frozen=True)
class Claim:
    """A row as it was claimed; what ends in `_before` is its `sent_visible` and `told` of before.

    `is_free`: the agency has said that it has no such DOI, and is told of it now.
    """

    row: DOI
    sent_before: bool | None
    told_before: str
    is_free: bool = False

    @property
    def known_before(self) -> bool:
        """Whether the agency may have it from us."""
        return bool(self.row.may_be_known)

    @property
    def state(self) -> State:
        """The state it was taken up in."""
        return State(self.row.state)


@dataclass(frozen=True)
class Accepted:
    """What the agency said yes to.

    `digest` is of what it was told, `visible` whether the DOI can be found there now (None: never registered).
    `is_unknown`: it turned out to have no such DOI registered, so there was nothing to hide.
    """

    claim: Claim
    action: Action
    digest: str
    visible: bool | None
    is_unknown: bool = False

    @property
    def is_found(self) -> bool:
        """Whether the world finds the DOI because of this call, so that its item is to have it too."""
        return bool(self.visible) and (self.action == Action.REGISTER or self.claim.state == State.UPDATE_REGISTERED)


@contextmanager
def running() -> Iterator[int]:
    """A run of the organiser: yields its number, which lives as long as this session with the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('identifiers_doi_run')::int")
        [run] = cursor.fetchone()
        if not _by_time():
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [_RUNS, run])
    try:
        yield run
    finally:
        if not _by_time():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_RUNS, run])


@dataclass(frozen=True)
class Which:
    """The rows that wait for an action and may be tried `now`; or `only` one of them, paused or not.

    Either those whose last call was answered, if there was one, or those that wait since an `unanswered` one: the
    latter come last in a run, those with the fewest such calls first, for a DOI that the agency never answers for
    must not hold up the others. What this was tried with since the run `began` is passed over.
    """

    action: Action
    now: datetime
    began: datetime
    unanswered: bool = False
    only: int | None = None

    def sql(self, statement: str) -> str:
        """Return the statement with the condition and the order of these rows."""
        which, order = _ONE if self.only else _UNANSWERED if self.unanswered else _ANSWERED
        return statement.format(free=_FREE.format(which=which), order=order)

    def values(self, behind: DOI | None = None) -> dict[str, Any]:
        """Return the parameters of the condition, for the rows `behind` one of them."""
        return {
            "action": self.action,
            "states": [int(state) for state in WAITING[self.action]],
            "after": behind.pk if behind else 0,
            "times": behind.unanswered if behind else 0,
            "only": self.only,
            "now": self.now,
            "began": self.began,
            "by_time": _by_time(),
            "runs": _RUNS,
        }


def claim(run: int, which: Which, *, limit: int, behind: DOI | None = None) -> list[Claim]:
    """Claim the next of these rows, `behind` another. Those that somebody has locked are passed over."""
    values = which.values(behind) | {
        "run": run,
        "lease": LEASE,
        "publishes": which.action == Action.REGISTER,
        "limit": limit,
    }
    # In one transaction: until it ends nobody can change the rows, so they are read as they were claimed.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(which.sql(_CLAIM), values)
        before = {pk: flags for pk, *flags in cursor.fetchall()}
        rows = list(DOI.objects.filter(pk__in=list(before)).order_by("unanswered", "pk"))
    return [Claim(row, *before[row.pk]) for row in rows]


def is_left(which: Which) -> bool:
    """Return whether there are such rows that nobody has claimed: somebody had them locked, or they are new."""
    with connection.cursor() as cursor:
        cursor.execute(which.sql(_IS_LEFT), which.values())
        return bool(cursor.fetchone()[0])


def passed_over(which: Which, *, limit: int) -> tuple[list[str], int]:
    """Return the first DOIs of those of these rows that nobody has claimed, and how many there are."""
    with connection.cursor() as cursor:
        cursor.execute(which.sql(_PASSED_OVER), which.values() | {"limit": limit})
        found = cursor.fetchall()
    return [doi for doi, _ in found], found[0][1] if found else 0


def renew(run: int) -> set[int]:
    """Prolong the leases of a run, locked in the order of all others, and return the rows that it still has."""
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"lease": LEASE, "run": run}
        cursor.execute(_RENEW, values)
        return {pk for (pk,) in cursor.fetchall()}


def sending(run: int, claims: Sequence[Claim]) -> list[Claim]:
    """Write that the agency may have these from now on: it was asked, and had none of them. Nothing is sent before.

    So a DOI is taken for ours after the question whose it is only, wherever a run is killed. Returns those to be sent:
    not those that another run has taken over, or of which something else is wanted by now.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SENDING, [[c.row.pk for c in claims], [c.row.state for c in claims], run])
        going = {pk for (pk,) in cursor.fetchall()}
    return [replace(claim, is_free=True) for claim in claims if claim.row.pk in going]


@transaction.atomic
def release(run: int, claims: Sequence[Claim]) -> None:
    """Give rows back that nothing was sent of."""
    _locked(run, claims)
    with connection.cursor() as cursor:
        before = [(c.row.pk, c.row.looks, c.sent_before, c.is_free, c.told_before) for c in claims]
        cursor.execute(_RELEASE, [*(list(column) for column in zip(*before, strict=True)), run])
    _unmark(claims)


@transaction.atomic
def give_back(run: int, claim: Claim, *, sent: bool, **news: Any) -> None:
    """Give a row back that something may have been `sent` of, with what is new about it."""
    ours = DOI.objects.filter(pk=claim.row.pk, run=run)
    ours.update(run=None, leased_until=None, **news, **({} if sent else _before(claim)))
    _unmark([claim])


def unanswered(run: int, claim: Claim, error: str, *, sent: bool, now: datetime) -> None:
    """Give a row back of which nobody knows whether what was `sent`, or only asked, arrived.

    That counts against no DOI: there is no pause. Only its turn comes later.
    """
    times = claim.row.unanswered + 1
    give_back(run, claim, sent=sent, unanswered=times, last_try=now, last_error=_kept(error))


@transaction.atomic
def take_back(unanswered: Sequence[tuple[Claim, str]], *, turns: bool) -> None:
    """Forget what was noted of rows that had no answer, for that was an outage; `turns`: and that they come later.

    Each with the error that was noted. Whatever somebody else has written since stays.
    """
    for claim, error in sorted(unanswered, key=lambda noted: noted[0].row.pk):
        row = claim.row
        free = DOI.objects.filter(pk=row.pk, run=None)
        free.filter(last_error=_kept(error)).update(last_error=row.last_error)
        if turns:
            free.filter(unanswered=row.unanswered + 1).update(unanswered=row.unanswered)


def _unmark(claims: Sequence[Claim]) -> None:
    """Let those wait whose items closed during the claim, so that they are to be hidden: they never were registered.

    One whose item has opened again since is to be registered. Of one that nothing is wanted of now nothing has failed.
    """
    free = DOI.objects.filter(pk__in=[claim.row.pk for claim in claims], run=None)
    never = free.filter(pk__in=[claim.row.pk for claim in claims if claim.sent_before is None], sent_visible=None)
    closed = never.filter(state=State.UPDATE_REGISTERED).update(state=State.PENDING)
    idle = free.filter(state__in=(State.PENDING, State.DELETED))
    idle.update(last_error="", unanswered=0, tries=0, paused_until=None)
    if closed:
        never.filter(state=State.PENDING, wanted_visible=True).update(state=State.TO_BE_REGISTERED)


def put_off(run: int, claim: Claim, state: State) -> State:
    """Write the state that the item asks for instead of the call, unless somebody has looked at it meanwhile.

    Returns the state that the row has then.
    """
    with transaction.atomic():
        release(run, [claim])
        unseen = DOI.objects.filter(pk=claim.row.pk, state=claim.row.state, looks=claim.row.looks, run=None)
        unseen.update(state=state, unanswered=0, last_error="")
        return State(DOI.objects.values_list("state", flat=True).get(pk=claim.row.pk))


@transaction.atomic
def accepted(run: int, said: Sequence["Accepted"], now: datetime) -> None:
    """Write what the agency said yes to: into items that have their DOI now, then the states.

    The items come first: all who lock an item and its DOI do so in this order. A row that another run has taken over
    stays as it is. Nobody waits for the disk: what a crash of the database loses was claimed, and is said again.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
    found = {yes.claim.row.object_id: names.url_of(yes.claim.row.doi) for yes in said if yes.is_found}
    if addresses := {object_id: url for object_id, url in found.items() if object_id}:
        objects.note(addresses, now)
    rows = _locked(run, [yes.claim for yes in said])
    news = [_settled(rows[yes.claim.row.pk], yes) for yes in said if yes.claim.row.pk in rows]
    if news:
        with connection.cursor() as cursor:
            cursor.execute(_SETTLE, [now, *(list(column) for column in zip(*news, strict=True))])


def _settled(row: DOI, yes: "Accepted") -> tuple[int, State, str, bool | None, bool]:
    """Return the row's number, its state, the digest of what was told, whether it may be found, and is registered."""
    claim = yes.claim
    unchanged = row.looks == claim.row.looks or row.seen == yes.digest
    if not yes.is_unknown:
        state = life.settled(yes.action, claim.state, row, unchanged=unchanged)
        registered = row.registered or yes.action == Action.REGISTER or claim.state == State.UPDATE_REGISTERED
        is_asked_again = not (unchanged or row.seen)  # meanwhile: as if it had not been told
        return row.pk, state, "" if is_asked_again else yes.digest, yes.visible, registered
    state = State.PENDING if unchanged and row.state == claim.state else State(row.state)
    return row.pk, state, yes.digest, None, False


@transaction.atomic
def refused(run: int, claim: Claim, error: str, *, sent: bool, registered: bool, now: datetime) -> None:
    """Write why a DOI failed, and let it rest, longer each time.

    `sent`: the agency may have heard of it; `registered`: it may have registered it. One that is taken, and that
    somebody has taken over meanwhile, does not rest: the next run tells the agency.
    """
    row = _locked(run, [claim]).get(claim.row.pk)
    if row is None:
        return
    if row.may_be_known and not (claim.known_before or claim.is_free):
        give_back(run, claim, sent=False, last_try=now)
        return
    tries = claim.row.tries + 1
    pause = min(FIRST_PAUSE * 2 ** min(tries - 1, 20), LONGEST_PAUSE)
    DOI.objects.filter(pk=row.pk).update(
        run=None,
        leased_until=None,
        tries=tries,
        unanswered=0,
        last_try=now,
        last_error=_kept(error),
        paused_until=now + pause,
        **({} if registered else {"sent_visible": claim.sent_before}) | ({} if sent else _before(claim)),
    )
    _unmark([claim])


def _locked(run: int, claims: Sequence[Claim]) -> dict[int, DOI]:
    """Lock those of these rows that the run still has, in the order of all others; in the caller's transaction."""
    ours = DOI.objects.select_for_update().filter(pk__in=[claim.row.pk for claim in claims], run=run)
    return {row.pk: row for row in ours.order_by("pk")}


def _before(claim: Claim) -> dict[str, Any]:
    known = {"may_be_known": False} if claim.is_free else {}
    return {"sent_visible": claim.sent_before, "told": _told(claim), **known}


def _told(claim: Claim) -> Case:
    """Return what the agency was told before the claim, as `_RELEASE` has it."""
    return Case(When(looks=claim.row.looks, then=Value(claim.told_before)), default=Value(""))


def _kept(error: str) -> str:
    return error.replace("\0", "")[:LONGEST_ERROR]


def _by_time() -> bool:
    """Whether sessions mean nothing: a pool shares them out by transaction."""
    return bool(connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"])
