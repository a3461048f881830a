"""What becomes of a DOI when its item, or what the agency answers, says so: pure functions over one row.

`look` decides by what is true of the item now, for the consumer of marks and again before each call; `settled` by what
the agency accepted.
"""

import hashlib

from identifiers.doi.states import DRAFTS, GONE, Action, State
from identifiers.models import DOI
from identifiers.objects import Described

_HIDDEN = "hidden "  # begins the digest of a registered DOI that is not to be found


def digest(described: Described, state: State) -> str:
    """Return a hash of what the agency is told of the object: document, address and whether it is to be found."""
    if not described.visible and state not in DRAFTS:
        return hidden_digest(described.url)
    told = described.document if described.document is not None else "\n".join(described.problems)
    return hashlib.sha256(f"{described.url}\0{told}".encode()).hexdigest()


def hidden_digest(url: str) -> str:
    """Return a hash of what the agency is told of a registered DOI that is not to be found: its address."""
    return _HIDDEN + hashlib.sha256(url.encode()).hexdigest()[: 64 - len(_HIDDEN)]


def farewell(row: DOI, tombstone: str) -> str:
    """Return the digest of a DOI whose object is gone; empty for one that never led anywhere."""
    return hidden_digest(tombstone) if tombstone and row.sent_visible is not None else ""


def is_hidden(digest: str) -> bool:
    """Return whether this is the digest of a DOI that is not to be found."""
    return digest.startswith(_HIDDEN)


def look(row: DOI, described: Described | None, wish: State, tombstone: str = "") -> State:
    """Return the state that the row has when its object is looked at.

    `described` None: the object is gone, and `tombstone` is the address that its DOI leads to, if it has one. `wish` is
    the state in which a DOI begins when an item is archived.
    """
    state = State(row.state)
    if described is None:
        return _gone(row, state, tombstone)
    if state in GONE:
        state = revived(row, wish)
    if state in (State.TO_BE_REGISTERED, State.UPDATE_BEFORE_REGISTRATION):
        return _to_be_registered(row, state, described)
    if state == State.PENDING:
        return State.TO_BE_REGISTERED if described.visible else State.PENDING
    # What was changed and changed back before anybody was told is as the agency has it.
    if state in (State.IS_REGISTERED, State.UPDATE_REGISTERED):
        is_told = row.registered and row.told == digest(described, state)
        return State.IS_REGISTERED if is_told else State.UPDATE_REGISTERED
    if state in (State.IS_RESERVED, State.UPDATE_RESERVED):
        return State.IS_RESERVED if row.told == digest(described, state) else State.UPDATE_RESERVED
    return state


def revived(row: DOI, wish: State) -> State:
    """Return the state of a DOI whose object is there again: as it was at the agency, else as one of a new item."""
    state = State(row.state)
    if state not in GONE:
        return state
    if row.sent_visible is not None:  # registered once, so registered for good
        return State.UPDATE_REGISTERED if state == State.TO_BE_DELETED else State.TO_BE_REGISTERED
    return wish


def settled(action: Action, claimed: State, row: DOI, *, unchanged: bool) -> State:
    """Return the state after the agency's yes to `action`, taken up in the state `claimed`.

    The row may have another state by now: somebody wants something else meanwhile, and that stays. `unchanged`: the
    item is still as the agency was told; else the DOI stays, or becomes, one to be updated.
    """
    state = State(row.state)
    if action == Action.REGISTER:
        if state == claimed:
            return State.IS_REGISTERED if unchanged else State.UPDATE_REGISTERED
        return State.UPDATE_REGISTERED if state == State.UPDATE_BEFORE_REGISTRATION else state
    if state != claimed:
        return state
    if action == Action.RESERVE:
        return State.IS_RESERVED if unchanged else State.UPDATE_RESERVED
    if action == Action.DELETE:
        return State.DELETED if unchanged else state
    return _BEFORE[claimed] if unchanged else state


_BEFORE = {
    State.UPDATE_REGISTERED: State.IS_REGISTERED,
    State.UPDATE_RESERVED: State.IS_RESERVED,
    State.UPDATE_BEFORE_REGISTRATION: State.TO_BE_REGISTERED,
}


def _gone(row: DOI, state: State, tombstone: str) -> State:
    if state == State.DELETED:  # a registered one leads somewhere for good
        told = farewell(row, tombstone)
        return State.TO_BE_DELETED if told and told != row.told else state
    return State.TO_BE_DELETED if row.may_be_known else State.DELETED


def _to_be_registered(row: DOI, state: State, described: Described) -> State:
    """Return what a wish to register comes to. Once the agency may have it, an item that is not public is hidden."""
    if not described.visible:
        if row.sent_visible is None or not row.may_be_known:
            return State.PENDING
        return state if row.state == State.DELETED else State.UPDATE_REGISTERED  # revived first; the next look hides it
    if row.told == digest(described, state):
        return State.TO_BE_REGISTERED
    was_edited = row.state == State.TO_BE_REGISTERED and row.seen not in ("", digest(described, state))
    return State.UPDATE_BEFORE_REGISTRATION if was_edited else state
