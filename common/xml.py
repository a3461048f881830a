"""Reading XML that a stranger wrote: no entities, no network, bounded size."""

from pathlib import Path

from lxml import etree

MAX_BYTES = 32 * 1024 * 1024


class XMLRefused(ValueError):
    """The document is not well-formed, too large, or uses what we do not accept (a document type, entities)."""


def parse_xml(source: Path | bytes, *, max_bytes: int = MAX_BYTES) -> "etree._Element":
    """Return the root element of `source`, a file or a document in bytes.

    A document type is refused whole: the formats we read have none, and every attack on XML readers
    (expansion, external entities, parameter entities) begins with one.

    Raises XMLRefused with a reason that names the file and line; OSError when the file can't be read.
    """
    name = str(source) if isinstance(source, Path) else "document"
    data = _read(source, max_bytes) if isinstance(source, Path) else source
    if len(data) > max_bytes:
        raise XMLRefused(f"{name}: larger than {max_bytes} bytes")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise XMLRefused(f"{name}: {error.msg}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise XMLRefused(f"{name}: a document type (DOCTYPE) is not accepted")
    return root


def _read(path: Path, max_bytes: int) -> bytes:
    with path.open("rb") as file:
        return file.read(max_bytes + 1)
