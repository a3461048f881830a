"""A store in memory, and a provider over it: what the protocol is tried with."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from lxml import etree

from oai.protocol.dates import stamp
from oai.protocol.descriptions import oai_identifier
from oai.protocol.tokens import Tokens
from oai.protocol.verbs import MetadataFormat, PageSizes, Provider, answer
from oai.store.port import Page, Place, Selection, SetEntry
from tests.shared import oai_problems

NOW = datetime(2024, 6, 1, 12, 0, 0, tzinfo=UTC)
FIRST = datetime(2024, 1, 1, 0, 0, 0, tzinfo=UTC)
BASE_URL = "https://repository.example.org/oai/request"
OAI = "{http://www.openarchives.org/OAI/2.0/}"
OAI_DC = MetadataFormat(
    "oai_dc", "http://www.openarchives.org/OAI/2.0/oai_dc.xsd", "http://www.openarchives.org/OAI/2.0/oai_dc/"
)
DC = (
    '<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Title {}</dc:title></oai_dc:dc>'
)


class Row(NamedTuple):
    """A record of the store in memory; `metadata` None when deleted."""

    number: int
    local_id: str
    datestamp: datetime
    deleted: bool
    sets: str
    metadata: bytes | None

    def xml(self, *, metadata: bool) -> bytes:
        status = ' status="deleted"' if self.deleted else ""
        specs = "".join(f"<setSpec>{name}</setSpec>" for name in self.sets.split())
        header = (
            f"<header{status}><identifier>oai:repository.example.org:{self.local_id}</identifier>"
            f"<datestamp>{stamp(self.datestamp)}</datestamp>{specs}</header>"
        ).encode()
        if not metadata:
            return header
        body = b"" if self.metadata is None else b"<metadata>" + self.metadata + b"</metadata>"
        return b"<record>" + header + body + b"</record>"


def row(number: int, *, deleted: bool = False, sets: str = "com_1 col_2", minutes: int | None = None) -> Row:
    moment = FIRST + timedelta(minutes=number if minutes is None else minutes)
    return Row(number, f"123456789/{number}", moment, deleted, sets, None if deleted else DC.format(number).encode())


@dataclass
class MemoryStore:
    """Rows and sets in lists; `response_date` is what a page says, `has_formats` what each record is available in."""

    rows: list[Row] = field(default_factory=list)
    set_entries: list[SetEntry] = field(default_factory=list)
    response_date: datetime = NOW
    has_formats: set[str] = field(default_factory=lambda: {"oai_dc"})

    def earliest_datestamp(self) -> datetime:
        return FIRST

    def knows(self, local_id: str) -> bool:
        return any(r.local_id == local_id for r in self.rows)

    def record(self, local_id: str, prefix: str) -> bytes | None:
        if prefix not in self.has_formats:
            return None
        return next((r.xml(metadata=True) for r in self.rows if r.local_id == local_id), None)

    def _selected(self, selection: Selection) -> list[Row]:
        chosen = [
            r
            for r in self.rows
            if (selection.set_spec is None or selection.set_spec in r.sets.split())
            and (selection.earliest is None or r.datestamp >= selection.earliest)
            and (selection.latest is None or r.datestamp <= selection.latest)
        ]
        return sorted(chosen, key=lambda r: (r.datestamp, r.number))

    def page(self, selection: Selection, *, after: Place | None, limit: int, metadata: bool, count: bool) -> Page:
        everything = self._selected(selection)
        rest = [r for r in everything if after is None or (r.datestamp, r.number) > after]
        shown = rest[:limit]
        more = len(rest) > limit
        content = [r.xml(metadata=metadata) for r in shown]
        last = (shown[-1].datestamp, shown[-1].number) if shown else None
        size = len(everything) if count and more else None
        return Page(self.response_date, content, len(shown), last, more, size)

    def last(self, selection: Selection, *, place: Place, metadata: bool) -> bytes:
        before = [r for r in self._selected(selection) if (r.datestamp, r.number) <= place]
        return before[-1].xml(metadata=metadata) if before else b""

    def sets(self, *, after: str | None, limit: int) -> tuple[Sequence[SetEntry], int]:
        rest = [s for s in self.set_entries if after is None or s.key > after]
        return rest[:limit], len(self.set_entries)


def provider(store: MemoryStore, *, page: int = 100, formats: Sequence[MetadataFormat] = (OAI_DC,)) -> Provider:
    return Provider(
        name="Repository <of> Examples & Tests",
        admin_emails=["admin@example.org"],
        identifier="repository.example.org",
        formats=formats,
        store=store,
        tokens=Tokens("a secret", "request"),
        descriptions=lambda: [oai_identifier("repository.example.org", "oai:repository.example.org:123456789/1")],
        compressions=["gzip"],
        sizes=PageSizes(page, page, page),
    )


def ask(source: Provider, *pairs: tuple[str, str], now: datetime = NOW) -> etree._Element:
    """Return the root of the response, after holding it against the official schemas where they are at hand."""
    data = answer(source, pairs, base_url=BASE_URL, now=now)
    problems = oai_problems()
    if problems:
        assert problems(data) == []
    return etree.fromstring(data)


def codes(root: etree._Element) -> list[str]:
    return [error.get("code") for error in root.findall(f"{OAI}error")]


def identifiers(root: etree._Element) -> list[str]:
    return [e.text for e in root.iter(f"{OAI}identifier")]


def token_of(root: etree._Element) -> etree._Element | None:
    return next(root.iter(f"{OAI}resumptionToken"), None)
