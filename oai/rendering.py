"""XOAI documents to metadata formats, by the stylesheets in `oai.config.dir` (config/crosswalks/oai).

A stylesheet runs without network and without access to files. It is read once in the life of a process.
"""

from functools import cache
from pathlib import Path

from django.conf import settings
from lxml import etree

from common.xml import parse_xml

_NO_ACCESS = etree.XSLTAccessControl(  # type: ignore[call-arg]  # the stubs do not know its arguments
    read_file=False, write_file=False, create_dir=False, read_network=False, write_network=False
)


def render(prefix: str, document: str) -> str:
    """Return the record in the format `prefix` as text, to stand inside a `metadata` element.

    Raises lxml.etree.XSLTApplyError when the stylesheet fails, XMLRefused or OSError when it can't be read.
    """
    result = _stylesheet(prefix, _folder())(etree.fromstring(document))
    return etree.tostring(result, encoding="unicode")


def _folder() -> Path:
    return Path(settings.DSPACE.get("oai.config.dir") or settings.BASE_DIR / "config/crosswalks/oai")


@cache
def _stylesheet(prefix: str, folder: Path) -> etree.XSLT:
    return etree.XSLT(parse_xml(folder / "metadataFormats" / f"{prefix}.xsl"), access_control=_NO_ACCESS)
