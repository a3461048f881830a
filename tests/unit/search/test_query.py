"""Reading what a person typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.query import MAX_TERMS, And, Not, Or, Part, Term, Year, leaves, parse


def term(*words, part=None, prefix=False):
    return Term(words, part, prefix)


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("owl night", [term("owl"), term("night")]),
        ("  Owl\tNIGHT ", [term("owl"), term("night")]),
        ('"barn owl"', [term("barn", "owl")]),
        ('"barn owl', [term("barn", "owl")]),
        ("-owl", [Not(term("owl"))]),
        ("NOT owl", [Not(term("owl"))]),
        ('-"barn owl"', [Not(term("barn", "owl"))]),
        ("owl OR bat cat", [Or((term("owl"), term("bat"))), term("cat")]),
        ("owl OR bat OR cat", [Or((term("owl"), term("bat"), term("cat")))]),
        ("owl AND bat", [term("owl"), term("bat")]),
        ("OR owl OR", [term("owl")]),
        ("+owl", [term("owl")]),
        ("title:Owl", [term("owl", part=Part.TITLE)]),
        ('author:"Doe, Jane"', [term("doe", "jane", part=Part.AUTHOR)]),
        ("-subject:owl*", [Not(term("owl", part=Part.SUBJECT, prefix=True))]),
        ("dc.title:owl", [term("owl", part=Part.TITLE)]),
        ("year:2010", [Year(2010)]),
        ("dateIssued:2010", [Year(2010)]),
        ("owl*", [term("owl", prefix=True)]),
        ("10.5072/Owl.7", [term("10", "5072", "owl", "7")]),
        ("http://example.org/a", [term("http", "example", "org", "a")]),
        ("owl~0.8 bat^4", [term("owl"), term("bat")]),
        ("図書館", [term("図書", "書館")]),
        ("図", [term("図", prefix=True)]),
        ("Python入門", [And((term("python"), term("入門")))]),
        ("(owl)", [term("owl")]),
        ("", []),
        (' - "" * ? title:"" ()', []),
    ],
)
def test_a_text_is_read_as(text, nodes):
    assert parse(text) == And(tuple(nodes))


@given(st.text())
def test_every_text_is_a_query_of_words_that_need_no_quoting(text):
    for leaf in leaves(parse(text)):
        assert leaf.words
        assert not any(c in word for word in leaf.words for c in " '\\:\0")


def test_a_long_text_is_cut():
    assert len(list(leaves(parse("a " * 5000)))) == MAX_TERMS


def test_what_must_not_match_is_no_leaf():
    assert [leaf.words for leaf in leaves(parse("owl -bat cat OR dog"))] == [("owl",), ("cat",), ("dog",)]
