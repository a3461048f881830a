"""Resumption tokens: they say what was written, and nothing but what we wrote is read."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oai.protocol.errors import Code, ProtocolError
from oai.protocol.tokens import Token, Tokens
from tests.protocol.memory import NOW

TOKENS = Tokens("a secret", "request")
TOKEN = Token(
    "ListRecords", {"metadataPrefix": "oai_dc", "set": "col_1"}, (1717243200, 42), 100, 250, NOW + timedelta(days=2)
)

ARGUMENTS = st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=4)
PLACES = st.one_of(st.tuples(st.integers(), st.integers()), st.tuples(st.text(max_size=20)))
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))


def refusal(text, verb="ListRecords", now=NOW, tokens=TOKENS):
    with pytest.raises(ProtocolError) as caught:
        tokens.read(text, verb, now)
    return caught.value.faults[0].code


@given(ARGUMENTS, PLACES, st.integers(0, 2**40), st.integers(0, 2**40), MOMENTS)
def test_what_is_written_is_read(arguments, place, cursor, size, expires):
    token = Token("ListSets", arguments, place, cursor, size, expires.replace(microsecond=0))
    assert TOKENS.read(TOKENS.write(token), "ListSets", NOW) == token


@given(ARGUMENTS, PLACES)
def test_a_token_needs_no_encoding_in_an_address(arguments, place):
    text = TOKENS.write(replace(TOKEN, arguments=arguments, place=place))
    assert all(c.isascii() and (c.isalnum() or c in "-_") for c in text)


@given(st.data())
def test_a_token_altered_in_one_character_is_refused(data):
    text = TOKENS.write(TOKEN)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters().filter(lambda c: c != text[at]))
    assert refusal(text[:at] + other + text[at + 1 :]) is Code.BAD_RESUMPTION_TOKEN


@given(st.text(max_size=80))
def test_junk_is_refused(text):
    assert refusal(text) is Code.BAD_RESUMPTION_TOKEN


@pytest.mark.parametrize(
    "change", [lambda t: t + "=", lambda t: t + "A", lambda t: " " + t, lambda t: t[:-1], lambda t: t * 100]
)
def test_only_the_very_text_that_was_written_is_taken(change):
    assert refusal(change(TOKENS.write(TOKEN))) is Code.BAD_RESUMPTION_TOKEN


def test_a_token_is_bound_to_its_verb_context_and_secret():
    text = TOKENS.write(TOKEN)
    assert refusal(text, verb="ListIdentifiers") is Code.BAD_RESUMPTION_TOKEN
    assert refusal(text, tokens=Tokens("a secret", "driver")) is Code.BAD_RESUMPTION_TOKEN
    assert refusal(text, tokens=Tokens("another", "request")) is Code.BAD_RESUMPTION_TOKEN


def test_a_token_expires():
    text = TOKENS.write(TOKEN)
    assert TOKENS.read(text, "ListRecords", TOKEN.expires - timedelta(seconds=1)) == TOKEN
    assert refusal(text, now=TOKEN.expires) is Code.BAD_RESUMPTION_TOKEN
