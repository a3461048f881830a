"""Metadata of one object: fields, each an ordered list of values. The JSONB document of every object has this shape."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

NO_CONFIDENCE = -1  # DSpace's CF_UNSET: no authority was asked

Document = dict[str, list[dict[str, Any]]]


class Value(NamedTuple):
    """One metadata value. `language` is as catalogued (`en`, `en_US`), None where none was given."""

    value: str
    language: str | None = None
    authority: str | None = None
    confidence: int = NO_CONFIDENCE


class Metadata:
    """A read view of a metadata document, keyed `schema.element[.qualifier]`, values in order."""

    def __init__(self, document: Mapping[str, list[dict[str, Any]]]) -> None:
        self._document = document

    def __bool__(self) -> bool:
        return bool(self._document)

    def fields(self) -> list[str]:
        """Return the names of the fields that have values."""
        return list(self._document)

    def get(self, field: str) -> list[Value]:
        """Return the values of exactly this field."""
        return [
            Value(v["value"], v.get("language"), v.get("authority"), v.get("confidence", NO_CONFIDENCE))
            for v in self._document.get(field, ())
        ]

    def values(self, *fields: str) -> list[str]:
        """Return the texts of these fields, in the order of the fields named; `dc.contributor.*` takes all below."""
        return [v["value"] for field in fields for name in self._matching(field) for v in self._document[name]]

    def first(self, *fields: str) -> str | None:
        """Return the first text of the first of these fields that has one."""
        return next(iter(self.values(*fields)), None)

    def items(self) -> Iterator[tuple[str, Value]]:
        """Yield (field, value) for each value, field by field."""
        for field in self._document:
            for value in self.get(field):
                yield field, value

    def _matching(self, pattern: str) -> list[str]:
        if not pattern.endswith(".*"):
            return [pattern] if pattern in self._document else []
        stem = pattern[:-2]
        return [name for name in self._document if name == stem or name.startswith(stem + ".")]


def document(values: Iterable[tuple[str, Value]]) -> Document:
    """Return the JSON document of (field, value) pairs; the order of the values of a field is kept."""
    result: Document = {}
    for field, value in values:
        entry: dict[str, Any] = {"value": value.value}
        if value.language:
            entry["language"] = value.language
        if value.authority:
            entry["authority"] = value.authority
            entry["confidence"] = value.confidence
        result.setdefault(field, []).append(entry)
    return result
