"""The states of a DOI, by DSpace's names and numbers, and the transitions that are legal. Plain Python.

The database refuses any other transition: `guard_sql` makes its trigger from the table. A change of the table needs
a migration that runs `guard_sql` again.
"""

from enum import IntEnum, StrEnum


class State(IntEnum):
    """What stands between us and the agency about one DOI (docs/identifiers.md)."""

    TO_BE_REGISTERED = 1
    TO_BE_RESERVED = 2
    IS_REGISTERED = 3
    IS_RESERVED = 4
    UPDATE_RESERVED = 5
    UPDATE_REGISTERED = 6
    UPDATE_BEFORE_REGISTRATION = 7
    TO_BE_DELETED = 8
    DELETED = 9
    PENDING = 10
    MINTED = 11


class Action(StrEnum):
    """What the organiser does to a DOI at the agency, in the order in which it does all of them."""

    UPDATE = "update"
    RESERVE = "reserve"
    REGISTER = "register"
    DELETE = "delete"


S = State

TRANSITIONS: dict[State, frozenset[State]] = {
    S.MINTED: frozenset({S.TO_BE_RESERVED, S.TO_BE_REGISTERED, S.TO_BE_DELETED, S.DELETED}),
    S.PENDING: frozenset({S.TO_BE_REGISTERED, S.TO_BE_DELETED, S.DELETED}),
    S.TO_BE_RESERVED: frozenset({S.IS_RESERVED, S.UPDATE_RESERVED, S.TO_BE_REGISTERED, S.TO_BE_DELETED, S.DELETED}),
    S.IS_RESERVED: frozenset({S.UPDATE_RESERVED, S.TO_BE_REGISTERED, S.TO_BE_DELETED}),
    S.UPDATE_RESERVED: frozenset({S.IS_RESERVED, S.TO_BE_REGISTERED, S.TO_BE_DELETED}),
    S.TO_BE_REGISTERED: frozenset(
        {S.IS_REGISTERED, S.UPDATE_REGISTERED, S.UPDATE_BEFORE_REGISTRATION, S.PENDING, S.TO_BE_DELETED, S.DELETED}
    ),
    S.UPDATE_BEFORE_REGISTRATION: frozenset(
        {S.TO_BE_REGISTERED, S.UPDATE_REGISTERED, S.PENDING, S.TO_BE_DELETED, S.DELETED}
    ),
    S.IS_REGISTERED: frozenset({S.UPDATE_REGISTERED, S.TO_BE_DELETED}),
    S.UPDATE_REGISTERED: frozenset({S.IS_REGISTERED, S.PENDING, S.TO_BE_DELETED, S.DELETED}),
    S.TO_BE_DELETED: frozenset(
        {S.DELETED, S.UPDATE_REGISTERED, S.TO_BE_REGISTERED, S.TO_BE_RESERVED, S.PENDING, S.MINTED}
    ),
    S.DELETED: frozenset({S.TO_BE_DELETED, S.TO_BE_REGISTERED, S.TO_BE_RESERVED, S.PENDING, S.MINTED}),
}

# What each action takes up.
WAITING: dict[Action, frozenset[State]] = {
    Action.UPDATE: frozenset({S.UPDATE_RESERVED, S.UPDATE_REGISTERED, S.UPDATE_BEFORE_REGISTRATION}),
    Action.RESERVE: frozenset({S.TO_BE_RESERVED}),
    Action.REGISTER: frozenset({S.TO_BE_REGISTERED}),
    Action.DELETE: frozenset({S.TO_BE_DELETED}),
}

# States in which the agency has, or is to have, a draft only: it is told of items that are not public too.
DRAFTS = frozenset({S.MINTED, S.TO_BE_RESERVED, S.IS_RESERVED, S.UPDATE_RESERVED})
GONE = frozenset({S.TO_BE_DELETED, S.DELETED})

_GUARD = """
CREATE OR REPLACE FUNCTION identifiers_doi_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.state, NEW.state) NOT IN ({pairs}) THEN
        RAISE EXCEPTION 'DOI %: state % can''t become %', OLD.doi, OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'doi_transition';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS doi_transition ON identifiers_doi;
CREATE TRIGGER doi_transition BEFORE UPDATE OF state ON identifiers_doi
FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION identifiers_doi_guard();
"""
DROP_GUARD = """
DROP TRIGGER IF EXISTS doi_transition ON identifiers_doi;
DROP FUNCTION IF EXISTS identifiers_doi_guard();
"""


def guard_sql() -> str:
    """Return the SQL of the trigger that refuses what TRANSITIONS does not have."""
    pairs = [f"({old:d}, {new:d})" for old, targets in TRANSITIONS.items() for new in sorted(targets)]
    return _GUARD.format(pairs=", ".join(pairs))
