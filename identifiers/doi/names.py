"""DOIs as names: reading them out of metadata, showing them, and which are like those that we mint."""

import re
from urllib.parse import quote, unquote

from django.conf import settings

from identifiers.connectors import EZID_PROVIDER

TEST_PREFIX = "10.5072"
DEFAULT_FIELD = "dc.identifier.uri"
GIVEN_FIELD = "dc.identifier.doi"
LONGEST = 1000  # characters of a DOI that we look at

_SHOWN = re.compile(
    r"\s*(?:doi:\s*|info:doi/|(?P<url>https?://(?:dx\.|www\.)?doi\.org/(?:doi:)?))?(?P<doi>\S+)\s*", re.IGNORECASE
)
_BARE = re.compile(r"10\.[0-9]{4,9}(?:\.[0-9]+)*/[^\s\x00-\x1f\x7f]+")
_NUMBER = r"(?P<number>[1-9][0-9]{0,14})(?:\.[0-9]{1,9})?"  # the second part: versions of an item


def bare(text: str) -> str | None:
    """Return the DOI that a text is (`10.5072/x`, `doi:10.5072/x`, `https://doi.org/10.5072/x`), None for any other."""
    match = _SHOWN.fullmatch(text) if len(text) <= LONGEST else None
    if match is None:
        return None
    doi = unquote(re.split(r"[?#]", match["doi"])[0]) if match["url"] else match["doi"]
    return doi if _BARE.fullmatch(doi) else None


def readings(text: str) -> list[str]:
    """Return the DOI that a text is; and what is left of it without a slash, a query or the end of a sentence after it.

    None of ours ends so, but somebody else's may.
    """
    doi = bare(text)
    if doi is None:
        return []
    before = re.split("[?#]", doi)[0].rstrip("/.,;:")
    return [doi, before] if before != doi and _BARE.fullmatch(before) else [doi]


def is_same(text: str, own: str) -> bool:
    """Return whether a text is a DOI of ours, of which `own` is any spelling, whatever is stuck to its end."""
    doi = bare(own)
    return doi is not None and doi.upper() in (reading.upper() for reading in readings(text))


def url_of(doi: str) -> str:
    """Return the address by which a DOI is cited."""
    return "https://doi.org/" + quote(doi, safe="/:;()._-")


def by_ezid() -> bool:
    """Return whether EZID registers our DOIs."""
    return EZID_PROVIDER in settings.DSPACE.list("identifier.providers")


def prefix() -> str:
    """Return the prefix new DOIs are minted under (`identifier.doi.prefix`; with EZID that of the shoulder)."""
    if by_ezid():
        return stem().partition("/")[0]
    return settings.DSPACE.get("identifier.doi.prefix") or TEST_PREFIX


def stem() -> str:
    """Return what stands before the number in new DOIs: prefix, slash, `identifier.doi.namespaceseparator`.

    With EZID it is the shoulder (`identifier.doi.ezid.shoulder`: `10.5072/FK2`, also with `doi:` before it).
    """
    if by_ezid():
        return (settings.DSPACE.get("identifier.doi.ezid.shoulder") or f"{TEST_PREFIX}/FK2").removeprefix("doi:")
    separator = settings.DSPACE.get("identifier.doi.namespaceseparator") or ""
    return f"{prefix()}/{separator}"


def number_of(doi: str) -> int | None:
    """Return the number in a DOI that is like those we mint now, None for any other."""
    match = re.fullmatch(re.escape(stem()) + _NUMBER, doi, re.IGNORECASE)
    return int(match["number"]) if match else None


def noted_in() -> str:
    """Return the field that a registered DOI is written to (`identifier.doi.metadata`)."""
    return settings.DSPACE.get("identifier.doi.metadata") or DEFAULT_FIELD
