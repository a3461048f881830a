"""DataCite by its REST interface (JSON:API): a DOI is a draft, registered (hidden) or findable, and events change that.

PUT dois/{doi} makes or changes one; the answer says its state, and only the state that was asked for is a yes.
"""

import base64
import json
from http import HTTPStatus
from typing import Any

from common.http import Answer, Client
from identifiers.connectors import Settings, datacite
from identifiers.connectors.port import AgencyUnavailable

DEFAULT_HOST = "api.test.datacite.org"
DRAFT, REGISTERED, FINDABLE = "draft", "registered", "findable"
_JSON_API = "application/vnd.api+json"


def connect(settings: Settings) -> "DataCiteREST":
    """Return the connector as configured (docs/doi-connectors.md). Raises ConnectorMisconfigured."""
    return DataCiteREST(datacite.client(settings, DEFAULT_HOST), path=datacite.path_setting(settings, _PATH, "/dois/"))


_PATH = "DATACITE_REST_PATH"


class DataCiteREST:
    """A DOIConnector."""

    def __init__(self, agency: Client, *, path: str) -> None:
        self._agency, self._path = agency, path

    def is_reserved(self, doi: str) -> bool:
        """Whether the DOI is in any state."""
        return self._state(doi) is not None

    def is_registered(self, doi: str) -> bool:
        """Whether it is registered or findable."""
        return self._state(doi) in (REGISTERED, FINDABLE)

    def reserve(self, doi: str, metadata: str) -> None:
        """Make a draft, or send the metadata of what is known: its state stays."""
        self._put(doi, {"xml": _base64(metadata), "should_validate": "true"})

    def register(self, doi: str, metadata: str, url: str) -> None:
        """Metadata, URL and the event `publish` in one request."""
        datacite.checked(doi, url)
        self._put(doi, {"xml": _base64(metadata), "url": url, "event": "publish"}, state=FINDABLE)

    def update(self, doi: str, metadata: str, url: str, *, registered: bool) -> None:
        """Without an event: the state stays, hidden or not; a draft that should be registered is."""
        datacite.checked(doi, url)
        told = {"xml": _base64(metadata), "should_validate": "true"}
        if self._put(doi, told | ({"url": url} if registered else {})) == DRAFT and registered:
            self.register(doi, metadata, url)

    def show(self, doi: str, metadata: str, url: str) -> None:
        """As it was registered."""
        self.register(doi, metadata, url)

    def hide(self, doi: str, url: str = "") -> None:
        """The event `hide`, for a findable DOI; any other is hidden."""
        datacite.checked(doi, url or None)
        state = self._state(doi)
        address = {"url": url} if url else {}
        if state == FINDABLE:
            self._put(doi, {"event": "hide", **address}, state=REGISTERED)
        elif state == REGISTERED and address:
            self._put(doi, address, state=REGISTERED)

    def delete(self, doi: str) -> None:
        """DELETE, which is for drafts only (405); any other is hidden."""
        answer = self._ask("DELETE", doi)
        if answer.status == HTTPStatus.METHOD_NOT_ALLOWED:
            self.hide(doi)
        elif answer.status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            datacite.refuse(self._agency, doi, answer)

    def _state(self, doi: str) -> str | None:
        answer = self._ask("GET", doi)
        if answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            return None
        if answer.status != HTTPStatus.OK:
            datacite.refuse(self._agency, doi, answer)
        return self._read(doi, answer)

    def _put(self, doi: str, attributes: dict[str, str], *, state: str | None = None) -> str:
        """Return the state that the DOI has then, which must be `state` if that is given."""
        document = {"data": {"type": "dois", "id": doi, "attributes": {"doi": doi, **attributes}}}
        answer = self._ask("PUT", doi, json.dumps(document).encode(), _JSON_API)
        if answer.status not in (HTTPStatus.OK, HTTPStatus.CREATED):
            datacite.refuse(self._agency, doi, answer)
        found = self._read(doi, answer)
        if state and found != state:
            raise AgencyUnavailable(f"{self._agency.address} left {doi} {found} instead of {state}")
        return found

    def _ask(self, method: str, doi: str, body: bytes | None = None, content_type: str = "") -> Answer:
        path = self._path + datacite.segment(doi)
        return datacite.ask(self._agency, method, path, doi, body=body, content_type=content_type)

    def _read(self, doi: str, answer: Answer) -> str:
        """Return the state that the answer tells of this very DOI."""
        try:
            data: Any = json.loads(answer.body)["data"]
            told, state = str(data["id"]), str(data["attributes"]["state"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise AgencyUnavailable(f"{self._agency.address}: half an answer ({answer.reason})") from error
        if told.lower() != doi.lower() or state not in (DRAFT, REGISTERED, FINDABLE):
            raise AgencyUnavailable(f"{self._agency.address}: an answer about something else ({answer.reason})")
        return state


def _base64(metadata: str) -> str:
    return base64.b64encode(metadata.encode()).decode()
