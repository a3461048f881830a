"""structure-builder's XML: communities and collections to create, and the same with their handles to write back."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from lxml import etree

from common.xml import XMLRefused, parse_xml

Kind = Literal["community", "collection"]
# Element -> the metadata field its text is kept in, in the order DSpace writes them back.
TEXTS = {
    "name": "dc.title",
    "description": "dc.description.abstract",
    "intro": "dc.description",
    "copyright": "dc.rights",
    "sidebar": "dc.description.tableofcontents",
}
COLLECTION_TEXTS = {**TEXTS, "license": "dc.rights.license", "provenance": "dc.provenance"}


class StructureError(ValueError):
    """The file is no structure; the message lists everything that is wrong with it."""


@dataclass
class Node:
    """A community or collection: its texts by element name, and what is below it. `handle` once it was created."""

    kind: Kind
    texts: dict[str, str]
    communities: list["Node"] = field(default_factory=list)
    collections: list["Node"] = field(default_factory=list)
    handle: str | None = None

    @property
    def fields(self) -> dict[str, str]:
        """The texts by metadata field."""
        names = COLLECTION_TEXTS if self.kind == "collection" else TEXTS
        return {names[element]: text for element, text in self.texts.items()}


def read_structure(path: Path) -> list[Node]:
    """Return the top-level communities of an `import_structure` file.

    Raises StructureError; OSError when it can't be read.
    """
    try:
        root = parse_xml(path)
    except XMLRefused as error:
        raise StructureError(str(error)) from error
    if root.tag != "import_structure":
        raise StructureError(f"{path}: the root element is {root.tag}, not import_structure")
    nodes = [_node(element, "community") for element in root.iterchildren("community")]
    if not nodes:
        raise StructureError(f"{path}: no top-level community")
    elements = enumerate(root.iterchildren("community"), 1)
    wrong = [problem for number, element in elements for problem in _problems(element, str(number))]
    if wrong:
        raise StructureError("\n".join(f"{path}: {problem}" for problem in wrong))
    return nodes


def write_structure(nodes: list[Node]) -> bytes:
    """Return the `imported_structure` document of created nodes: the texts, and the handle as `identifier`."""
    root = etree.Element("imported_structure")
    for node in nodes:
        root.append(_element(node))
    document: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return document


def _node(element: "etree._Element", kind: Kind) -> Node:
    names = COLLECTION_TEXTS if kind == "collection" else TEXTS
    texts = {name: _text(element, name) for name in names if _text(element, name)}
    if kind == "collection":
        return Node(kind, texts)
    communities = [_node(child, "community") for child in element.iterchildren("community")]
    return Node(kind, texts, communities, [_node(child, "collection") for child in element.iterchildren("collection")])


def _text(element: "etree._Element", name: str) -> str:
    return (element.findtext(name) or "").strip()


def _problems(element: "etree._Element", place: str) -> Iterator[str]:
    names = element.findall("name")
    if len(names) != 1 or not (names[0].text or "").strip():
        yield f"line {element.sourceline}: {element.tag} {place} has not exactly one name"
    for tag in ("community", "collection"):
        for number, child in enumerate(element.iterchildren(tag), 1):
            yield from _problems(child, f"{place}.{number}")


def _element(node: Node) -> "etree._Element":
    element = etree.Element(node.kind)
    if node.handle:
        element.set("identifier", node.handle)
    for name, text in node.texts.items():
        etree.SubElement(element, name).text = text
    for child in (*node.communities, *node.collections):
        element.append(_element(child))
    return element
