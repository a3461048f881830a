"""Names of records, sets and the repository itself."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oai import identity

HANDLES = st.from_regex(r"\A[^/\s]+/\S+\Z").filter(lambda handle: handle.isprintable())


class Configuration(dict):
    def list(self, key):
        return self.get(key, [])


@pytest.mark.parametrize(
    ("configured", "expected"),
    [
        ({"dspace.hostname": "archive.example.org"}, "archive.example.org"),
        ({"dspace.hostname": "archive.example.org", "oai.identifier.prefix": "other.example"}, "other.example"),
        ({"dspace.hostname": "localhost"}, "localhost.localdomain"),
        ({"dspace.hostname": "127.0.0.1"}, "host-127-0-0-1.localdomain"),
        ({"dspace.hostname": "[::1]"}, "host-1.localdomain"),
        ({}, "localhost.localdomain"),
    ],
)
def test_the_repository_identifier_is_always_a_domain_name(settings, configured, expected):
    settings.DSPACE = Configuration(configured)
    assert identity.repository_identifier() == expected
    assert identity.identifier("123456789/1") == f"oai:{expected}:123456789/1"


def test_there_is_always_an_address_of_an_administrator(settings):
    settings.DSPACE = Configuration({"mail.admin": ["a@example.org", " b@example.org"]})
    assert identity.admin_emails() == ["a@example.org", "b@example.org"]
    settings.DSPACE = Configuration()
    assert identity.admin_emails() == ["root@localhost.localdomain"]


def test_sets_are_named_as_in_dspace():
    assert identity.set_spec("com", "123456789/1") == "com_123456789_1"
    assert identity.set_spec("col", "10.5072/a.b-c") == "col_10.5072_a.b-c"


@given(HANDLES)
def test_every_handle_makes_a_legal_set_and_identifier(handle):
    assert re.fullmatch(r"[A-Za-z0-9\-_.!~*'()]+", identity.set_spec("com", handle))
    assert re.fullmatch(r"[a-zA-Z0-9\-_.!~*'();/?:@&=+$,%]+", identity.local_id(handle))


@given(HANDLES, HANDLES)
def test_no_two_handles_share_a_set_or_an_identifier(one, other):
    assert (identity.set_spec("com", one) == identity.set_spec("com", other)) == (one == other)
    assert (identity.local_id(one) == identity.local_id(other)) == (one == other)


def test_a_handle_with_an_underscore_does_not_pass_for_another():
    assert identity.set_spec("col", "a_b/c") != identity.set_spec("col", "a/b_c")
