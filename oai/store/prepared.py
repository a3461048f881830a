"""Statements that PostgreSQL plans once for a connection: to plan a small one takes longer than to run it."""

import hashlib
import logging
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from django.db import Error, connection
from django.db.backends.utils import CursorWrapper
from psycopg2.errors import DuplicatePreparedStatement, FeatureNotSupported, InvalidSqlStatementName

log = logging.getLogger(__name__)

_NOT_OURS = (DuplicatePreparedStatement, InvalidSqlStatementName)
# Else PostgreSQL plans anew each time, as long as it believes that to know the values makes it faster; and a table that
# has no index would look dear enough to it to compile the statement.
_ONCE = "SET plan_cache_mode = force_generic_plan; SET jit = off;"
# The plan is kept while tables grow, until they are analysed: one made for empty tables would read the whole of a full
# one for each row. And what was looked up is not kept for the next row, which wants something else.
_BY_INDEX = "SET LOCAL enable_seqscan = off; SET LOCAL enable_memoize = off;"
_PARAMETER = re.compile(r"%\((\w+)\)s")

# By connection, the names that it knows.
_known: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()
_is_pooled = False


def execute(cursor: CursorWrapper, sql: str, values: Mapping[str, Any]) -> None:
    """Run a statement with parameters as `%(name)s`, planned for any values of them.

    Another statement without parameters may stand before it, ended by a semicolon: they are sent together. Only for
    what has one good plan whatever is in the tables. Behind a pooler that gives a connection to another client after
    each transaction, nothing is prepared any more after the first statement that was not found.
    """
    global _is_pooled  # for this process
    if not _is_pooled:
        try:
            _execute(cursor, sql, values)
        except Error as error:
            cause = error.__cause__
            if connection.in_atomic_block or not isinstance(cause, (*_NOT_OURS, FeatureNotSupported)):
                raise
            if isinstance(cause, _NOT_OURS):
                _is_pooled = True
                log.info("no more prepared statements, for the database is behind a pooler: %s", error)
            else:  # a migration has changed what its result looks like
                _forget(cursor, sql)
        else:
            return
    cursor.execute(sql, values)


def _execute(cursor: CursorWrapper, sql: str, values: Mapping[str, Any]) -> None:
    name, preparation, execution = _statements(sql)
    names = _known.setdefault(connection.connection, set())
    if name not in names:
        cursor.execute(preparation)
        names.add(name)
    cursor.execute(execution, values)


def _forget(cursor: CursorWrapper, sql: str) -> None:
    name, _, _ = _statements(sql)
    _known[connection.connection].discard(name)
    cursor.execute(f"DEALLOCATE {name}")


@lru_cache(64)
def _statements(sql: str) -> tuple[str, str, str]:
    """Return the name of a statement, and what prepares and what runs it."""
    before, end, sql = sql.rpartition(";")
    parameters = list(dict.fromkeys(_PARAMETER.findall(sql)))
    name = f"oai_{hashlib.blake2b(sql.encode(), digest_size=8).hexdigest()}"
    numbered = _PARAMETER.sub(lambda match: f"${parameters.index(match[1]) + 1}", sql)
    arguments = ", ".join(f"%({parameter})s" for parameter in parameters)
    return name, f"{_ONCE} PREPARE {name} AS {numbered}", f"{_BY_INDEX}{before}{end}EXECUTE {name}({arguments})"
