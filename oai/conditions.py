"""What the filters of xoai.xml are made of (docs/oai-configuration.md): conditions that an item meets or not.

In: the parameters of a CustomCondition, then the facts of an item. Out: whether the item is shown. Called by
oai/filters.py, which reads them from xoai.xml, and by whoever asks a filter. Fails: ConditionError for parameters that
make no sense; it is found when xoai.xml is read.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from oai.languages import iso_639_3

Parameter = str | int | float | Sequence["Parameter"] | Mapping[str, "Parameter"]
Parameters = Mapping[str, Parameter]
log = logging.getLogger(__name__)

_WHITE = " \t\r\n"  # what normalize-space() of a stylesheet takes away


class ConditionError(ValueError):
    """The parameters of a condition make no sense; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a condition may know of an item.

    `metadata` has the values of each field that Anonymous may see (`dc.title`: ["…"]). `has_file`: there is a file in
    ORIGINAL, whoever may read it; `open_file`: Anonymous may read at least one of them.
    """

    metadata: Mapping[str, Sequence[str]]
    public: bool
    withdrawn: bool
    has_file: bool
    open_file: bool

    def values(self, field: str) -> Iterable[str]:
        """Return the values of a field. `*` stands for any element or qualifier: `dc.contributor.*`."""
        if "*" not in field:
            return self.metadata.get(field, ())
        parts = field.split(".")
        return [value for name, values in self.metadata.items() if _fits(name.split("."), parts) for value in values]


def _fits(names: Sequence[str], parts: Sequence[str]) -> bool:
    pairs = zip(names, parts, strict=False)
    return len(names) == len(parts) and all(part in ("*", name) for name, part in pairs)


class ConditionFailed(Exception):
    """A repository's own condition raised an error: nobody knows whether the item is shown.

    It decides nothing where another one does: "no" and unknown is no, "yes" or unknown is yes.
    """


class Condition(Protocol):
    """A repository's own condition is a class like this, called with the parameters that xoai.xml gives it."""

    def shows(self, facts: Facts) -> bool:
        """Say whether an item of these facts is shown. Must depend on nothing else, and should not fail."""


