"""Stylesheets of the configuration folder: read whole, checked, compiled without network and without files.

In: the path of an XSLT. Out: a Stylesheet that holds the bytes of it and of all that it imports or includes; what is
compiled is what was read, whatever happens on disk meanwhile. Called by oai/configuration.py, oai/rendering.py and
crosswalks/datacite.py. Fails: StylesheetError with file, line and what to do.
"""

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lxml import etree

from common.xml import XMLRefused, parse_xml

MAX_BYTES = 4 * 1024 * 1024
_KEPT = 64  # compiled stylesheets of a thread: all there are, and what they were before a few changes
_XSL = "http://www.w3.org/1999/XSL/Transform"
_NAMES = """
apply-imports apply-templates attribute attribute-set call-template choose comment copy copy-of decimal-format element
fallback for-each if import include key message namespace-alias number otherwise output param preserve-space
processing-instruction sort strip-space stylesheet template text transform value-of variable when with-param
"""
_ELEMENTS = frozenset(_NAMES.split())
_EXPRESSIONS = ("select", "test", "match", "use", "value", "count", "from")
_BRACES = re.compile(r"\{[^}]*\}")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_DOCUMENT = re.compile(r"(?<![\w.:-])document\s*\(")
_NO_ACCESS = etree.XSLTAccessControl(  # type: ignore[call-arg]  # the stubs do not know its arguments
    read_file=False, write_file=False, create_dir=False, read_network=False, write_network=False
)


class StylesheetError(ValueError):
    """A stylesheet that can't be used; `path` and `line` say where the mistake is."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        super().__init__(message)
        self.path = path
        self.line = line


@dataclass(frozen=True, slots=True)
class Stylesheet:
    """A stylesheet as it was read. `fingerprint` changes with each byte of it and of what it imports."""

    path: Path
    fingerprint: str
    sources: Mapping[Path, bytes] = field(default_factory=dict, repr=False, compare=False)


def read(path: Path, folder: Path) -> Stylesheet:
    """Return the stylesheet with all that it imports or includes, which must lie inside `folder`.

    Raises StylesheetError; FileNotFoundError when there is no such file in the folder.
    """
    path, folder = path.resolve(), folder.resolve()
    if not path.is_relative_to(folder) or not path.is_file():
        raise FileNotFoundError(path)
    sources: dict[Path, bytes] = {}
    _gather(path, folder, sources, ())
    digest = hashlib.blake2b(digest_size=16)
    for source in sorted(sources):
        digest.update(f"{source.relative_to(folder)} {len(sources[source])}\n".encode() + sources[source])
    return Stylesheet(path, digest.hexdigest(), sources)


def compiled(stylesheet: Stylesheet) -> etree.XSLT:
    """Return the stylesheet ready for use in this thread. Raises StylesheetError."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    parser.resolvers.add(_OnlyWhatWasRead(stylesheet.sources))
    path = stylesheet.path
    try:
        root = etree.fromstring(stylesheet.sources[path], parser, base_url=path.as_uri())
        return etree.XSLT(root, access_control=_NO_ACCESS)
    except etree.XSLTParseError as error:
        raise _explained(error, path) from error


class _OfThread(threading.local):
    def __init__(self) -> None:
        self.compiled: OrderedDict[str, etree.XSLT] = OrderedDict()


_of_thread = _OfThread()


def of_thread(stylesheet: Stylesheet) -> etree.XSLT:
    """Return the stylesheet compiled, once in the life of a thread: libxslt would copy that of another at each use."""
    known = _of_thread.compiled
    if stylesheet.fingerprint not in known:
        known[stylesheet.fingerprint] = compiled(stylesheet)
        if len(known) > _KEPT:
            known.popitem(last=False)
    return known[stylesheet.fingerprint]


