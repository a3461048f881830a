"""The DataCite document of an item, by the stylesheet DIM2DataCite.xsl, and what it still lacks.

In: what is to be told of an item (docs/doi-connectors.md). Out: the document without the DOI itself, or why there is
none, in lines that name the item and the field. What passes has all that DataCite's kernel 4 demands.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from lxml import etree

from common import stylesheets
from common.stylesheets import Stylesheet, StylesheetError
from common.text import xml_safe
from common.xml import XMLRefused, parse_xml
from crosswalks import dim
from crosswalks.xoai import File

NAMESPACE = "http://datacite.org/schema/kernel-4"
_N = {"d": NAMESPACE}
_XSL = "{http://www.w3.org/1999/XSL/Transform}"
_known: dict[Path, tuple[Stylesheet, list[int]]] = {}
_MOST_SIZES = 50
_YEAR = re.compile(r"[0-9]{4}")
# resourceTypeGeneral of kernel 4.7; our own stylesheet keeps to 4.6
_GENERAL_TYPES = """
Audiovisual Award Book BookChapter Collection ComputationalNotebook ConferencePaper ConferenceProceeding DataPaper
Dataset Dissertation Event Image Instrument InteractiveResource Journal JournalArticle Model OutputManagementPlan Other
PeerReview PhysicalObject Poster Preprint Presentation Project Report Service Software Sound Standard StudyRegistration
Text Workflow
"""


@dataclass(frozen=True, slots=True)
class Record:
    """What is told of an item. `name` is what messages call it; `files` are those of its own that everybody may read.

    `publisher_key` is the setting that names the publisher, for who has to set it.
    `metadata` is `{"dc.title": [{"value", "language", "authority", "confidence"}]}` without hidden fields and without
    the item's own DOI.
    """

    name: str
    handle: str
    metadata: Mapping[str, Sequence[Mapping[str, Any]]]
    files: Sequence[File] = field(default=())
    publisher_key: str = "crosswalk.dissemination.DataCite.publisher"


@dataclass(frozen=True, slots=True)
class Result:
    """The document as text, None for the reasons in `problems`."""

    document: str | None
    problems: list[str]


def load(path: Path) -> Stylesheet:
    """Return a stylesheet, read again when it or one that it imports has changed.

    Raises StylesheetError, FileNotFoundError.
    """
    known = _known.get(path)
    if known is None or _times(known[0]) != known[1]:
        stylesheet = stylesheets.read(path, path.parent)
        known = _known[path] = stylesheet, _times(stylesheet)
    return known[0]


def disseminate(record: Record, stylesheet: Stylesheet, parameters: Mapping[str, str]) -> Result:
    """Return the DataCite document of an item.

    `parameters` replace the xsl:param of these names in the stylesheet (publisher, datamanager, hostinginstitution);
    names that it does not have, and empty values, are left out.
    """
    known = _parameters(stylesheet)
    given = {name: value for name, value in {"handle": record.handle, **parameters}.items() if value and name in known}
    quoted: Any = {name: etree.XSLT.strparam(xml_safe(value)) for name, value in given.items()}
    try:
        source = parse_xml(dim.document(record.metadata, _told(record.files)).encode())
        result = stylesheets.of_thread(stylesheet)(source, **quoted)
    except XMLRefused as error:
        return Result(None, [f"{record.name}: the metadata is too large for an agency ({error})"])
    except (etree.XSLTApplyError, StylesheetError) as error:
        return Result(None, [f"{record.name}: {stylesheet.path.name} fails: {' '.join(str(error).split())}"])
    problems = preflight(record, result.getroot(), stylesheet.path.name)
    if problems:
        return Result(None, problems)
    return Result(etree.tostring(result.getroot(), encoding="unicode", with_tail=False), [])


def preflight(record: Record, root: "etree._Element | None", made_by: str) -> list[str]:
    """Return what DataCite's kernel demands and the document lacks, each in a line that says what to do."""
    if root is None or root.tag != f"{{{NAMESPACE}}}resource":
        found = "nothing" if root is None else root.tag
        return [f"{record.name}: {made_by} makes {found}; DataCite takes {{{NAMESPACE}}}resource"]
    return [f"{record.name}: {message}" for check in _CHECKS if (message := check(root, record))]


def _creator(root: "etree._Element", record: Record) -> str:
    names = root.findall("d:creators/d:creator/d:creatorName", _N)
    if names and all(map(_has_text, names)):
        return ""
    return "dc.contributor.author is missing: DataCite needs a creator"


def _title(root: "etree._Element", record: Record) -> str:
    titles = [
        title for title in root.findall("d:titles/d:title", _N) if _has_text(title) and not title.get("titleType")
    ]
    return "" if titles else "dc.title is missing: DataCite needs a title"


def _publisher(root: "etree._Element", record: Record) -> str:
    if _has_text(root.find("d:publisher", _N)):
        return ""
    return f"there is no publisher: set {record.publisher_key} to the name of your institution, or fill in dc.publisher"


def _year(root: "etree._Element", record: Record) -> str:
    if _YEAR.fullmatch(root.findtext("d:publicationYear", "", _N)):
        return ""
    issued = _first(record, "dc.date.issued")
    if issued:
        return f"dc.date.issued is {_quoted(issued)}: DataCite needs a date such as YYYY, YYYY-MM or YYYY-MM-DD"
    return "dc.date.issued is missing: DataCite needs the year of publication"


def _type(root: "etree._Element", record: Record) -> str:
    general = getattr(root.find("d:resourceType", _N), "attrib", {}).get("resourceTypeGeneral")
    if general in _GENERAL_TYPES.split():
        return ""
    if general:
        return f"resourceTypeGeneral is {_quoted(general)}, which DataCite does not know: correct the stylesheet"
    return "dc.type is missing: DataCite needs the type of resource"


_CHECKS: tuple[Callable[["etree._Element", Record], str], ...] = (_creator, _title, _publisher, _year, _type)


def _has_text(element: "etree._Element | None") -> bool:
    return element is not None and bool((element.text or "").strip())


def _first(record: Record, name: str) -> str:
    texts = (xml_safe(value["value"]).strip() for value in record.metadata.get(name, ()))
    return next(filter(None, texts), "")


def _quoted(value: str) -> str:
    return repr(value if len(value) <= 40 else f"{value[:40]}…")


def _told(files: Sequence[File]) -> list[tuple[str, str]]:
    """Return each media type once, and the sizes; of very many files their sum."""
    sizes = [file.size for file in files]
    told = [("file.format", mime_type) for mime_type in dict.fromkeys(file.mime_type for file in files)]
    return told + [("file.size", str(size)) for size in (sizes if len(sizes) <= _MOST_SIZES else [sum(sizes)])]


def _times(stylesheet: Stylesheet) -> list[int]:
    return [path.stat().st_mtime_ns for path in stylesheet.sources]


@lru_cache(8)
def _parameters(stylesheet: Stylesheet) -> frozenset[str]:
    """Return the names that the stylesheet declares by xsl:param; one of DSpace 5 has variables, which stay."""
    root = etree.fromstring(stylesheet.sources[stylesheet.path])
    return frozenset(str(param.get("name")) for param in root.findall(f"{_XSL}param"))
