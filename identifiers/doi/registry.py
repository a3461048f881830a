"""The table of DOIs, as far as no agency is asked: minting, accepting those that items bring along, wishes of people.

Minted ones are `identifier.doi.prefix`/`identifier.doi.namespaceseparator` and a number of a sequence; one that is
taken is passed over. DOIs are compared without case, as everywhere.
"""

from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Case, F, Q, QuerySet, SmallIntegerField, Value, When
from django.db.models.functions import Upper

from identifiers import objects
from identifiers.connectors.port import Refusal
from identifiers.doi import life, names
from identifiers.doi.states import GONE, WAITING, Action, State
from identifiers.models import DOI, Handle
from identifiers.providers.base import Archived, IdentifierRefused

WISHES = {"register": State.TO_BE_REGISTERED, "reserve": State.TO_BE_RESERVED, "none": State.MINTED}

_MINT = """
INSERT INTO identifiers_doi (doi, object_id, state, may_be_known)
SELECT %s || nextval('identifiers_doi_number'), %s, %s, false ON CONFLICT DO NOTHING
RETURNING id, doi
"""
_AGAIN = {State.IS_REGISTERED: State.UPDATE_REGISTERED, State.IS_RESERVED: State.UPDATE_RESERVED}
# DSpace numbers its DOIs with integers of 32 bits, so no repository has given a greater number. One that is greater is
# accepted, and skipped should it ever be its turn; were the sequence to go on behind it, a single silly one would make
# all DOIs to come as long, and in the end such as nobody would know for ours.
LAST_NUMBER = 2**31 - 1
_GO_ON = "SELECT setval('identifiers_doi_number', %s) WHERE (SELECT last_value FROM identifiers_doi_number) < %s"


class NoDOI(LookupError):
    """There is no such DOI here, or the object has none."""


class DOIIsDeleted(ValueError):
    """The DOI is deleted, or about to be: it comes back with its item only."""


def wish() -> State:
    """Return the state in which the DOI of an archived item begins (`identifier.doi.on_archive`)."""
    return WISHES[settings.DSPACE.choice("identifier.doi.on_archive", WISHES)]


def of_object(object_id: UUID) -> DOI | None:
    """Return the DOI of an object."""
    return DOI.objects.filter(object_id=object_id).first()


def find(text: str) -> DOI | None:
    """Return the row of a DOI in any spelling."""
    return _named(names.readings(text)).first()


def registered_url(object_id: UUID) -> str | None:
    """Return the address of the object's DOI when the world can resolve it, for pages."""
    states = (State.IS_REGISTERED, State.UPDATE_REGISTERED)
    known = DOI.objects.filter(object_id=object_id, state__in=states, registered=True)
    doi = known.values_list("doi", flat=True).first()
    return names.url_of(doi) if doi else None


def archive(new: Archived) -> None:
    """Give a DOI to an item that enters the archive: the one it had, one that it brings along, else a new one.

    Raises IdentifierRefused for one that is like ours and is another's, or comes from a depositor.
    """
    given = _brought(new)
    row = of_object(new.object_id) or _given(given, new)
    if row is not None:
        _revive(row, new.object_id)
    elif wish() != State.MINTED and not _is_enough(given):
        _new(new.object_id, wish())


def is_passed_over(new: Archived) -> bool:
    """Return whether an item gets no DOI for the one of somebody else that it brings along."""
    given = _brought(new)
    return _is_enough(given) and not any(map(names.number_of, given)) and not _named(given).exists()


def _brought(new: Archived) -> list[str]:
    return [doi for field in _fields() for value in new.values(field) for doi in names.readings(value)]


def _is_enough(given: list[str]) -> bool:
    return bool(given) and not settings.DSPACE.bool("identifier.doi.beside-foreign")


def mint(object_id: UUID, *, state: State = State.MINTED) -> DOI:
    """Return the DOI of an object; if it has none a new one, in this state."""
    return of_object(object_id) or _new(object_id, state)


