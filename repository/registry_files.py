"""Reading registry files in DSpace's format: what fields, schemas and formats they name. Pure functions."""

import re
from pathlib import Path

from lxml import etree

from common.xml import parse_xml
from repository.services.registries import FieldEntry, FormatEntry

PART = re.compile(r"[^.\s]*")  # of the name of a field


class RegistryFileError(ValueError):
    """A registry file lacks something; the message names file and line."""


def read_fields(path: Path) -> tuple[dict[str, str], list[FieldEntry]]:
    """Return the schemas (prefix to namespace) and fields of a `<dspace-dc-types>` file.

    Raises RegistryFileError, common.xml.XMLRefused, OSError.
    """
    root = _root(path, "dspace-dc-types")
    schemas = {_text(path, s, "name"): _text(path, s, "namespace") for s in root.iterfind("dc-schema")}
    for field in root.iterfind("dc-type"):
        for part in ("element", "qualifier"):
            if not PART.fullmatch((field.findtext(part) or "").strip()):
                raise RegistryFileError(f"{path}:{field.sourceline}: <{part}> must be without dots and blanks")
    fields = [
        FieldEntry(
            (f.findtext("schema") or "dc").strip(),  # DSpace's default
            _text(path, f, "element"),
            (f.findtext("qualifier") or "").strip(),
            " ".join((f.findtext("scope_note") or "").split()),
        )
        for f in root.iterfind("dc-type")
    ]
    return schemas, fields


def read_formats(path: Path) -> list[FormatEntry]:
    """Return the formats of a `<dspace-bitstream-types>` file. Raises as `read_fields`."""
    root = _root(path, "dspace-bitstream-types")
    return [
        FormatEntry(
            _text(path, f, "short_description"),
            (f.findtext("description") or "").strip(),
            _text(path, f, "mimetype"),
            _level(path, f),
            (f.findtext("internal") or "").strip() == "true",
            tuple(e.text.strip() for e in f.iterfind("extension") if e.text),
        )
        for f in root.iterfind("bitstream-type")
    ]


def _root(path: Path, name: str) -> "etree._Element":
    root = parse_xml(path)
    if root.tag != name:
        raise RegistryFileError(f"{path}: the root element is <{root.tag}>, expected <{name}>")
    return root


def _text(path: Path, element: "etree._Element", child: str) -> str:
    text = (element.findtext(child) or "").strip()
    if not text:
        raise RegistryFileError(f"{path}:{element.sourceline}: <{element.tag}> without <{child}>")
    return text


def _level(path: Path, element: "etree._Element") -> int:
    text = _text(path, element, "support_level")
    if text not in ("0", "1", "2"):
        raise RegistryFileError(f"{path}:{element.sourceline}: support_level must be 0, 1 or 2, not {text!r}")
    return int(text)
