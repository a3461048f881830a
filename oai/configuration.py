"""What the provider offers: the contexts, formats, transformers, filters and sets of xoai.xml.

In: a folder, which holds xoai.xml and the stylesheets (docs/oai-configuration.md). Out: a Configuration. Called by
oai/running.py, which keeps it, and by `manage.py check`. Fails: ConfigurationError with every mistake, its file, line
and element.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from lxml import etree

from common import stylesheets
from common.stylesheets import Stylesheet, StylesheetError
from common.xml import XMLRefused, parse_xml
from oai.conditions import Condition
from oai.filters import NAMESPACE, Element, Filters, Problems, by_id, children, local, reference, text_of

T = TypeVar("T")

FILE = "xoai.xml"
MAX_BYTES = 4 * 1024 * 1024
PAGE_SIZE = 100
BROWSER_STYLESHEET = "static/style.xsl"

_INDENTED = ("indented", "identation", "indentation")  # DSpace 6, DSpace 4, and as it is spelt
_PREFIX = re.compile(r"[A-Za-z0-9\-_.!~*'()]+")
_SET_SPEC = re.compile(r"[A-Za-z0-9\-_.!~*'()]+(:[A-Za-z0-9\-_.!~*'()]+)*")
_BASE_URL = re.compile(r"[A-Za-z0-9\-_.~]+(/[A-Za-z0-9\-_.~]+)*")
_TAKEN = "static"  # in addresses below /oai/ (oai/urls.py)
_SIZE = re.compile(r"[1-9][0-9]{0,3}")  # a page is made in memory

_REFERENCE = {"ref", "refid"}
# What may stand where, as parent/element: its attributes, and its children. Filters are read by oai/filters.py.
_GRAMMAR: Mapping[str, tuple[set[str], set[str]]] = {
    "/Configuration": (
        {
            *_INDENTED,
            "maxListIdentifiersSize",
            "maxListRecordsSize",
            "maxListSetsSize",
            "stylesheet",
            "descriptionFile",
        },
        {"Contexts", "Formats", "Transformers", "Filters", "Sets"},
    ),
    "Configuration/Contexts": (set(), {"Context"}),
    "Configuration/Formats": (set(), {"Format"}),
    "Configuration/Transformers": (set(), {"Transformer"}),
    "Configuration/Filters": (set(), {"Filter", "CustomCondition", "Custom"}),
    "Configuration/Sets": (set(), {"Set"}),
    "Contexts/Context": ({"baseurl", "name"}, {"Transformer", "Filter", "Set", "Format", "Description"}),
    "Formats/Format": ({"id"}, {"Prefix", "XSLT", "Namespace", "SchemaLocation", "Filter", "Description"}),
    "Transformers/Transformer": ({"id"}, {"XSLT", "Description"}),
    "Filters/Filter": ({"id"}, {"Definition", "Class", "Parameter"}),
    "Filters/CustomCondition": ({"id"}, {"Class", "Configuration"}),
    "Filters/Custom": ({"id"}, {"Class", "Configuration"}),
    "Sets/Set": ({"id"}, {"Spec", "Pattern", "Name", "Filter", "Description"}),
    "Context/Transformer": (_REFERENCE, set()),
    "Context/Filter": (_REFERENCE, set()),
    "Context/Set": (_REFERENCE, set()),
    "Context/Format": (_REFERENCE, set()),
    "Format/Filter": (_REFERENCE, set()),
    "Set/Filter": (_REFERENCE, set()),
}


class ConfigurationError(Exception):
    """xoai.xml or a stylesheet has mistakes; `problems` has one line for each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


@dataclass(frozen=True, slots=True)
class Format:
    """A metadata format: how harvesters ask for it, what makes it, which items have it; `where` it is in xoai.xml."""

    id: str
    where: str
    prefix: str
    namespace: str
    schema: str
    stylesheet: Stylesheet
    filter: Condition | None


@dataclass(frozen=True, slots=True)
class Transformer:
    """What a context does to XOAI documents before a format is made of them."""

    id: str
    stylesheet: Stylesheet


@dataclass(frozen=True, slots=True)
class VirtualSet:
    """A set that xoai.xml defines: the items of the context that its filter shows."""

    id: str
    spec: str
    name: str
    filter: Condition | None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """A view on the repository for one kind of harvester, at the address /oai/{name}."""

    name: str
    description: str
    filter: Condition | None
    transformer: Transformer | None
    sets: tuple[VirtualSet, ...]
    formats: tuple[Format, ...]


