"""Statements that are planned once for a connection."""

import pytest
from django.db import OperationalError, connection, transaction

from oai.store import prepared

pytestmark = pytest.mark.django_db(transaction=True)

SQL = "SELECT %(b)s::int - %(a)s::int, %(b)s::text"


@pytest.fixture(autouse=True)
def _no_pooler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "_is_pooled", False)


def ask(a: int, b: int) -> tuple[int, str]:
    with connection.cursor() as cursor:
        prepared.execute(cursor, SQL, {"a": a, "b": str(b)})
        return cursor.fetchone()


def names() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'oai~_%%' ESCAPE '~'", [])
        return cursor.fetchone()[0]


def test_a_statement_is_prepared_once_for_each_connection() -> None:
    connection.close()
    assert [ask(1, 3), ask(5, 3)] == [(2, "3"), (-2, "3")]
    assert names() == 1
    connection.close()
    assert ask(1, 3) == (2, "3")
    assert names() == 1


def test_behind_a_pooler_statements_run_as_they_are() -> None:
    ask(1, 3)
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")  # what a connection looks like that a pooler took from another client
    assert [ask(1, 3), ask(1, 4)] == [(2, "3"), (3, "4")]
    assert names() == 0


def test_a_statement_that_another_client_of_the_pooler_prepared_does_no_harm() -> None:
    ask(1, 3)
    prepared._known.clear()
    assert ask(1, 3) == (2, "3")


def test_an_error_in_a_transaction_is_no_pooler() -> None:
    ask(1, 3)
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    with pytest.raises(OperationalError), transaction.atomic():
        ask(1, 3)
    connection.close()
    assert ask(1, 3) == (2, "3")
    assert names() == 1
