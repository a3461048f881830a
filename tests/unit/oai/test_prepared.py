"""Statements that are planned once for a connection."""

import pytest
from django.db import OperationalError, connection, transaction

from oai import running
from oai.store import prepared
from oai.store.database import DatabaseStore
from oai.store.port import Selection

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


@pytest.mark.django_db(transaction=True)
def test_a_statement_is_planned_once() -> None:
    store = DatabaseStore(running.current().contexts["request"], "oai:test:")
    for _ in range(8):
        store.read_page(Selection("oai_dc"), after=None, limit=100, metadata=True, count=True)
        store.record("1/2", "oai_dc")
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(generic_plans), sum(custom_plans) FROM pg_prepared_statements WHERE name ~ '^oai_'")
        planned_once, planned_anew = cursor.fetchone()
    assert (planned_once >= 16, planned_anew) == (True, 0)


@pytest.mark.django_db(transaction=True)
def test_a_migration_that_changes_a_result_harms_no_connection() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE prepared_once (value integer)")
        cursor.execute("INSERT INTO prepared_once VALUES (1)")
        try:
            for kind in ("integer", "bigint", "text"):
                cursor.execute(f"ALTER TABLE prepared_once ALTER value TYPE {kind}")
                for _ in range(2):
                    prepared.execute(cursor, "SELECT value FROM prepared_once WHERE 1 = %(one)s", {"one": 1})
                    assert str(cursor.fetchone()[0]) == "1"
        finally:
            cursor.execute("DROP TABLE prepared_once")


def test_a_plan_that_was_made_for_an_empty_table_does_not_read_the_whole_of_a_full_one() -> None:
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE filling (id int PRIMARY KEY)")
        try:
            cursor.execute("VACUUM filling")
            prepared.execute(cursor, "SELECT id FROM filling WHERE id = %(id)s", {"id": 1})
            cursor.execute("INSERT INTO filling SELECT generate_series(1, 3000)")
            cursor.execute("SELECT name FROM pg_prepared_statements WHERE statement LIKE %s", ["%FROM filling%"])
            cursor.execute(f"EXPLAIN EXECUTE {cursor.fetchone()[0]}(1)")
            plan = " ".join(line for (line,) in cursor.fetchall())
        finally:
            cursor.execute("DROP TABLE filling")
    assert "Index" in plan
    assert "Seq Scan" not in plan
