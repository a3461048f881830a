"""An agency that is a dictionary: for tests, and to try DOIs out without a contract."""

from dataclasses import dataclass
from threading import Lock

from identifiers.connectors.port import DOIRefused, Refusal

DRAFT, REGISTERED, FINDABLE = "draft", "registered", "findable"


@dataclass
class Known:
    """A DOI as the agency has it: `state` is draft, registered (hidden) or findable."""

    metadata: str
    url: str = ""
    state: str = DRAFT


class MemoryConnector:
    """Remembers DOIs of the prefixes it was given, or of all; `dois` by their upper-case form.

    `calls` are those that tell it something, in order. `before` is called with the name of each method and its DOI:
    what it raises the agency raises.
    """

    def __init__(self, prefixes: tuple[str, ...] = ()) -> None:
        self.prefixes = prefixes
        self.dois: dict[str, Known] = {}
        self.calls: list[tuple[str, str]] = []
        self._lock = Lock()

    def before(self, call: str, doi: str) -> None:
        """Nothing goes wrong; a test replaces it."""

    def is_reserved(self, doi: str) -> bool:
        """Return whether the DOI is known."""
        self._begin("is_reserved", doi)
        return doi.upper() in self.dois

    def is_registered(self, doi: str) -> bool:
        """Return whether the DOI is known and no draft."""
        self._begin("is_registered", doi)
        known = self.dois.get(doi.upper())
        return known is not None and known.state != DRAFT

    def reserve(self, doi: str, metadata: str) -> None:
        """Keep a draft; the metadata of one that is known is replaced."""
        self._begin("reserve", doi)
        self._keep(doi, metadata)

    def register(self, doi: str, metadata: str, url: str) -> None:
        """Make the DOI findable."""
        self._begin("register", doi)
        self._keep(doi, metadata, url, FINDABLE)

    def update(self, doi: str, metadata: str, url: str, *, registered: bool) -> None:
        """Replace what is known; its state stays."""
        self._begin("update", doi)
        self._keep(doi, metadata, url if registered else None)

    def hide(self, doi: str, url: str = "") -> None:
        """A findable DOI is only registered."""
        self._begin("hide", doi)
        known = self.dois.get(doi.upper())
        if known and known.state != DRAFT:
            known.state, known.url = REGISTERED, url or known.url

    def show(self, doi: str, metadata: str, url: str) -> None:
        """Make the DOI findable."""
        self._begin("show", doi)
        self._keep(doi, metadata, url, FINDABLE)

    def delete(self, doi: str) -> None:
        """Forget a draft, hide any other."""
        self._begin("delete", doi)
        known = self.dois.get(doi.upper())
        if known and known.state == DRAFT:
            del self.dois[doi.upper()]
        elif known:
            known.state = REGISTERED

    def _begin(self, call: str, doi: str) -> None:
        if not call.startswith("is_"):
            with self._lock:
                self.calls.append((call, doi))
        self.before(call, doi)
        if self.prefixes and doi.partition("/")[0] not in self.prefixes:
            raise DOIRefused(Refusal.FOREIGN_DOI, f"{doi}: the prefix is none of this agency's account")

    def _keep(self, doi: str, metadata: str, url: str | None = None, state: str | None = None) -> None:
        if doi not in metadata:
            raise DOIRefused(Refusal.BAD_REQUEST, f"{doi}: the metadata does not name it")
        with self._lock:
            known = self.dois.setdefault(doi.upper(), Known(metadata))
            known.metadata = metadata
            known.url, known.state = url or known.url, state or known.state


_shared = MemoryConnector()


def connect(settings: object) -> MemoryConnector:
    """Return the one agency of this process (`identifier.doi.connector = memory`)."""
    return _shared