class _OnlyWhatWasRead(etree.Resolver):
    """Answers xsl:import and xsl:include from memory; anything else does not exist."""

    def __init__(self, sources: Mapping[Path, bytes]) -> None:
        self._sources = {path.as_uri(): (path, source) for path, source in sources.items()}

    def resolve(  # type: ignore[override]  # the stubs forget the context
        self, system_url: str, public_id: str, context: object
    ) -> object:
        """Return the document at a URL. Raises XMLRefused for all but those read before."""
        if system_url not in self._sources:
            raise XMLRefused(f"{system_url}: a stylesheet reads nothing but stylesheets of its folder")
        return self.resolve_string(self._sources[system_url][1], context, base_url=system_url)


def _gather(path: Path, folder: Path, sources: dict[Path, bytes], above: tuple[Path, ...]) -> None:
    """Add the bytes of a stylesheet and of all it refers to."""
    if path in sources:
        return
    data = path.read_bytes()
    try:
        root = parse_xml(data, max_bytes=MAX_BYTES)
    except XMLRefused as error:
        raise StylesheetError(path, line_of(error, data), str(error).removeprefix("document: ")) from error
    sources[path] = data
    _refuse_mistakes(path, root)
    for element in root.iter(f"{{{_XSL}}}import", f"{{{_XSL}}}include"):
        _gather(_referred(element, path, folder), folder, sources, (*above, path))


def _referred(element: "etree._Element", path: Path, folder: Path) -> Path:
    href = element.get("href") or ""
    target = (path.parent / href).resolve()
    if ":" in href or not target.is_relative_to(folder):
        raise StylesheetError(path, _line(element), f"{href!r} is outside {folder.name}/; copy it into the folder")
    if not target.is_file():
        raise StylesheetError(path, _line(element), f"there is no file {href!r}")
    return target


def _refuse_mistakes(path: Path, root: "etree._Element") -> None:
    """Find now what libxslt would only find with a record, and what would break a response."""
    for element in root.iter(etree.Element):
        if message := _mistake(element, strict=root.get("version") == "1.0"):
            raise StylesheetError(path, _line(element), message)


def _mistake(element: "etree._Element", *, strict: bool) -> str:
    """Return what is wrong with an element; `strict` where elements of later versions are not ignored."""
    name = etree.QName(element)
    if strict and name.namespace == _XSL and name.localname not in _ELEMENTS:
        return f"xsl:{name.localname} is no element of XSLT 1.0"
    if element.get("disable-output-escaping") == "yes":
        return "disable-output-escaping is refused: a record must be XML whatever stands in the metadata"
    if any(_DOCUMENT.search(_QUOTED.sub("", expression)) for expression in _expressions(element)):
        return "document() is refused: a stylesheet reads no files and no network"
    return ""


def _expressions(element: "etree._Element") -> Iterator[str]:
    """Yield the XPath expressions in the attributes of an element."""
    of_xslt = etree.QName(element).namespace == _XSL
    for name, value in element.attrib.items():
        if of_xslt and name in _EXPRESSIONS:
            yield str(value)
        else:
            yield from _BRACES.findall(str(value))


def line_of(error: XMLRefused, data: bytes) -> int:
    """Return the line of a document that the error is about."""
    if isinstance(error.__cause__, etree.XMLSyntaxError):
        return int(error.__cause__.lineno or 1)
    return data[: max(data.find(b"<!DOCTYPE"), 0)].count(b"\n") + 1


def _line(element: "etree._Element") -> int:
    return element.sourceline if isinstance(element.sourceline, int) else 1


def _explained(error: etree.XSLTParseError, path: Path) -> StylesheetError:
    """Return what libxslt complains of, with the file and line it names; what XPath says alone has neither."""
    entries = [entry for entry in error.error_log if entry.domain_name == "XSLT"] or list(error.error_log)
    if not entries:
        return StylesheetError(path, 1, str(error))
    said = "; ".join(" ".join(entry.message.split()) for entry in entries[:3])
    return StylesheetError(_path_of(entries[0].filename, path), entries[0].line or 1, said)


def _path_of(filename: str | None, default: Path) -> Path:
    parts = urlsplit(filename or "")
    return Path(unquote(parts.path)) if parts.scheme == "file" else default
