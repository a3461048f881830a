"""The syntax of configuration files: Java properties as DSpace writes them, in UTF-8.

Pure functions: text in, entries out. Comments start with `#` or `!`; a backslash at the end of a line continues it; the
key ends at the first `=`, `:` or blank; `\\uXXXX`, `\\t`, `\\n`, `\\r`, `\\f` are escapes, any other escaped character
is itself. A comma separates the values of a list unless it is written `\\,`. Blanks around keys, values and list items
do not count.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

BLANKS = " \t\f"
ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


class PropertiesError(ValueError):
    """Text that is not in the properties format; `line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class Entry(NamedTuple):
    """One `key = value` with its list items; `line` is where the key stands, counted from 1."""

    key: str
    values: tuple[str, ...]
    line: int


def parse(text: str) -> Iterator[Entry]:
    """The entries of a file in their order. Raises PropertiesError for a malformed `\\u` escape."""
    for line, content in _logical_lines(text):
        try:
            key, rest = _split_key(content)
            yield Entry(key, tuple(_items(rest)), line)
        except ValueError as error:
            raise PropertiesError(str(error), line) from None


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines that mean something, continuations joined, with the number of their first line."""
    pending, start = "", 0
    for number, natural in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        content = natural.lstrip(BLANKS)
        if not start and (not content or content[0] in "#!"):
            continue
        start = start or number
        if _is_continued(content):
            pending += content[:-1]
            continue
        yield start, pending + content
        pending, start = "", 0
    if start:
        yield start, pending


def _is_continued(content: str) -> bool:
    """Whether the line ends in a backslash that is not itself escaped."""
    return (len(content) - len(content.rstrip("\\"))) % 2 == 1


def _split_key(content: str) -> tuple[str, str]:
    """The key, unescaped, and the still escaped text of its value."""
    position, key = 0, ""
    while position < len(content) and content[position] not in "=:" + BLANKS:
        character, position = _next(content, position)
        key += character
    rest = content[position:].lstrip(BLANKS)
    if rest[:1] in ("=", ":"):
        rest = rest[1:].lstrip(BLANKS)
    if not key:
        raise ValueError("a value without a key")
    return _join_surrogates(key), rest


def _items(text: str) -> list[str]:
    """The unescaped items of a comma list; a single value is a list of one."""
    items: list[str] = []
    item, kept, position = "", 0, 0  # kept: how much of item trailing blanks do not reach
    while position < len(text):
        if text[position] == ",":
            items.append(item[:kept])
            item, kept, position = "", 0, position + 1
            continue
        is_blank = text[position] in BLANKS
        character, position = _next(text, position)
        if is_blank and not item:
            continue
        item += character
        kept = kept if is_blank else len(item)
    return [_join_surrogates(text) for text in [*items, item[:kept]]]


def _join_surrogates(text: str) -> str:
    """Characters beyond U+FFFF, which properties files write as two escapes of UTF-16."""
    if text.isascii():
        return text
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise ValueError("half of a surrogate pair among the \\u escapes") from None


def _next(text: str, position: int) -> tuple[str, int]:
    """The character at a position, unescaped, and the position after it."""
    if text[position] != "\\":
        return text[position], position + 1
    escaped = text[position + 1 : position + 2]
    if escaped != "u":
        return ESCAPES.get(escaped, escaped), position + 2
    digits = text[position + 2 : position + 6]
    if len(digits) != 4 or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
        raise ValueError(f"malformed escape \\u{digits}: four hexadecimal digits must follow \\u")
    return chr(int(digits, 16)), position + 6