@dataclass(frozen=True, slots=True)
class Configuration:
    """All of xoai.xml. `fingerprint` changes with all that decides which items are shown where."""

    indented: bool
    max_identifiers: int
    max_records: int
    max_sets: int
    stylesheet: str
    contexts: Mapping[str, Context]
    fingerprint: str


def load(folder: Path) -> Configuration:
    """Return what xoai.xml in a folder says. Raises ConfigurationError with every mistake in it."""
    path = folder / FILE
    problems = Problems(path)
    root = _parsed(path)
    _check_structure(root, "", problems)
    reader = _Reader(root, folder, problems)
    configuration = reader.configuration()
    if problems.found:
        raise ConfigurationError(problems.found)
    return configuration


def _parsed(path: Path) -> Element:
    try:
        data = path.read_bytes()
        root = parse_xml(data, max_bytes=MAX_BYTES)
    except OSError as error:
        raise ConfigurationError([f"{path}:1: <Configuration>: can't be read: {error.strerror}"]) from error
    except XMLRefused as error:
        line = stylesheets.line_of(error, data)
        raise ConfigurationError(
            [f"{path}:{line}: <Configuration>: {str(error).removeprefix('document: ')}"]
        ) from error
    if local(root) != "Configuration":
        message = f'the file must begin with <Configuration xmlns="{NAMESPACE}">'
        raise ConfigurationError([f"{path}:{root.sourceline}: <{etree.QName(root).localname}>: {message}"])
    return root


def _check_structure(element: Element, parent: str, problems: Problems) -> None:
    """Find elements and attributes that are not of the format: whoever mistypes one must hear of it."""
    rule = _GRAMMAR.get(f"{parent}/{local(element)}")
    if rule is None:
        return
    attributes, allowed = rule
    for name in element.attrib:
        if not str(name).startswith("{") and name not in attributes:
            problems.add(
                element, f"there is no attribute {name!r}; there are: {', '.join(sorted(attributes)) or 'none'}"
            )
    for child in element:
        if local(child) not in allowed:
            problems.add(
                child, f"may not stand in {local(element)}; there may be: {', '.join(sorted(allowed)) or 'nothing'}"
            )
        _check_structure(child, local(element), problems)


