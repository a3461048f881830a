"""The six verbs over a store (section 4 of the standard): a request in, a whole response out."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from oai.protocol import dates, requests, writer
from oai.protocol.errors import Code, ProtocolError, refuse
from oai.protocol.requests import Request
from oai.protocol.tokens import LIFETIME, Token, Tokens
from oai.store.port import NotReady, Page, Place, Selection, Store

PATIENCE = 20.0  # seconds for the search for a page that is not empty; proxies wait for 60, as a rule

Answer = tuple[datetime, list[bytes]]
"""responseDate, and the content of the response behind its request element, in parts."""


@dataclass(frozen=True, slots=True)
class MetadataFormat:
    """A format as ListMetadataFormats gives it."""

    prefix: str
    schema: str
    namespace: str


@dataclass(frozen=True, slots=True)
class PageSizes:
    """How many elements a response holds at most."""

    records: int = 100
    identifiers: int = 100
    sets: int = 100


@dataclass(frozen=True, slots=True)
class Provider:
    """One context: what it says of itself, what it offers, and the store behind it.

    `identifier` is the repositoryIdentifier of its identifiers (`oai:{identifier}:{local id}`); `descriptions` gives
    the XML elements for Identify; `compressions` are the HTTP codings it can answer in; `stylesheet` is the content of
    an xml-stylesheet instruction, for browsers; `indented` lays responses out for people.
    """

    name: str
    admin_emails: Sequence[str]
    identifier: str
    formats: Sequence[MetadataFormat]
    store: Store
    tokens: Tokens
    descriptions: Callable[[], Sequence[str]] = tuple
    compressions: Sequence[str] = ()
    sizes: PageSizes = PageSizes()
    stylesheet: str = ""
    indented: bool = False

    @property
    def identifier_prefix(self) -> str:
        """What stands before the local part of each identifier."""
        return f"oai:{self.identifier}:"


def answer(provider: Provider, pairs: Sequence[tuple[str, str]], *, base_url: str, now: datetime) -> bytes:
    """Return the response to the arguments `pairs`, errors of the protocol included, as UTF-8.

    `base_url` is the address asked, as the harvester wrote it; `now` is in UTC.
    """
    attributes: Mapping[str, str] = {}
    try:
        request = requests.parse(pairs)
        attributes = {"verb": request.verb, **request.arguments}
        date, content = _VERBS[request.verb](provider, request, base_url, now)
    except ProtocolError as error:
        date, content = error.response_date or now, [writer.errors(error.faults).encode()]
    data = writer.response(date, base_url, attributes, content, provider.stylesheet)
    return writer.indented(data) if provider.indented else data


def _identify(provider: Provider, request: Request, base_url: str, now: datetime) -> Answer:
    element = writer.element
    content = element("repositoryName", provider.name) + element("baseURL", base_url)
    content += element("protocolVersion", "2.0")
    content += "".join(element("adminEmail", address) for address in provider.admin_emails)
    content += element("earliestDatestamp", dates.stamp(provider.store.earliest_datestamp()))
    content += element("deletedRecord", "persistent") + element("granularity", dates.GRANULARITY)
    content += "".join(element("compression", name) for name in provider.compressions)
    content += "".join(f"<description>{description}</description>" for description in provider.descriptions())
    return now, _parts(request.verb, [content.encode()])


def _list_metadata_formats(provider: Provider, request: Request, _base_url: str, now: datetime) -> Answer:
    identifier = request.get("identifier")
    offered = provider.formats
    if identifier is not None:
        local_id = _local_id(provider, identifier)
        if not provider.store.knows(local_id):
            raise refuse(Code.ID_DOES_NOT_EXIST, "there is no record of this identifier")
        # What GetRecord gives, no more and no less: a stylesheet may fail on this record.
        offered = [f for f in offered if provider.store.record(local_id, f.prefix) is not None]
        if not offered:
            raise refuse(Code.NO_METADATA_FORMATS, "this record is available in no metadata format")
    content = "".join(
        "<metadataFormat>"
        + writer.element("metadataPrefix", f.prefix)
        + writer.element("schema", f.schema)
        + writer.element("metadataNamespace", f.namespace)
        + "</metadataFormat>"
        for f in offered
    )
    return now, _parts(request.verb, [content.encode()])


def _get_record(provider: Provider, request: Request, _base_url: str, now: datetime) -> Answer:
    prefix = _known_format(provider, request.arguments["metadataPrefix"])
    local_id = _local_id(provider, request.arguments["identifier"])
    record = provider.store.record(local_id, prefix)
    if record is None:
        if provider.store.knows(local_id):
            raise refuse(Code.CANNOT_DISSEMINATE_FORMAT, "this record is not available in this metadata format")
        raise refuse(Code.ID_DOES_NOT_EXIST, "there is no record of this identifier")
    return now, _parts(request.verb, [record])


def _list_identifiers(provider: Provider, request: Request, _base_url: str, now: datetime) -> Answer:
    return _list(provider, request, now, limit=provider.sizes.identifiers, metadata=False)


def _list_records(provider: Provider, request: Request, _base_url: str, now: datetime) -> Answer:
    return _list(provider, request, now, limit=provider.sizes.records, metadata=True)


def _list(provider: Provider, request: Request, now: datetime, *, limit: int, metadata: bool) -> Answer:
    """Answer ListIdentifiers or ListRecords. A page goes on behind the last record of the one before."""
    token = _token(provider, request, now)
    arguments = token.arguments if token else request.arguments
    if token and not _offers(provider, arguments["metadataPrefix"]):
        raise refuse(Code.BAD_RESUMPTION_TOKEN, "the metadata format of this list is not offered any more")
    selection = _selection(provider, arguments)
    after = _place(token) if token else None
    page = _page(provider.store, selection, after, limit=limit, metadata=metadata)
    content = page.content
    if not content and after:
        # What was left has changed this very second and is not yet shown. A list once begun must not end in an error
        # (clients lose what they have), and may not be empty: the record before is sent once more.
        content = [last] if (last := provider.store.last(selection, place=after, metadata=metadata)) else []
    if not content:
        raise refuse(Code.NO_RECORDS_MATCH, "no record matches", page.response_date)
    end = _list_end(provider, request.verb, arguments, token, page).encode()
    return page.response_date, _parts(request.verb, [*content, end])


def _page(store: Store, selection: Selection, after: Place | None, *, limit: int, metadata: bool) -> Page:
    """Return the next page with anything on it: pages of records that can't be made in this format are passed over.

    Raises NotReady when that takes long. What was tried is kept by the store, so the next request comes further.
    """
    begun = time.monotonic()
    page = store.page(selection, after=after, limit=limit, metadata=metadata, count=after is None)
    while not page.content and page.more:
        if time.monotonic() - begun > PATIENCE:
            raise NotReady(f"very many records without {selection.prefix} are passed over")
        behind = store.page(selection, after=page.last, limit=limit, metadata=metadata, count=False)
        both = page.number + behind.number
        page = replace(behind, number=both, response_date=page.response_date, size=page.size)
    return page


def _list_end(provider: Provider, verb: str, arguments: Mapping[str, str], token: Token | None, page: Page) -> str:
    """Return the resumptionToken of a page, nothing where the list is complete in one response (section 3.5)."""
    if token is None and not page.more:
        return ""
    cursor = token.cursor if token else 0
    sent = cursor + page.number
    if not page.more or page.last is None:  # now it is known how many there were; an empty page is not sent empty
        return writer.token("", cursor=cursor, size=max(sent, cursor + 1), expires=None)
    # What changes while a list is read moves to its end: the list may grow beyond what was counted at its beginning.
    size = max(token.size if token else page.size or 0, sent + page.more)
    moment, number = page.last
    place = (int(moment.timestamp()), number)
    following = Token(verb, arguments, place, sent, size, page.response_date + LIFETIME)
    return writer.token(provider.tokens.write(following), cursor=cursor, size=size, expires=following.expires)


def _list_sets(provider: Provider, request: Request, _base_url: str, now: datetime) -> Answer:
    token = _token(provider, request, now)
    limit = provider.sizes.sets
    after = str(token.place[0]) if token else None
    entries, size = provider.store.sets(after=after, limit=limit + 1)
    if not entries:
        if token:
            raise refuse(Code.BAD_RESUMPTION_TOKEN, "the sets this token leads to are gone")
        raise refuse(Code.NO_SET_HIERARCHY, "this repository has no sets")
    shown = entries[:limit]
    cursor = token.cursor if token else 0
    end = ""
    if len(entries) > limit:
        following = Token("ListSets", {}, (shown[-1].key,), cursor + len(shown), size, now + LIFETIME)
        value = provider.tokens.write(following)
        end = writer.token(value, cursor=cursor, size=size, expires=following.expires)
    elif token:
        end = writer.token("", cursor=cursor, size=size, expires=None)
    return now, _parts(request.verb, [writer.sets(shown).encode(), end.encode()])


def _parts(verb: str, content: Sequence[bytes]) -> list[bytes]:
    """Return the parts of a verb's own element."""
    return [f"<{verb}>".encode(), *content, f"</{verb}>".encode()]


