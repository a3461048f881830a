"""The core of Solr that selects what a page of a list shows (docs/solr.md): its documents, and how it is asked.

A document is a header as a list has it: which list, and its place there. PostgreSQL has everything else. The documents
of a rebuild are a generation of their own, which nobody sees before the marker names it. The marker, one more document,
also says up to which moment its generation is complete. A place never replaces an older one of the same record, in
whatever order they arrive (config/solr/dspace/conf/solrconfig.xml), and the marker is only written over the one that
was read: so it does no harm when several synchronise at once, or a request arrives late.
"""

import logging
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import pysolr
import requests

from oai.store.port import Place

# A place is one number, which Solr sorts and cuts fastest: 32 bits of seconds since 1970, 31 of the record's number.
_RECORDS = 2**31
_LAST_SECOND = 2**32 - 1
_END = 2**63 - 1
_MARKER = "oai_state"
_BEFORE_ALL = -1  # the marker's place: it is the first document of every answer
_ABSENT = -1  # as _version_: such a document must not exist
_HEADERS = "update/oai"
# In one query, hence of one moment of the index.
_PAGE = f'id:{_MARKER} (+_query_:"{{!term f=oai_list v=$list}}" +oai_place:{{%d TO %d}})'
_LONGEST = 200  # characters of an error, which may quote a whole page
_CONFLICT = "(HTTP 409)"  # in pysolr's message

logging.getLogger("pysolr").setLevel(logging.CRITICAL)  # it would log an outage at each request, with its traceback
_of_thread = threading.local()


class SolrUnavailable(Exception):
    """Solr did not answer, or not with what was asked for."""


class MarkerChanged(SolrUnavailable):
    """The marker is not any more the one that was read: somebody else wrote it, or the core was emptied."""


@dataclass(frozen=True, slots=True)
class Marker:
    """What the documents are worth. `store` is Clock.copies_since, in microseconds since 1970: it tells whose they are.

    `generation` is that of the documents that count; they are complete up to `synced`, in whole seconds, None while
    they are not. `version` is Solr's own, of this state of the marker.
    """

    store: int
    generation: int
    synced: datetime | None
    version: int = _ABSENT


@dataclass(frozen=True, slots=True)
class Core:
    """The core at an address; each request takes `timeout` seconds at most. All methods raise SolrUnavailable."""

    url: str
    timeout: float

    def page(self, listed: str, *, after: Place, latest: datetime, limit: int) -> tuple[Marker | None, list[Place]]:
        """Return the marker, and up to `limit` places of a list behind `after`, in order."""
        query = _PAGE % (place_number(after), min(place_number((latest, 0)) + _RECORDS, _END))
        parameters = {
            "list": listed,
            "sort": "oai_place asc",
            "rows": limit + 1,
            "fl": "oai_place,oai_synced,oai_store,oai_current",
            "minExactCount": 1,  # nobody asks how many there are: Solr stops when it has a page
        }
        with _trouble():
            documents = list(self._solr().search(query, **parameters).docs)
            marker = _marker(documents.pop(0)) if documents and documents[0]["oai_place"] == _BEFORE_ALL else None
            return marker, [place_of(document["oai_place"]) for document in documents]

    def marker(self) -> Marker | None:
        """Return the marker as it was last written, whether or not readers see it yet."""
        with _trouble():
            found = self._solr().search("", search_handler="get", ids=_MARKER).docs
            return _marker(found[0]) if found else None

    def write_marker(self, marker: Marker) -> None:
        """Write the marker over that of its version, and let readers see all that was sent. Raises MarkerChanged."""
        document = {
            "id": _MARKER,
            "oai_place": _BEFORE_ALL,
            "oai_store": marker.store,
            "oai_current": marker.generation,
            "oai_synced": marker.synced and int(marker.synced.timestamp()),  # left out when it is None
            "_version_": marker.version,
        }
        with _trouble():
            self._solr().add([document], softCommit=True)

    def send(self, generation: int, headers: Iterable[tuple[str, str, Place]]) -> None:
        """Send headers: view, set, place."""
        documents = [
            {
                "id": f"oai {generation} {record} {view} {spec}",
                "oai_list": list_name(generation, view, spec),
                "oai_place": place_number((datestamp, record)),
                "oai_generation": generation,
            }
            for view, spec, (datestamp, record) in headers
        ]
        with _trouble():
            self._solr().add(documents, handler=_HEADERS)

    def size(self, generation: int) -> int:
        """Return how many headers of a generation there are."""
        with _trouble():
            return int(self._solr().search(f"oai_generation:{generation}", rows=0).hits)

    def forget_generations_before(self, generation: int) -> None:
        """Remove the documents of earlier generations."""
        self._forget(f"[* TO {generation - 1}]")

    def forget_generation(self, generation: int) -> None:
        """Remove the documents of a generation."""
        self._forget(str(generation))

    def _forget(self, generations: str) -> None:
        with _trouble():
            self._solr().delete(q=f"oai_generation:{generations}")
            self._solr().commit()

    def optimize(self) -> None:
        """Give the space of replaced documents back."""
        with _trouble():
            self._solr().optimize(maxSegments=1)

    def _solr(self) -> pysolr.Solr:
        """Return the client of this thread, which keeps its connection."""
        clients: dict[Core, pysolr.Solr] = _of_thread.__dict__.setdefault("clients", {})
        if self not in clients:
            session = requests.Session()
            session.trust_env = False  # no proxy, no .netrc: their look-up takes longer than the request
            url, auth = _without_password(self.url)
            clients[self] = pysolr.Solr(url, timeout=self.timeout, session=session, auth=auth)
        return clients[self]


def list_name(generation: int, view: str, spec: str) -> str:
    """Return what the documents of a list have in common. Neither views nor sets have blanks."""
    return f"{generation} {view} {spec}"


def place_number(place: Place) -> int:
    """Return a place as one number, in the same order. Raises SolrUnavailable for a record with too high a number."""
    datestamp, record = place
    if record >= _RECORDS:
        raise SolrUnavailable(f"record {record} has a number too high for Solr; use storage = database")
    seconds = min(max(int(datestamp.timestamp()), 0), _LAST_SECOND)
    return seconds * _RECORDS + record


def place_of(number: int) -> Place:
    """Return the place that a number stands for."""
    seconds, record = divmod(number, _RECORDS)
    return datetime.fromtimestamp(seconds, UTC), record


def _marker(document: Mapping[str, Any]) -> Marker:
    synced = document.get("oai_synced")
    return Marker(
        store=int(document["oai_store"]),
        generation=int(document["oai_current"]),
        synced=None if synced is None else datetime.fromtimestamp(synced, UTC),
        version=int(document.get("_version_", _ABSENT)),
    )


def _without_password(url: str) -> tuple[str, tuple[str, str] | None]:
    """Return the address as it may stand in messages, and who asks."""
    parts = urlsplit(url)
    if parts.username is None:
        return url, None
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    return bare, (unquote(parts.username), unquote(parts.password or ""))


@contextmanager
def _trouble() -> Iterator[None]:
    """Let all that can go wrong with a server, and with what it says, be one error."""
    try:
        yield
    except pysolr.SolrError as error:
        if _CONFLICT in str(error):
            raise MarkerChanged(str(error)) from error
        raise SolrUnavailable(str(error)[:_LONGEST]) from error
    except (requests.RequestException, ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        raise SolrUnavailable(f"{type(error).__name__}: {error}"[:_LONGEST]) from error
    except RecursionError as error:  # deeply nested JSON
        raise SolrUnavailable("RecursionError") from error
