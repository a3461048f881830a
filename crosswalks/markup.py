"""Writing XML as text: escaping, once and in one place.

The documents we write in great numbers (XOAI, OAI-PMH responses) are joined from strings, several times faster than
through a tree. Everything that comes from outside passes through `text` or `attribute` on its way in.
"""

from common.text import xml_safe

_ATTRIBUTE = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
)


def text(value: str) -> str:
    """Return `value` as character data: escaped, without the characters XML 1.0 forbids; astral characters stay."""
    value = xml_safe(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return value.replace("\r", "&#13;") if "\r" in value else value


def attribute(value: str) -> str:
    """Return `value` as an attribute in double quotes needs it: white space survives (XML 1.0, section 3.3.3)."""
    return xml_safe(value).translate(_ATTRIBUTE)