def _token(provider: Provider, request: Request, now: datetime) -> Token | None:
    text = request.get(requests.TOKEN)
    return None if text is None else provider.tokens.read(text, request.verb, now)


def _place(token: Token) -> Place:
    seconds, number = token.place
    return datetime.fromtimestamp(int(seconds), UTC), int(number)


def _selection(provider: Provider, arguments: Mapping[str, str]) -> Selection:
    earliest, latest = arguments.get("from"), arguments.get("until")
    return Selection(
        prefix=_known_format(provider, arguments["metadataPrefix"]),
        set_spec=arguments.get("set"),
        earliest=dates.parse(earliest).start if earliest else None,
        latest=dates.parse(latest).last if latest else None,
    )


def _known_format(provider: Provider, prefix: str) -> str:
    if not _offers(provider, prefix):
        raise refuse(Code.CANNOT_DISSEMINATE_FORMAT, "this metadata format is not offered here")
    return prefix


def _offers(provider: Provider, prefix: str) -> bool:
    return any(f.prefix == prefix for f in provider.formats)


def _local_id(provider: Provider, identifier: str) -> str:
    """Return the part behind `oai:{repository}:`; another scheme or repository names no record of ours."""
    if not identifier.startswith(provider.identifier_prefix):
        raise refuse(Code.ID_DOES_NOT_EXIST, "there is no record of this identifier")
    return identifier.removeprefix(provider.identifier_prefix)


_VERBS = {
    "Identify": _identify,
    "ListMetadataFormats": _list_metadata_formats,
    "ListSets": _list_sets,
    "GetRecord": _get_record,
    "ListIdentifiers": _list_identifiers,
    "ListRecords": _list_records,
}
