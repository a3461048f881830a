"""DSpace's registry files (`config/registries/*.xml`): which metadata fields and file formats there are."""

from pathlib import Path

from lxml import etree

from common.xml import XMLRefused, parse_xml
from repository.services.registries import FieldEntry, FormatEntry


class RegistryFileError(ValueError):
    """The file is not a registry; the message names file and reason."""


def read_fields(path: Path) -> tuple[dict[str, str], list[FieldEntry]]:
    """Return the schemas (prefix to namespace) and the fields of a `dspace-dc-types` file.

    Raises RegistryFileError; OSError when it can't be read.
    """
    root = _root(path, "dspace-dc-types")
    schemas = {
        _text(path, e, "name", required=True): _text(path, e, "namespace", required=True)
        for e in root.iterchildren("dc-schema")
    }
    fields = [
        FieldEntry(
            schema=_text(path, e, "schema") or "dc",
            element=_text(path, e, "element", required=True),
            qualifier=_text(path, e, "qualifier"),
            scope_note=_text(path, e, "scope_note"),
        )
        for e in root.iterchildren("dc-type")
    ]
    return schemas, fields


def read_formats(path: Path) -> list[FormatEntry]:
    """Return the formats of a `dspace-bitstream-types` file. Raises RegistryFileError; OSError when unreadable."""
    return [_format(path, e) for e in _root(path, "dspace-bitstream-types").iterchildren("bitstream-type")]


def _format(path: Path, element: "etree._Element") -> FormatEntry:
    level = _text(path, element, "support_level") or "0"
    if level not in ("0", "1", "2"):
        raise RegistryFileError(f"{path}:{element.sourceline}: support_level {level} is not 0, 1 or 2")
    return FormatEntry(
        short_description=_text(path, element, "short_description", required=True),
        description=_text(path, element, "description"),
        mimetype=_text(path, element, "mimetype", required=True),
        support_level=int(level),
        internal=_text(path, element, "internal").lower() == "true",
        extensions=tuple((e.text or "").strip().lstrip(".").lower() for e in element.iterchildren("extension")),
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