@dataclass(frozen=True, slots=True)
class And:
    """Both."""

    left: Condition
    right: Condition

    def shows(self, facts: Facts) -> bool:
        """Say whether both show the item. Raises ConditionFailed where neither says no and one of them fails."""
        try:
            is_shown = self.left.shows(facts)
        except ConditionFailed:
            if self.right.shows(facts):
                raise
            return False
        return is_shown and self.right.shows(facts)


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of two."""

    left: Condition
    right: Condition

    def shows(self, facts: Facts) -> bool:
        """Say whether one of them shows the item. Raises ConditionFailed where neither does and one of them fails."""
        try:
            is_shown = self.left.shows(facts)
        except ConditionFailed:
            if not self.right.shows(facts):
                raise
            return True
        return is_shown or self.right.shows(facts)


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    condition: Condition

    def shows(self, facts: Facts) -> bool:
        """Say whether the condition does not show the item. Raises ConditionFailed where it fails."""
        return not self.condition.shows(facts)


@dataclass(slots=True)
class Own:
    """A condition of the repository's own, which may raise anything: the log says so once, by its name.

    (There is a new object whenever xoai.xml is read.)
    """

    name: str
    condition: Condition
    has_failed: bool = False

    def shows(self, facts: Facts) -> bool:
        """Say what the condition says. Raises ConditionFailed."""
        try:
            return bool(self.condition.shows(facts))
        except Exception as error:
            if not self.has_failed:
                log.exception("the condition %s fails; the items it fails on stay where they are listed", self.name)
            self.has_failed = True
            raise ConditionFailed(self.name) from error


class MetadataExists:
    """At least one of the fields (`field`, `fields`) has a value."""

    def __init__(self, parameters: Parameters) -> None:
        self.fields = _texts(parameters, "fields", "field")

    def shows(self, facts: Facts) -> bool:
        """Say whether one of the fields has a value."""
        return any(value for field in self.fields for value in facts.values(field))


_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "starts_with": str.startswith,
    "ends_with": str.endswith,
    "contains": lambda value, wanted: wanted in value,
    "equal": lambda value, wanted: value == wanted,
    "greater": lambda value, wanted: value > wanted,
    "greater_or_equal": lambda value, wanted: value >= wanted,
    "lower": lambda value, wanted: value < wanted,
    "lower_or_equal": lambda value, wanted: value <= wanted,
}


class AtLeastOneMetadata:
    """A value of `field` compares by `operator` with one of `value` or `values`. Case counts; texts, not numbers."""

    def __init__(self, parameters: Parameters) -> None:
        self.field = _text(parameters, "field")
        operator = _text(parameters, "operator").lower()
        if operator not in _OPERATORS:
            raise ConditionError(f"{operator!r} is no operator; use one of {', '.join(_OPERATORS)}")
        self.compare = _OPERATORS[operator]
        self.wanted = _texts(parameters, "values", "value")

    def shows(self, facts: Facts) -> bool:
        """Say whether one of the values fits."""
        return any(self.compare(value, wanted) for value in facts.values(self.field) for wanted in self.wanted)


class OneOfVocabulary:
    """A value of `field` is, as a whole, one of `values`, with or without `prefix` before it."""

    def __init__(self, parameters: Parameters) -> None:
        self.field = _text(parameters, "field")
        self.prefix = _text(parameters, "prefix")
        self.terms = frozenset(_texts(parameters, "values", "value"))

    def shows(self, facts: Facts) -> bool:
        """Say whether one of the values is a term."""
        return any(value.strip(_WHITE).removeprefix(self.prefix) in self.terms for value in facts.values(self.field))


class ReadableByAnonymous:
    """Anonymous may read the item."""

    def __init__(self, _parameters: Parameters) -> None:
        pass

    def shows(self, facts: Facts) -> bool:
        """Say whether the item is public."""
        return facts.public


class Withdrawn:
    """The item is withdrawn. Tombstones are kept by the store: no such item is ever asked for."""

    def __init__(self, _parameters: Parameters) -> None:
        pass

    def shows(self, facts: Facts) -> bool:
        """Say whether the item is withdrawn."""
        return facts.withdrawn


class HasFile:
    """There is a file in ORIGINAL."""

    def __init__(self, _parameters: Parameters) -> None:
        pass

    def shows(self, facts: Facts) -> bool:
        """Say whether there is one."""
        return facts.has_file


class OpenlyAccessible:
    """Anonymous may read the item and a file of ORIGINAL; an item without files says openAccess in dc.rights."""

    _OPEN = ("openAccess", "info:eu-repo/semantics/openAccess")

    def __init__(self, _parameters: Parameters) -> None:
        pass

    def shows(self, facts: Facts) -> bool:
        """Say whether everybody gets at the work itself."""
        return facts.public and (facts.open_file or (not facts.has_file and self._says_so(facts)))

    def _says_so(self, facts: Facts) -> bool:
        return any(value.strip(_WHITE) in self._OPEN for value in facts.values("dc.rights"))


class LanguageOfISO6393:
    """A value of one of the fields (`field`, `fields`) is a language that ISO 639-3 has a code for."""

    def __init__(self, parameters: Parameters) -> None:
        self.fields = _texts(parameters, "fields", "field")

    def shows(self, facts: Facts) -> bool:
        """Say whether one of the values is such a language."""
        return any(iso_639_3(value) for field in self.fields for value in facts.values(field))


DSPACE_CLASSES: Mapping[str, Callable[[Parameters], Condition]] = {
    "org.dspace.xoai.filter.DSpaceMetadataExistsFilter": MetadataExists,
    "org.dspace.xoai.filter.DSpaceAtLeastOneMetadataFilter": AtLeastOneMetadata,
    "org.dspace.xoai.filter.DSpaceAuthorizationFilter": ReadableByAnonymous,
    "org.dspace.xoai.filter.DSpaceWithdrawnFilter": Withdrawn,
    "org.dspace.xoai.filter.ItemsWithBitstreamFilter": HasFile,
}


def _text(parameters: Parameters, name: str) -> str:
    found = _texts(parameters, name)
    if len(found) > 1:
        raise ConditionError(f"parameter {name!r} takes one value, not {len(found)}")
    return found[0]


def _texts(parameters: Parameters, *names: str) -> list[str]:
    """Return the values of the first of these parameters that is there; of a list or of a single one."""
    parameter = next((parameters[name] for name in names if name in parameters), None)
    if parameter is None:
        raise ConditionError(f"parameter {' or '.join(map(repr, names))} is missing")
    values = [parameter] if isinstance(parameter, str | int | float) else parameter
    if isinstance(values, Mapping) or not all(isinstance(value, str | int | float) for value in values):
        raise ConditionError(f"parameter {names[0]!r} takes plain values")
    if not values:
        raise ConditionError(f"parameter {names[0]!r} is empty")
    return [str(value) for value in values]
