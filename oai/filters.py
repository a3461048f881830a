"""The `Filters` of xoai.xml: definitions in, conditions out (docs/oai-configuration.md).

Called by oai/configuration.py. Mistakes go to a list of problems, with line and element; what has one is left out.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from pathlib import Path

from django.utils.module_loading import import_string
from lxml import etree

from oai.conditions import DSPACE_CLASSES, And, Condition, ConditionError, Not, Or, Own, Parameter, Parameters

NAMESPACE = "http://www.lyncode.com/XOAIConfiguration"
Element = etree._Element
_TYPES: dict[str, Callable[[str], Parameter]] = {"string": str, "int": int, "float": float}


class Problems:
    """The mistakes found in a file: `file:line: <Element id="…">: what to do`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: list[str] = []

    def add(self, element: Element, message: str) -> None:
        """Note a mistake in an element."""
        self.found.append(f"{self.where(element)}: {message}")

    def where(self, element: Element) -> str:
        """Return file, line and element."""
        names = ("id", "baseurl", "ref", "refid", "name")
        shown = "".join(f' {name}="{element.get(name)}"' for name in names if name in element.attrib)
        return f"{self.path}:{element.sourceline}: <{local(element)}{shown}>"


def local(element: Element) -> str:
    """Return the name of an element of the file; what is of another namespace, or of none, keeps that before it."""
    name = etree.QName(element)
    return name.localname if name.namespace == NAMESPACE else f"{{{name.namespace or ''}}}{name.localname}"


def children(element: Element, *names: str) -> list[Element]:
    """Return the children of these names."""
    return [child for child in element if local(child) in names]


def text_of(element: Element | None) -> str:
    """Return the text of an element without the white space around it; of none, nothing."""
    return "" if element is None or not element.text else element.text.strip()


def reference(element: Element) -> str:
    """Return what an element refers to: `ref`, in DSpace 4 `refid`."""
    return str(element.get("ref") or element.get("refid") or "")


def by_id(elements: Iterable[Element], problems: Problems) -> dict[str, Element]:
    """Return the elements by their ids; each needs one of its own."""
    found: dict[str, Element] = {}
    for element in elements:
        name = str(element.get("id") or "")
        if not name:
            problems.add(element, "needs an id")
        elif name in found:
            problems.add(element, f"there is another one of this id in line {found[name].sourceline}")
        else:
            found[name] = element
    return found


def all_of(conditions: Sequence[Condition]) -> Condition | None:
    """Return a condition that shows what all of these show; None where there is none."""
    return reduce(And, conditions) if conditions else None


class Filters:
    """The filters of the file by their ids."""

    def __init__(self, section: Sequence[Element], problems: Problems) -> None:
        self._problems = problems
        definitions = [child for part in section for child in children(part, "Filter")]
        customs = [child for part in section for child in children(part, "CustomCondition", "Custom")]
        self._custom = {name: self._made(element) for name, element in by_id(customs, problems).items()}
        self._filters = {name: self._filter(element) for name, element in by_id(definitions, problems).items()}

    def of(self, element: Element) -> Condition | None:
        """Return what the Filter elements in this one refer to: all of them must show an item."""
        found = []
        for child in children(element, "Filter"):
            if reference(child) in self._filters:
                found.append(self._filters[reference(child)])
            else:
                self._problems.add(child, f"there is no Filter of id {reference(child)!r}")
        return all_of([condition for condition in found if condition])

    def _filter(self, element: Element) -> Condition | None:
        if children(element, "Class"):  # DSpace 4: a filter is one condition
            return self._made(element)
        definitions = children(element, "Definition")
        if len(definitions) != 1:
            self._problems.add(element, "needs one Definition")
            return None
        return self._only_condition(definitions[0])

    def _only_condition(self, holder: Element) -> Condition | None:
        """Return the one condition in an element."""
        if len(holder) != 1 or local(holder[0]) not in ("And", "Or", "Not", "Custom"):
            self._problems.add(holder, "needs exactly one of And, Or, Not, Custom")
            return None
        condition = holder[0]
        if local(condition) == "Custom":
            return self._referred(condition)
        if local(condition) == "Not":
            inner = self._part(condition, "Condition")
            return Not(inner) if inner else None
        left, right = self._part(condition, "LeftCondition"), self._part(condition, "RightCondition")
        if not left or not right:
            return None
        return And(left, right) if local(condition) == "And" else Or(left, right)

    def _part(self, condition: Element, name: str) -> Condition | None:
        parts = children(condition, name)
        if len(parts) == 1:
            return self._only_condition(parts[0])
        self._problems.add(condition, f"needs one {name}")
        return None

    def _referred(self, element: Element) -> Condition | None:
        if reference(element) not in self._custom:
            self._problems.add(element, f"there is no CustomCondition of id {reference(element)!r}")
        return self._custom.get(reference(element))

    def _made(self, element: Element) -> Condition | None:
        """Return the condition that `Class` and its parameters describe."""
        name = text_of(next(iter(children(element, "Class")), None))
        try:
            made = _class_of(name)(self._parameters(element))
        except Exception as error:  # a condition of the repository's own may raise anything
            reason = str(error) if isinstance(error, ConditionError) else f"{name} can't be made: {error!r}"
            self._problems.add(element, reason)
            return None
        if not callable(getattr(made, "shows", None)):
            self._problems.add(element, f"{name} is no condition: it has no method shows(facts)")
            return None
        return made if name in DSPACE_CLASSES else Own(f"{name} ({self._problems.where(element)})", made)

    def _parameters(self, element: Element) -> Parameters:
        """Return the parameters of a condition: those of Configuration, in DSpace 4 Parameter elements."""
        found: dict[str, Parameter] = {}
        for configuration in children(element, "Configuration"):
            found |= _map(configuration)
        for parameter in children(element, "Parameter"):
            found[str(parameter.get("key"))] = [text_of(value) for value in children(parameter, "Value")]
        return found


def _map(element: Element) -> dict[str, Parameter]:
    found: dict[str, Parameter] = {}
    for child in element:
        name = child.get("name") or ("values" if local(child) == "list" else "")  # DSpace 5 forgets this one
        if not name:
            raise ConditionError(f"the parameter {local(child)} in line {child.sourceline} needs a name")
        found[name] = _parameter(child)
    return found


def _parameter(element: Element) -> Parameter:
    kind = local(element)
    if kind == "list":
        return [_parameter(child) for child in element]
    if kind == "map":
        return _map(element)
    if kind not in _TYPES:
        raise ConditionError(f"a parameter is one of {', '.join(_TYPES)}, list, map; {kind!r} is none")
    try:
        return _TYPES[kind](text_of(element))
    except ValueError as error:
        raise ConditionError(f"{text_of(element)!r} in line {element.sourceline} is no {kind}") from error


def _class_of(name: str) -> Callable[[Parameters], Condition]:
    if name in DSPACE_CLASSES:
        return DSPACE_CLASSES[name]
    try:
        found: Callable[[Parameters], Condition] = import_string(name)
    except ImportError as error:
        known = ", ".join(path.rpartition(".")[2] for path in DSPACE_CLASSES)
        message = f"there is no class {name!r}; use one of org.dspace.xoai.filter ({known}) or one of your own"
        raise ConditionError(message) from error
    return found