class _Reader:
    """Turns the elements of one file into a Configuration; mistakes go to `problems`."""

    def __init__(self, root: Element, folder: Path, problems: Problems) -> None:
        self.root = root
        self.folder = folder
        self.problems = problems
        self.filters = Filters(children(root, "Filters"), problems)
        self.formats = {name: self._format(e) for name, e in self._defined("Formats", "Format")}
        self.transformers = {name: self._transformer(e) for name, e in self._defined("Transformers", "Transformer")}
        self.sets = {name: self._set(e) for name, e in self._defined("Sets", "Set")}

    def configuration(self) -> Configuration:
        """Return what the file says."""
        contexts: dict[str, Context] = {}
        taken: set[str] = set()  # names of lists (oai/store/views.py)
        elements = [e for section in children(self.root, "Contexts") for e in children(section, "Context")]
        for element in elements:
            context = self._context(element)
            names = {context.name, *(f"{context.name}/{offered.prefix}" for offered in context.formats)}
            if taken & names:
                self.problems.add(element, "there is another Context of this baseurl, or a format of one")
            taken |= names
            contexts[context.name] = context
        if not elements:
            self.problems.add(self.root, "needs a Context")
        return Configuration(
            indented=self._switch(),
            max_identifiers=self._size("maxListIdentifiersSize"),
            max_records=self._size("maxListRecordsSize"),
            max_sets=self._size("maxListSetsSize"),
            stylesheet=str(self.root.get("stylesheet", BROWSER_STYLESHEET)),
            contexts=contexts,
            fingerprint=hashlib.blake2b(etree.tostring(self.root, method="c14n"), digest_size=16).hexdigest(),
        )

    def _defined(self, section: str, name: str) -> list[tuple[str, Element]]:
        elements = [e for part in children(self.root, section) for e in children(part, name)]
        return list(by_id(elements, self.problems).items())

    def _context(self, element: Element) -> Context:
        name = str(element.get("baseurl") or "").strip("/")
        if not _BASE_URL.fullmatch(name):
            self.problems.add(element, "baseurl must be a part of an address: letters, digits, - _ . ~")
        elif _TAKEN in name.split("/"):
            self.problems.add(element, f"baseurl must not be {_TAKEN!r}: browsers find the stylesheet there")
        formats = self._referred(element, "Format", self.formats)
        prefixes = [offered.prefix for offered in formats]
        for prefix in sorted({prefix for prefix in prefixes if prefixes.count(prefix) > 1}):
            self.problems.add(element, f"has two formats of the prefix {prefix!r}")
        if not children(element, "Format"):
            self.problems.add(element, "needs a Format")
        transformers = self._referred(element, "Transformer", self.transformers)
        if len(children(element, "Transformer")) > 1:
            self.problems.add(element, "may have one Transformer only")
        return Context(
            name=name,
            description=self._text(element, "Description") or str(element.get("name") or name),
            filter=self.filters.of(element),
            transformer=next(iter(transformers), None),
            sets=self._sets(element),
            formats=tuple(formats),
        )

    def _sets(self, element: Element) -> tuple[VirtualSet, ...]:
        sets = self._referred(element, "Set", self.sets)
        if len({one.spec for one in sets}) < len(sets):
            self.problems.add(element, "has two sets of the same Spec")
        return tuple(sets)

    def _format(self, element: Element) -> Format | None:
        prefix, namespace = self._needed(element, "Prefix"), self._needed(element, "Namespace")
        if prefix and not _PREFIX.fullmatch(prefix):
            self.problems.add(element, f"{prefix!r} is no metadataPrefix: letters, digits and -_.!~*'() make one")
        schema = self._needed(element, "SchemaLocation").split()[-1:]  # some write it with the namespace before it
        stylesheet = self._stylesheet(element)
        condition = self.filters.of(element)
        if not (prefix and namespace and schema and stylesheet):
            return None
        where = self.problems.where(element)
        return Format(str(element.get("id")), where, prefix, namespace, schema[0], stylesheet, condition)

    def _transformer(self, element: Element) -> Transformer | None:
        stylesheet = self._stylesheet(element)
        return Transformer(str(element.get("id")), stylesheet) if stylesheet else None

    def _set(self, element: Element) -> VirtualSet | None:
        spec = self._text(element, "Spec") or self._needed(element, "Pattern")  # DSpace 5 and later; DSpace 4
        if spec and (not _SET_SPEC.fullmatch(spec) or spec.startswith(("com_", "col_"))):
            self.problems.add(element, f"{spec!r} is no name for a set: letters, digits, -_.!~*'(), not com_ or col_")
        name = self._needed(element, "Name")
        description = self._text(element, "Description")
        return VirtualSet(str(element.get("id")), spec, name, self.filters.of(element), description)

    def _stylesheet(self, element: Element) -> Stylesheet | None:
        name = self._needed(element, "XSLT")
        if not name:
            return None
        try:
            stylesheet = stylesheets.read(self.folder / name, self.folder)
            stylesheets.compiled(stylesheet)
        except FileNotFoundError:
            self.problems.add(element, f"there is no file {name!r} in {self.folder}")
        except OSError as error:
            self.problems.add(element, f"{name!r} can't be read: {error.strerror}")
        except StylesheetError as error:
            where = error.path.relative_to(self.folder.resolve())
            self.problems.add(element, f"{where}:{error.line}: {error}")
        else:
            return stylesheet
        return None

    def _referred(self, element: Element, kind: str, defined: Mapping[str, T | None]) -> list[T]:
        """Return what the children of a kind refer to; what has mistakes of its own is left out."""
        found = []
        for child in children(element, kind):
            if reference(child) not in defined:
                self.problems.add(child, f"there is no {kind} of id {reference(child)!r}")
            elif (one := defined[reference(child)]) is not None:
                found.append(one)
        return found

    def _text(self, element: Element, name: str) -> str:
        return text_of(next(iter(children(element, name)), None))

    def _needed(self, element: Element, name: str) -> str:
        text = self._text(element, name)
        if not text:
            self.problems.add(element, f"needs a {name}")
        return text

    def _switch(self) -> bool:
        value = next((str(self.root.get(name)) for name in _INDENTED if name in self.root.attrib), "false")
        if value not in ("true", "false", "1", "0"):
            self.problems.add(self.root, f"indented={value!r} is not true or false")
        return value in ("true", "1")

    def _size(self, name: str) -> int:
        value = str(self.root.get(name, PAGE_SIZE))
        if not _SIZE.fullmatch(value):
            self.problems.add(self.root, f"{name}={value!r} is not a number from 1 to 9999")
            return PAGE_SIZE
        return int(value)
