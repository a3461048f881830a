"""The content coding of a response, as the harvester asked for it (RFC 9110, section 12.5.3)."""

import gzip
import re
import zlib
from functools import lru_cache

CODINGS = ("gzip", "deflate")  # the one we like better first
IDENTITY = "identity"

_LEVEL = 4  # zlib's: higher ones cost more time than the network wins
_ELEMENT = re.compile(r"\s*([\w!#$%&'*+.^`|~-]+)\s*(?:;\s*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*)?")
_SYNONYMS = {"x-gzip": "gzip"}
_UNSAID = 0.0001  # identity is always good, unless refused, but less wanted than whatever was named


def compress(data: bytes, coding: str) -> bytes:
    """Return `data` in a coding of CODINGS, or as it is. The same data gives the same bytes at any time."""
    if coding == "gzip":
        return gzip.compress(data, _LEVEL, mtime=0)
    return zlib.compress(data, _LEVEL) if coding == "deflate" else data


@lru_cache(maxsize=64)
def choose(accepted: str) -> str:
    """Return the coding for an Accept-Encoding header: that of the greatest weight, identity where none is good.

    `*` asks for nothing in particular: identity is preferred to what only `*` allows.
    """
    weights = {}
    for element in accepted.lower().split(","):
        if match := _ELEMENT.fullmatch(element):
            weights[_SYNONYMS.get(match[1], match[1])] = float(match[2] or 1)
    others = weights.get("*", 0.0)
    named = [(weights[coding], coding) for coding in CODINGS if coding in weights]
    unnamed = [(others, coding) for coding in CODINGS if coding not in weights]
    plain = (weights.get(IDENTITY, others if "*" in weights else _UNSAID), IDENTITY)
    weight, best = max([*named, plain, *unnamed], key=lambda choice: choice[0])  # the first of equals
    return best if weight else IDENTITY
