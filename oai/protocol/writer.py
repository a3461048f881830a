"""OAI-PMH responses (section 3.2 of the standard): joined from strings, not built as a tree.

A content is a list of parts in UTF-8, joined once at the end. Metadata stays as the store gives it: decoding, copying
and encoding a page of it again would cost more than all the rest.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from lxml import etree

from crosswalks.markup import attribute, text
from oai.protocol.dates import stamp
from oai.protocol.errors import Fault
from oai.store.port import Row, SetEntry

# DSpace's own harvester sees errors and tokens only when schemaLocation is exactly this pair, one blank between.
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_OPEN = (
    '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xsi:schemaLocation="http://www.openarchives.org/OAI/2.0/ http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd">'
)
_DUBLIN_CORE = (
    '<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xsi:schemaLocation="http://www.openarchives.org/OAI/2.0/oai_dc/ http://www.openarchives.org/OAI/2.0/oai_dc.xsd">'
)


def response(
    date: datetime, base_url: str, attributes: Mapping[str, str], content: Iterable[bytes], stylesheet: str = ""
) -> bytes:
    """Return a whole response in UTF-8; `attributes` is the request as it is echoed, verb first.

    `stylesheet` is the address of an XSLT stylesheet by which browsers show it.
    """
    shown = f'<?xml-stylesheet type="text/xsl" href="{attribute(stylesheet)}"?>\n' if stylesheet else ""
    echo = "".join(f' {name}="{attribute(value)}"' for name, value in attributes.items())
    head = f"<responseDate>{stamp(date)}</responseDate><request{echo}>{text(base_url)}</request>"
    return b"".join([f"{_DECLARATION}{shown}{_OPEN}{head}".encode(), *content, b"</OAI-PMH>\n"])


def indented(data: bytes) -> bytes:
    """Return a response with an element on each line. Elements that hold text keep theirs as it is."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    return etree.tostring(etree.ElementTree(etree.fromstring(data, parser)), encoding="UTF-8", pretty_print=True)


def errors(faults: Iterable[Fault]) -> str:
    """Return the `error` elements of a request that is refused."""
    return "".join(f'<error code="{fault.code.value}">{text(fault.message)}</error>' for fault in faults)


def element(name: str, value: str) -> str:
    """Return one element with a text."""
    return f"<{name}>{text(value)}</{name}>"


def headers(rows: Sequence[Row], prefix: str) -> list[bytes]:
    """Return the `header` elements of these rows; `prefix` is what their identifiers begin with (`oai:host:`)."""
    return [_header(row, text(prefix)).encode() for row in rows]


def records(rows: Sequence[Row], prefix: str) -> list[bytes]:
    """Return the `record` elements of these rows; a deleted one has no metadata (section 2.5.1)."""
    escaped = text(prefix)
    parts: list[bytes] = []
    for row in rows:
        header = _header(row, escaped)
        if row.metadata is None:
            parts.append(f"<record>{header}</record>".encode())
        else:
            parts += (f"<record>{header}<metadata>".encode(), row.metadata, b"</metadata></record>")
    return parts


def _header(row: Row, prefix: str) -> str:
    _, local_id, datestamp, deleted, sets, _ = row
    status = ' status="deleted"' if deleted else ""
    specs = f"<setSpec>{sets.replace(' ', '</setSpec><setSpec>')}</setSpec>" if sets else ""
    return (
        f"<header{status}><identifier>{prefix}{local_id}</identifier>"
        f"<datestamp>{stamp(datestamp)}</datestamp>{specs}</header>"
    )


def sets(entries: Sequence[SetEntry]) -> str:
    """Return the `set` elements; a set without a name is shown by its specification, for setName must be there."""
    return "".join(
        f"<set>{element('setSpec', entry.spec)}{element('setName', entry.name or entry.spec)}"
        f"{_set_description(entry.description)}</set>"
        for entry in entries
    )


def _set_description(description: str) -> str:
    if not description:
        return ""
    return f"<setDescription>{_DUBLIN_CORE}{element('dc:description', description)}</oai_dc:dc></setDescription>"


def token(value: str, *, cursor: int, size: int, expires: datetime | None) -> str:
    """Return a `resumptionToken`; an empty value ends the list. `cursor`: elements sent before this page."""
    until = f' expirationDate="{stamp(expires)}"' if expires else ""
    return f'<resumptionToken{until} completeListSize="{size}" cursor="{cursor}">{text(value)}</resumptionToken>'
