"""DataCite by its MDS interface, as DSpace uses it: metadata and URL each have an address of their own.

POST metadata/{doi} reserves, and shows again what was hidden; POST doi registers. Yes is 201, to GET and DELETE 200. It
does not tell whether a DOI is hidden.
"""

import re
from http import HTTPStatus
from typing import NoReturn

from lxml import etree

from common.http import Answer, Client
from common.xml import XMLRefused, parse_xml
from identifiers.connectors import Settings, datacite
from identifiers.connectors.port import AgencyUnavailable

DEFAULT_HOST = "mds.test.datacite.org"
_UNKNOWN = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
_ADDRESS = re.compile(r"(?:https?|ftp)://\S+", re.IGNORECASE)  # what DataCite takes, whoever has told it


def connect(settings: Settings) -> "DataCiteMDS":
    """Return the connector as configured (docs/doi-connectors.md). Raises ConnectorMisconfigured."""
    return DataCiteMDS(
        datacite.client(settings, DEFAULT_HOST),
        doi_path=datacite.path_setting(settings, "DATACITE_DOI_PATH", "/doi/"),
        metadata_path=datacite.path_setting(settings, "DATACITE_METADATA_PATH", "/metadata/"),
    )


class DataCiteMDS:
    """A DOIConnector."""

    def __init__(self, agency: Client, *, doi_path: str, metadata_path: str) -> None:
        self._agency, self._doi_path, self._metadata_path = agency, doi_path, metadata_path

    def is_reserved(self, doi: str) -> bool:
        """GET metadata: 200 or, once it was hidden, 410."""
        answer = self._ask("GET", self._metadata_path, doi)
        if answer.status == HTTPStatus.OK and not _is_metadata(answer.body):
            self._doubt(answer)
        if answer.status in (HTTPStatus.OK, HTTPStatus.GONE, HTTPStatus.NOT_FOUND):
            return answer.status != HTTPStatus.NOT_FOUND
        datacite.refuse(self._agency, doi, answer)

    def is_registered(self, doi: str) -> bool:
        """GET doi: 200 with its URL and nothing else; 204 when it has none yet."""
        return self._url_of(doi) is not None

    def reserve(self, doi: str, metadata: str) -> None:
        """POST metadata."""
        path = self._metadata_path + datacite.segment(doi)
        self._post(doi, path, metadata, "application/xml;charset=UTF-8")

    def register(self, doi: str, metadata: str, url: str) -> None:
        """POST metadata, then POST doi with both as lines, decoded there as the values of a form are."""
        datacite.checked(doi, url)
        self.reserve(doi, metadata)
        self._post_url(doi, url)

    def update(self, doi: str, metadata: str, url: str, *, registered: bool) -> None:
        """As it was reserved, or registered: this makes a hidden DOI visible."""
        if registered:
            self.register(doi, metadata, url)
        else:
            self.reserve(doi, metadata)

    def show(self, doi: str, metadata: str, url: str) -> None:
        """As it was registered."""
        self.register(doi, metadata, url)

    def hide(self, doi: str, url: str = "") -> None:
        """DELETE metadata, of a DOI that is registered: DataCite would make a draft of one that it does not know.

        Another URL goes before it, for POST doi makes a hidden DOI visible.
        """
        datacite.checked(doi, url or None)
        known = self._url_of(doi)
        if known is None:
            return
        if url and known != url:
            self._post_url(doi, url)
        answer = self._ask("DELETE", self._metadata_path, doi)
        if answer.status not in (HTTPStatus.OK, *_UNKNOWN):
            datacite.refuse(self._agency, doi, answer)
        self._check_deleted(answer)

    def delete(self, doi: str) -> None:
        """DELETE doi, which is for drafts only (405); older services do not know it. Then as `hide`."""
        answer = self._ask("DELETE", self._doi_path, doi)
        if answer.status == HTTPStatus.METHOD_NOT_ALLOWED:
            self.hide(doi)
        elif answer.status not in (HTTPStatus.OK, HTTPStatus.NO_CONTENT, *_UNKNOWN):
            datacite.refuse(self._agency, doi, answer)
        else:
            self._check_deleted(answer)

    def _check_deleted(self, answer: Answer) -> None:
        """Believe a 200 that says OK, as MDS does, or nothing: any other text is a page of somebody else."""
        if answer.status == HTTPStatus.OK and answer.body.strip() and not answer.body.lstrip().startswith(b"OK"):
            self._doubt(answer)

    def _doubt(self, answer: Answer) -> NoReturn:
        raise AgencyUnavailable(f"{self._agency.address}: an answer about something else ({answer.reason})")

    def _url_of(self, doi: str) -> str | None:
        answer = self._ask("GET", self._doi_path, doi)
        if answer.status == HTTPStatus.OK:
            url = answer.body.decode(errors="replace").strip()
            if not _ADDRESS.fullmatch(url):
                self._doubt(answer)
            return url
        if answer.status in (HTTPStatus.NO_CONTENT, *_UNKNOWN):
            return None
        datacite.refuse(self._agency, doi, answer)

    def _post_url(self, doi: str, url: str) -> None:
        encoded = url.replace("%", "%25").replace("+", "%2B")
        self._post(doi, self._doi_path.rstrip("/"), f"doi={doi}\nurl={encoded}\n", "text/plain;charset=UTF-8")

    def _ask(self, method: str, path: str, doi: str) -> Answer:
        return datacite.ask(self._agency, method, path + datacite.segment(doi), doi)

    def _post(self, doi: str, path: str, body: str, content_type: str) -> None:
        answer = datacite.ask(self._agency, "POST", path, doi, body=body.encode(), content_type=content_type)
        if answer.status != HTTPStatus.CREATED:
            datacite.refuse(self._agency, doi, answer)


def _is_metadata(body: bytes) -> bool:
    """Whether it is a DataCite document of any kernel; empty for a draft without one."""
    try:
        return not body.strip() or etree.QName(parse_xml(body)).localname == "resource"
    except XMLRefused:
        return False
