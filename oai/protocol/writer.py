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
from oai.store.port import SetEntry

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

    `stylesheet` tells browsers how to show it: the content of an xml-stylesheet instruction.
    """
    shown = f"<?xml-stylesheet {stylesheet}?>\n" if stylesheet else ""
    echo = "".join(f' {name}="{attribute(value)}"' for name, value in attributes.items())
    head = f"<responseDate>{stamp(date)}</responseDate><request{echo}>{text(base_url)}</request>"
    return b"".join([f"{_DECLARATION}{shown}{_OPEN}{head}".encode(), *content, b"</OAI-PMH>\n"])


def indented(data: bytes) -> bytes:
    """Return a response with an element on each line. Elements that hold text keep theirs as it is."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    tree = etree.ElementTree(etree.fromstring(data, parser))
    return _DECLARATION.encode() + etree.tostring(tree, encoding="UTF-8", xml_declaration=False, pretty_print=True)


def errors(faults: Iterable[Fault]) -> str:
    """Return the `error` elements of a request that is refused."""
    return "".join(f'<error code="{fault.code.value}">{text(fault.message)}</error>' for fault in faults)


def element(name: str, value: str) -> str:
    """Return one element with a text."""
    return f"<{name}>{text(value)}</{name}>"


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