def _new(object_id: UUID, state: State) -> DOI:
    """Return a new DOI for an object that had none a moment ago."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_MINT, [names.stem(), object_id, state])
            if made := cursor.fetchone():
                return DOI(id=made[0], doi=made[1], object_id=object_id, state=state)
        if row := of_object(object_id):  # else the number was taken; the next may not be
            return row


@transaction.atomic
def ask(row_id: int, wanted: State) -> DOI:
    """Mark a DOI for reservation or for registration, whatever it was paused for. Raises DOIIsDeleted.

    One that is there already, or further on, stays as it is: a registered one is not reserved again.
    """
    row = DOI.objects.select_for_update().get(pk=row_id)
    state = State(row.state)
    if state in GONE:
        raise DOIIsDeleted(f"{row.doi} is deleted; it comes back with its item only")
    unsettled = {State.MINTED}
    if wanted == State.TO_BE_REGISTERED:
        unsettled |= {State.TO_BE_RESERVED, State.IS_RESERVED, State.UPDATE_RESERVED}
    if state in unsettled:
        row.state, row.last_error = wanted, ""
    return _rested(row)


@transaction.atomic
def ask_update(row_id: int) -> DOI:
    """Have the agency told again what it was told, whether it has changed or not."""
    row = DOI.objects.select_for_update().get(pk=row_id)
    row.state, row.told, row.seen = _AGAIN.get(State(row.state), row.state), "", ""
    row.looks += 1  # what a run makes of the row at this moment is not what was asked for
    return _rested(row)


@transaction.atomic
def retry(row_id: int) -> DOI:
    """End the pause of a DOI that was refused.

    Under a former prefix that the agency has refused to us it is none of the agency's: the item may have another one
    (`replace`), and if the item is gone that was all.
    """
    row = DOI.objects.select_for_update().get(pk=row_id)
    if _never_was_ours(row):
        row.may_be_known, row.sent_visible = False, None
        row.save(update_fields=["may_be_known", "sent_visible"])
        if row.state == State.TO_BE_DELETED:
            row.state, row.last_error = State.DELETED, ""
    return _rested(row)


@transaction.atomic
def retry_all() -> int:
    """End the pauses of all DOIs that were refused, and return how many there are."""
    paused = DOI.objects.exclude(paused_until=None)
    _lock(paused)
    return paused.update(tries=0, unanswered=0, paused_until=None)


@transaction.atomic
def take_over(row_id: int) -> DOI:
    """Let a DOI that the agency has from elsewhere be ours: the next run tells what it is now."""
    row = DOI.objects.select_for_update().get(pk=row_id)
    row.may_be_known = True
    row.save(update_fields=["may_be_known"])
    return _rested(row)


@transaction.atomic
def replace(row_id: int) -> DOI:
    """Give the item of a DOI another one, and return that. Raises NoDOI when the agency may have this one from us."""
    row = DOI.objects.select_for_update().get(pk=row_id)
    if row.may_be_known or row.object_id is None:
        raise NoDOI(f"{row.doi} may be known to the agency: it stays with its item")
    object_id, wanted = row.object_id, row.state
    row.object_id, row.state, row.last_error = None, State.DELETED, ""
    _rested(row)
    return _new(object_id, State(wanted))


@transaction.atomic
def tell_again() -> int:
    """Have the agency told everything again, as after a move to another one; returns how many DOIs that is.

    Those too that wait to be told of a change: it may be undone before it is told, and counts for the former agency.
    """
    again = _AGAIN | {State.DELETED: State.TO_BE_DELETED}
    is_there = Q(sent_visible__isnull=False)  # of the deleted ones: for good, hidden
    known = DOI.objects.filter(Q(state__in=[*_AGAIN, *WAITING[Action.UPDATE]]) | Q(is_there, state=State.DELETED))
    _lock(known)
    return known.update(
        state=Case(
            *(When(state=old, then=Value(new)) for old, new in again.items()),
            default="state",
            output_field=SmallIntegerField(),
        ),
        told="",
        seen="",
        looks=F("looks") + 1,
        tries=0,
        unanswered=0,
        paused_until=None,
    )


def hide_again(prefix: str) -> None:
    """Have the agency told where the DOIs of deleted objects lead whose handles have this prefix now."""
    moved = Handle.objects.filter(handle__startswith=f"{prefix}/").values("object_id")
    gone = DOI.objects.filter(state__in=GONE, sent_visible__isnull=False, object_id__in=moved)
    _lock(gone)
    gone.update(state=State.TO_BE_DELETED, seen="", looks=F("looks") + 1)


@transaction.atomic
def delete(object_id: UUID) -> None:
    """Take the DOI away from its object, and have the agency hide or delete it. Raises NoDOI."""
    row = DOI.objects.select_for_update().filter(object_id=object_id).first()
    if row is None:
        raise NoDOI(f"object {object_id} has no DOI")
    row.object_id, row.state = None, life.look(row, None, wish())
    _rested(row)


def _lock(rows: "QuerySet[DOI]") -> None:
    """Lock rows in the order in which everybody locks several: two that did so in their own would wait for each other.

    In the caller's transaction.
    """
    for _ in rows.select_for_update().order_by("pk").values_list("pk").iterator():
        pass


def _never_was_ours(row: DOI) -> bool:
    """Whether a DOI was refused for its prefix, which is not ours any more, and nothing shows that it was accepted."""
    was_accepted = row.registered or row.told or row.state in (State.IS_RESERVED, State.UPDATE_RESERVED)
    is_former = row.doi.partition("/")[0] != names.prefix()
    return Refusal.FOREIGN_DOI in row.last_error and is_former and not was_accepted


def _rested(row: DOI) -> DOI:
    row.tries, row.unanswered, row.paused_until = 0, 0, None
    asked = ["object_id", "state", "told", "seen", "looks"]
    row.save(update_fields=[*asked, "tries", "unanswered", "last_error", "paused_until"])
    return row


def _fields() -> list[str]:
    """Return the fields in which an item brings DOIs along."""
    return list(dict.fromkeys([names.GIVEN_FIELD, names.noted_in()]))


def _named(dois: Iterable[str]) -> "QuerySet[DOI]":
    return DOI.objects.alias(upper=Upper("doi")).filter(upper__in=[doi.upper() for doi in dois]).order_by("id")


def _given(given: list[str], new: Archived) -> DOI | None:
    """Return the row, locked, of the first of these DOIs that is ours, for the object; None when none is.

    The lock lets one of two objects have it that bring it along at once.
    """
    known = {row.doi.upper(): row for row in _named(given).select_for_update()} if given else {}
    for doi in given:
        row, number = known.get(doi.upper()), names.number_of(doi)
        if row is None and number is None:
            continue
        if not new.trusted:
            raise IdentifierRefused(f"{doi} is a DOI of this repository: only administrators and imports bring one")
        if row is None:
            return _accepted(doi, number or 0, new.object_id)
        if row.object_id is not None and objects.describe(row.object_id) is not None:
            raise IdentifierRefused(f"{doi} is already the DOI of another item")
        return row
    return None


def _accepted(doi: str, number: int, object_id: UUID) -> DOI:
    """Take over a DOI like those that we mint; the sequence goes on behind it, unless its number is beyond reason."""
    if number <= LAST_NUMBER:
        with connection.cursor() as cursor:
            cursor.execute(_GO_ON, [number, number])
    try:
        with transaction.atomic():
            return DOI.objects.create(doi=doi, object_id=object_id, state=wish())
    except IntegrityError as error:
        raise IdentifierRefused(f"{doi} is already the DOI of another item") from error


def _revive(row: DOI, object_id: UUID) -> None:
    """Let the row be that of an object which has come (back). Its marks have it looked at again."""
    fresh = DOI.objects.select_for_update().get(pk=row.pk)
    fresh.object_id, fresh.state = object_id, life.revived(fresh, wish())
    if fresh.state == State.IS_REGISTERED:
        fresh.state = State.UPDATE_REGISTERED
    elif fresh.state == State.MINTED:
        fresh.state = wish()
    fresh.told = fresh.seen = ""  # whatever it brings along, it is to be told, and to have its DOI
    _rested(fresh)
