"""Cutting text into words."""

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.words import MAX_POSITION, MAX_WORD, spans, terms, vector, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Barn-Owl's 3rd", ["the", "barn", "owl", "s", "3rd"]),
        ("Ørsted Straße ŁÓDŹ", ["orsted", "strasse", "lodz"]),
        ("e\u0301te\u0301 été", ["ete", "ete"]),
        ("snake_case", ["snake", "case"]),
        ("図書館", ["図書", "書館", "館"]),
        ("한국", ["한국", "국"]),
        ("हिन्दी", words("हिन्दी")),
        ("½ ﬁsh", ["1", "2", "fish"]),
        ("ABCé", ["abce"]),
        ("x" * 100, ["x" * MAX_WORD]),
        ("", []),
        ("\0 \ud800 \U0001f600", []),
        ("a\0b\x1fc..d\x80é\u0301", ["a", "b", "c", "d", "e"]),
        ("図" * 100, ["図図"] * 99 + ["図"]),
    ],
)
def test_words(text, expected):
    assert words(text) == expected


def test_an_indic_word_stays_whole():
    assert len(words("हिन्दी साहित्य")) == 2


@given(st.text())
def test_documents_questions_and_highlighting_agree(text):
    asked = [word for piece, _ in terms(text) for word in piece]
    held = words(text)
    assert set(asked) <= set(held)
    assert [word for _, _, word in spans(text)] == held


def test_a_vector_has_places_and_weights_and_gaps_between_texts():
    assert vector([("A", ["The owl"]), ("D", ["owl night", "bat"])]) == (
        "'the':1A 'owl':2A,4 'night':5 'bat':7",
        {"the", "owl", "night", "bat"},
    )


@pytest.mark.django_db
@given(st.lists(st.text()))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_postgresql_reads_every_vector(texts):
    lexemes, distinct = vector([("A", texts)])
    with connection.cursor() as cursor:
        cursor.execute("SELECT tsvector_to_array(%s::tsvector)", [lexemes])
        assert set(cursor.fetchone()[0]) == distinct


@pytest.mark.django_db
@pytest.mark.parametrize("unit", ["{:x} ", "{:064d} ", "図{:x}", "\U00020000{:x}"])
def test_postgresql_takes_the_vector_of_an_endless_text(unit):
    endless = "".join(unit.format(number) for number in range(200_000))
    lexemes, distinct = vector([("A", ["Title"]), ("D", [endless, "more"])])
    assert len(distinct) <= MAX_POSITION
    with connection.cursor() as cursor:
        cursor.execute("SELECT length(%s::tsvector)", [lexemes])
        assert cursor.fetchone()[0] == len(distinct)
