"""DSpace Intermediate Metadata (DIM): metadata as a flat list of fields, what DSpace's crosswalks begin with.

The same fields as config/crosswalks/oai/metadataFormats/dim.xsl makes of an XOAI document.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crosswalks.markup import attribute, text

NAMESPACE = "http://www.dspace.org/xmlns/dspace/dim"
_NO_CONFIDENCE = -1


def document(metadata: Mapping[str, Sequence[Mapping[str, Any]]], more: Iterable[tuple[str, str]] = ()) -> str:
    """Return the document of an item's metadata; `more` are fields with their value that are no metadata."""
    fields = [_field(name, value) for name in sorted(metadata) for value in metadata[name]]
    fields += [_field(name, {"value": value}) for name, value in more]
    return f'<dim:dim xmlns:dim="{NAMESPACE}">{"".join(fields)}</dim:dim>'


def _field(name: str, value: Mapping[str, Any]) -> str:
    schema, element, *qualifier = name.split(".", 2)
    given = {"mdschema": schema, "element": element, "qualifier": "".join(qualifier), "lang": value.get("language")}
    if value.get("authority"):
        given["authority"] = value["authority"]
        if value.get("confidence", _NO_CONFIDENCE) != _NO_CONFIDENCE:
            given["confidence"] = str(value["confidence"])
    attributes = "".join([f' {key}="{attribute(held)}"' for key, held in given.items() if held])
    return f"<dim:field{attributes}>{text(value['value'])}</dim:field>"
