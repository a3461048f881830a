"""EZID, by its API version 2: identifiers with elements, in lines of ANVL.

PUT id/doi:{doi} makes one, POST changes it, GET shows it, DELETE is for reserved ones. `_status` is reserved, public or
unavailable. An answer begins with `success: doi:…` or `error: reason`.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus

from lxml import etree

from common.http import AddressRefused, Answer, Client, NotConnected, Unreachable
from common.xml import parse_xml
from identifiers.connectors import ConnectorMisconfigured, Settings, datacite
from identifiers.connectors.port import AgencyOutOfReach, AgencyRefusedLogin, AgencyUnavailable, DOIRefused, Refusal

DEFAULT_HOST = "ezid.cdlib.org"
TIMEOUT = 10.0  # seconds: a person waits for it
RESERVED, PUBLIC, UNAVAILABLE = "reserved", "public", "unavailable"
_ADVICE = datacite.Advice(
    taken="set another identifier.doi.ezid.shoulder for those to come",
    told="correct the item's metadata or identifier.doi.ezid.crosswalk",
    where="check EZID_HOST, EZID_PATH and identifier.doi.ezid.shoulder",
)
_UNKNOWN = ("no such identifier",)
_EXISTS = ("already exists",)
_NOT_RESERVED = ("status does not support deletion", "not reserved")
_ESCAPED = re.compile("%([0-9a-fA-F]{2})")


def connect(settings: Settings) -> "EZID":
    """Return the connector as configured (docs/doi-connectors.md). Raises ConnectorMisconfigured."""
    scheme, host = settings.get("EZID_SCHEME") or "https", settings.get("EZID_HOST") or DEFAULT_HOST
    user, password = settings.get("identifier.doi.ezid.user"), settings.get("identifier.doi.ezid.password")
    if not user or not password or ":" in user:
        raise ConnectorMisconfigured(
            "identifier.doi.ezid.user and identifier.doi.ezid.password: set what EZID gave you"
        )
    try:
        agency = Client(f"{scheme}://{host}", user=user, password=password, timeout=TIMEOUT)
    except AddressRefused as error:
        raise ConnectorMisconfigured(f"EZID_SCHEME, EZID_HOST: {error}") from error
    return EZID(agency, path=datacite.path_setting(settings, "EZID_PATH", "/"))


class EZID:
    """A DOIConnector; its metadata are the elements of crosswalks/ezid.py, or a DataCite document."""

    def __init__(self, agency: Client, *, path: str) -> None:
        self._agency, self._path = agency, path

    def is_reserved(self, doi: str) -> bool:
        """Whether EZID knows it."""
        return self._status(doi) is not None

    def is_registered(self, doi: str) -> bool:
        """Whether it is known and not only reserved."""
        return self._status(doi) not in (None, RESERVED)

    def reserve(self, doi: str, metadata: str) -> None:
        """Make a reserved one, or change the elements of what is known."""
        self._write(doi, _elements(metadata), new={"_status": RESERVED})

    def register(self, doi: str, metadata: str, url: str) -> None:
        """Make a public one with its target, or make that of what is known."""
        datacite.checked(doi, url)
        self._write(doi, _elements(metadata) | {"_target": url, "_status": PUBLIC})

    def update(self, doi: str, metadata: str, url: str, *, registered: bool) -> None:
        """Change elements and target; the status stays."""
        datacite.checked(doi, url)
        elements = _elements(metadata) | ({"_target": url} if registered else {})
        self._write(doi, elements, new={"_status": PUBLIC if registered else RESERVED})

    def show(self, doi: str, metadata: str, url: str) -> None:
        """As it was registered."""
        self.register(doi, metadata, url)

    def hide(self, doi: str, url: str = "") -> None:
        """Make a public one unavailable."""
        datacite.checked(doi, url or None)
        status = self._status(doi) or RESERVED
        elements = {"_target": url} if url else {}
        if status.startswith(PUBLIC):
            elements["_status"] = UNAVAILABLE
        if elements and not status.startswith(RESERVED):
            self._yes(doi, self._ask("POST", doi, elements))

    def delete(self, doi: str) -> None:
        """Delete a reserved one, hide any other."""
        answer = self._ask("DELETE", doi)
        if _says(answer, _NOT_RESERVED):
            self.hide(doi)
        elif not _says(answer, _UNKNOWN):
            self._yes(doi, answer)

    def _status(self, doi: str) -> str | None:
        answer = self._ask("GET", doi)
        if _says(answer, _UNKNOWN):
            return None
        return self._yes(doi, answer).get("_status", PUBLIC)

    def _write(self, doi: str, elements: dict[str, str], *, new: Mapping[str, str] | None = None) -> None:
        """Make the identifier; change it when it is there."""
        answer = self._ask("PUT", doi, elements | dict(new or {}))
        if _says(answer, _EXISTS):
            answer = self._ask("POST", doi, elements)
        self._yes(doi, answer)

    def _ask(self, method: str, doi: str, elements: Mapping[str, str] | None = None) -> Answer:
        path = f"{self._path}id/doi:{datacite.segment(doi)}"
        body = anvl(elements).encode() if elements is not None else None
        headers = {"Content-Type": "text/plain; charset=UTF-8"} if body is not None else {}
        try:
            answer = self._agency.request(method, path, body=body, headers=headers)
        except NotConnected as error:
            raise AgencyOutOfReach(str(error)) from error
        except Unreachable as error:
            raise AgencyUnavailable(str(error)) from error
        if answer.status == HTTPStatus.UNAUTHORIZED:
            raise AgencyRefusedLogin(
                f"{self._agency.address} does not accept identifier.doi.ezid.user and identifier.doi.ezid.password "
                f"({answer.reason})"
            )
        if answer.status == HTTPStatus.FORBIDDEN:
            raise DOIRefused(
                Refusal.FOREIGN_DOI,
                f"{doi} is none that your account may change: compare identifier.doi.ezid.shoulder; {datacite.FOREIGN} "
                f"({answer.reason})",
            )
        return answer

    def _yes(self, doi: str, answer: Answer) -> dict[str, str]:
        """Return the elements of an answer that says yes to this DOI. Raises DOIRefused, AgencyUnavailable."""
        if answer.status not in (HTTPStatus.OK, HTTPStatus.CREATED):
            datacite.refuse(self._agency, doi, answer, _ADVICE)
        elements = parsed(answer.body.decode(errors="replace"))
        told = elements.get("success", "").partition("|")[0].strip()
        if told.lower() != f"doi:{doi}".lower():
            raise AgencyUnavailable(f"{self._agency.address}: half an answer ({answer.reason})")
        return elements


def anvl(elements: Mapping[str, str]) -> str:
    """Return elements as lines `name: value`, with percent signs and line ends escaped, in names colons too."""
    return "".join(f"{_escaped(name).replace(':', '%3A')}: {_escaped(value)}\n" for name, value in elements.items())


def parsed(text: str) -> dict[str, str]:
    """Return the elements of lines of ANVL; what is no element is passed over."""
    pairs = [line.split(":", 1) for line in text.split("\n") if ":" in line]
    return {_unescaped(name.strip()): _unescaped(value.strip()) for name, value in pairs}


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\n", "%0A").replace("\r", "%0D")


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


def _elements(metadata: str) -> dict[str, str]:
    root = parse_xml(metadata.encode())
    if etree.QName(root).namespace:
        return {"_profile": "datacite", "datacite": metadata}
    elements = {str(element.get("name")): element.text or "" for element in root.findall("element")}
    return {"_profile": "datacite", **elements}


def _says(answer: Answer, reasons: tuple[str, ...]) -> bool:
    """Whether it is a refusal for one of these reasons."""
    if answer.status == HTTPStatus.NOT_FOUND:
        return reasons is _UNKNOWN
    return answer.status == HTTPStatus.BAD_REQUEST and any(reason in answer.reason for reason in reasons)
