"""`dublin_core.xml` and `metadata_*.xml`: the metadata of one item."""

from lxml import etree

from common.xml import XMLRefused, parse_xml
from importexport.saf.plan import BadItem
from repository.metadata import NO_CONFIDENCE, Value

_BLANKS = " \t\r\n"


def parse_metadata(name: str, data: bytes) -> list[tuple[str, Value]]:
    """Return the (field, value) pairs of the metadata file `name`, in document order.

    The root's `schema` says which schema (default dc), not the file's name. Values are trimmed, empty ones left out,
    a qualifier `none` means none. `authority` and `confidence` are read as DSpace 7 writes them.

    Raises BadItem when it is not such a document.
    """
    try:
        root = parse_xml(data)
    except XMLRefused as error:
        raise BadItem(f"{name}: {str(error).removeprefix('document: ')}") from error
    if root.tag != "dublin_core":
        raise BadItem(f"{name}: the root element is {root.tag}, not dublin_core")
    schema = (root.get("schema") or "dc").strip()
    pairs = (_pair(name, schema, element) for element in root.iterchildren("dcvalue"))
    return [(field, value) for field, value in pairs if value.value]


def _pair(name: str, schema: str, element: "etree._Element") -> tuple[str, Value]:
    field = [schema, (element.get("element") or "").strip()]
    if not field[1]:
        raise BadItem(f"{name}: a dcvalue without element, line {element.sourceline}")
    qualifier = (element.get("qualifier") or "").strip()
    if qualifier not in ("", "none"):
        field.append(qualifier)
    text = element.text if len(element) == 0 else "".join(map(str, element.itertext()))
    return ".".join(field), Value(
        (text or "").strip(_BLANKS),
        (element.get("language") or "").strip() or None,
        (element.get("authority") or "").strip() or None,
        _confidence(name, element.get("confidence")),
    )


def _confidence(name: str, text: str | None) -> int:
    if not text:
        return NO_CONFIDENCE
    try:
        return int(text)
    except ValueError as error:
        raise BadItem(f"{name}: confidence {text} is not a number") from error
