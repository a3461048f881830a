"""DSpace's registry files (`config/registries/*.xml`): which metadata fields and file formats there are."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from lxml import etree

from common.xml import XMLRefused, parse_xml


class RegistryFileError(ValueError):
    """The file is not a registry; the message names file and reason."""


class Schema(NamedTuple):
    """A `dc-schema`: short name and namespace."""

    prefix: str
    namespace: str


class Field(NamedTuple):
    """A `dc-type`; `qualifier` is empty where there is none."""

    schema: str
    element: str
    qualifier: str
    scope_note: str


@dataclass(frozen=True, slots=True)
class Format:
    """A `bitstream-type`."""

    short_description: str
    description: str
    mimetype: str
    support_level: int
    internal: bool
    extensions: list[str]


def read_fields(path: Path) -> tuple[list[Schema], list[Field]]:
    """Return the schemas and fields of a `dspace-dc-types` file. Raises RegistryFileError; OSError when unreadable."""
    root = _root(path, "dspace-dc-types")
    schemas = [
        Schema(_text(path, e, "name", required=True), _text(path, e, "namespace", required=True))
        for e in root.iterchildren("dc-schema")
    ]
    fields = [
        Field(
            _text(path, e, "schema") or "dc",
            _text(path, e, "element", required=True),
            _text(path, e, "qualifier"),
            _text(path, e, "scope_note"),
        )
        for e in root.iterchildren("dc-type")
    ]
    return schemas, fields


def read_formats(path: Path) -> list[Format]:
    """Return the formats of a `dspace-bitstream-types` file. Raises RegistryFileError; OSError when unreadable."""
    return [_format(path, e) for e in _root(path, "dspace-bitstream-types").iterchildren("bitstream-type")]


def _format(path: Path, element: "etree._Element") -> Format:
    level = _text(path, element, "support_level") or "0"
    if level not in ("0", "1", "2"):
        raise RegistryFileError(f"{path}:{element.sourceline}: support_level {level} is not 0, 1 or 2")
    return Format(
        short_description=_text(path, element, "short_description", required=True),
        description=_text(path, element, "description"),
        mimetype=_text(path, element, "mimetype", required=True),
        support_level=int(level),
        internal=_text(path, element, "internal").lower() == "true",
        extensions=[(e.text or "").strip().lstrip(".").lower() for e in element.iterchildren("extension")],
    )


def _root(path: Path, name: str) -> "etree._Element":
    try:
        root = parse_xml(path)
    except XMLRefused as error:
        raise RegistryFileError(str(error)) from error
    if root.tag != name:
        raise RegistryFileError(f"{path}: the root element is {root.tag}, not {name}")
    return root


def _text(path: Path, parent: "etree._Element", name: str, *, required: bool = False) -> str:
    text = (parent.findtext(name) or "").strip()
    if required and not text:
        raise RegistryFileError(f"{path}:{parent.sourceline}: {parent.tag} without {name}")
    return text
