"""Which coding a harvester gets (RFC 9110, section 12.5.3)."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oai.compression import CODINGS, IDENTITY, choose, compress


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("", "identity"),
        ("identity", "identity"),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("deflate", "deflate"),
        ("gzip, deflate, br", "gzip"),
        ("deflate, gzip", "gzip"),
        ("deflate, gzip;q=0.5", "deflate"),
        ("gzip, identity", "gzip"),
        ("gzip;q=0.4, identity;q=0.5", "identity"),
        ("gzip;q=0.001", "gzip"),
        ("gzip;q=0", "identity"),
        ("gzip; q=0.000", "identity"),
        ("gzip;q=0, deflate", "deflate"),
        ("br", "identity"),
        ("*", "identity"),
        ("*;q=0", "identity"),
        ("identity;q=0", "identity"),
        ("*, identity;q=0", "gzip"),
        ("*, identity;q=0, gzip;q=0", "deflate"),
        ("*;q=0.5, gzip;q=0.1", "identity"),
        ("gzip;q=2, deflate;q=nonsense", "identity"),
        ("gzip;level=9", "identity"),
        (",,gzip ,", "gzip"),
    ],
)
def test_the_coding_of_the_greatest_weight_is_taken(accepted, coding):
    assert choose(accepted) == coding


@given(st.text(st.sampled_from("gzip,deflate;q=0.1 *\x00é"), max_size=40))
def test_no_header_breaks_the_choice(accepted):
    assert choose(accepted) in (*CODINGS, IDENTITY)


def test_what_is_compressed_can_be_read_again_and_is_the_same_each_time():
    data = b"<record/>" * 1000
    assert gzip.decompress(compress(data, "gzip")) == data
    assert zlib.decompress(compress(data, "deflate")) == data
    assert compress(data, "identity") == data
    assert compress(data, "gzip") == compress(data, "gzip")
