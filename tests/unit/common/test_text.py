"""Text is sorted and compared as people expect it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from common import text
from common.dates import parse_partial


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ärzte", "arzte"),
        ("ÉCOLE", "école"),
        ("Straße", "STRASSE"),
        ("Ørsted", "orsted"),
        ("Łódź", "lodz"),
        ("ﬁn", "fin"),
    ],
)
def test_spellings_of_one_word_fold_to_the_same(one, other):
    assert text.fold(one) == text.fold(other)


@pytest.mark.parametrize("word", ["がく", "हिन्दी", "한국어"])
def test_marks_that_make_another_letter_stay(word):
    assert text.fold(word) == word


def test_umlauts_stand_beside_their_letter():
    names = ["Zebra", "Äpfel", "Apfel", "Birne", "apfelbaum"]
    assert sorted(names, key=text.sort_key) == ["Äpfel", "Apfel", "apfelbaum", "Birne", "Zebra"]


@pytest.mark.parametrize(
    ("title", "language", "key"),
    [
        ("The Owl", "en", "owl"),
        ("The Owl", None, "owl"),
        ("Die Eule", "de_DE", "eule"),
        ("Die Hard", "en", "die hard"),
        ("L'école", "fr", "ecole"),
        ("“A tale”", "en", "tale”"),
        ("A", "en", "a"),
        ("!?", "en", "!?"),
    ],
)
def test_titles_are_filed_without_their_leading_article(title, language, key):
    assert text.title_sort_key(title, language) == key


def test_numbers_are_in_numeric_order():
    titles = ["Report 10", "Report 9", "Report 100"]
    assert sorted(titles, key=text.sort_key) == ["Report 9", "Report 10", "Report 100"]
    assert sorted(["item_10", "item_2"], key=text.natural_key) == ["item_2", "item_10"]


@given(st.text())
def test_any_text_can_be_folded_sorted_and_put_into_xml(value):
    assert text.fold(text.fold(value)) == text.fold(value)
    text.title_sort_key(value)
    element = etree.Element("x")
    element.text = text.xml_safe(value)


def test_astral_characters_stay_in_xml():
    assert text.xml_safe("a\x00🦉\ufffe𝔘") == "a🦉𝔘"


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("2024", (2024, 0, 0)),
        ("2024-02", (2024, 2, 0)),
        ("2024-02-29", (2024, 2, 29)),
        ("2024-02-30", None),
        ("2024-13", None),
        ("circa 1999", None),
        ("2024-02-29T10:00:00Z", (2024, 2, 29)),
    ],
)
def test_partial_dates_are_read_and_wrong_ones_are_not(written, parts):
    assert parse_partial(written) == parts
