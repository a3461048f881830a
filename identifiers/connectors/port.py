"""What DSpace asks of a DOI registration agency: one protocol, two kinds of failure (docs/doi-connectors.md).

DOIs are bare (`10.5072/abc`), metadata is a DataCite document with the DOI in it (`with_doi`), URLs are absolute. Every
call goes over the network: never inside a transaction. Each may be repeated: an answer that was lost is asked for again
at the next run, and what is done already is done again without harm.
"""

from enum import StrEnum
from typing import Protocol

from lxml import etree

from common.xml import parse_xml


class AgencyUnavailable(Exception):
    """The agency says neither yes nor no: 5xx, no answer in time, half an answer, an address that is none.

    It is nobody's fault in particular, and counts against no DOI. If it is so for one DOI, the run goes on with the
    others; if it is so for several in a row, it is an outage: the run stops, and the next one does everything.
    """


class AgencyOutOfReach(AgencyUnavailable):
    """Nothing can be sent: no such host, refused, no TLS to be trusted. An outage at once, about whichever DOI."""


class AgencyRefusedLogin(AgencyOutOfReach):
    """The agency does not accept `identifier.doi.user` and `.password`; no DOI can be told of until it does."""


class Refusal(StrEnum):
    """Why one DOI was refused, by the names of DSpace's DOIIdentifierException."""

    DOI_DOES_NOT_EXIST = "DOI_DOES_NOT_EXIST"
    DOI_ALREADY_EXISTS = "DOI_ALREADY_EXISTS"
    FOREIGN_DOI = "FOREIGN_DOI"
    BAD_ANSWER = "BAD_ANSWER"
    BAD_REQUEST = "BAD_REQUEST"
    RESERVE_FIRST = "RESERVE_FIRST"


class DOIRefused(Exception):
    """The agency refuses this DOI, and only this one: `code` says why, the message what to do about it."""

    def __init__(self, code: Refusal, message: str) -> None:
        super().__init__(message)
        self.code = code


class DOIConnector(Protocol):
    """One agency. Its methods are called by several threads at once; each raises AgencyUnavailable or DOIRefused.

    No message of an exception holds a credential.
    """

    def is_reserved(self, doi: str) -> bool:
        """Return whether the agency has metadata of the DOI, resolvable or not."""

    def is_registered(self, doi: str) -> bool:
        """Return whether the DOI is registered for good, hidden or not."""

    def reserve(self, doi: str, metadata: str) -> None:
        """Tell the agency of a DOI that does not resolve yet."""

    def register(self, doi: str, metadata: str, url: str) -> None:
        """Send the metadata, then make the DOI resolve to `url` and be found."""

    def update(self, doi: str, metadata: str, url: str, *, registered: bool) -> None:
        """Send what changed: the metadata, and of a registered DOI the URL too; a reserved one stays reserved.

        It may make a hidden DOI visible again (DataCite's MDS does): whoever wants it hidden calls `hide` after it.
        """

    def hide(self, doi: str, url: str = "") -> None:
        """Take the DOI out of the agency's search; it still resolves: to `url`, if that is given.

        A DOI it does not know is hidden already.
        """

    def show(self, doi: str, metadata: str, url: str) -> None:
        """Let a hidden DOI be found again, with what is true of it now."""

    def delete(self, doi: str) -> None:
        """Delete a DOI that was only reserved, hide any other. One that the agency does not know is gone already."""


def with_doi(document: str, doi: str) -> str:
    """Return a DataCite document with `doi` as its identifier, in place of any other. Raises XMLRefused."""
    root = parse_xml(document.encode())
    namespace = etree.QName(root).namespace
    name = f"{{{namespace}}}identifier" if namespace else "identifier"
    for former in root.findall(name):
        root.remove(former)
    identifier = etree.Element(name, identifierType="DOI")
    identifier.text = doi
    root.insert(0, identifier)
    return etree.tostring(root, encoding="unicode")
