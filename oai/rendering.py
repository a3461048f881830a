"""XOAI documents to metadata formats, by the stylesheets in `oai.config.dir` (config/crosswalks/oai).

A stylesheet runs without network and without access to files. It is read once in the life of a thread: libxslt would
copy one that another thread has read, at each use.
"""

import threading
from pathlib import Path

from django.conf import settings
from lxml import etree

from common.xml import parse_xml

_NO_ACCESS = etree.XSLTAccessControl(  # type: ignore[call-arg]  # the stubs do not know its arguments
    read_file=False, write_file=False, create_dir=False, read_network=False, write_network=False
)


class _OfThread(threading.local):
    def __init__(self) -> None:
        self.stylesheets: dict[tuple[str, str], etree.XSLT] = {}


_of_thread = _OfThread()


def render(prefix: str, document: str) -> str:
    """Return the record in the format `prefix` as text, to stand inside a `metadata` element.

    Raises lxml.etree.XSLTApplyError when the stylesheet fails, XMLRefused or OSError when it can't be read.
    """
    result = _stylesheet(prefix)(etree.fromstring(document.encode()))
    return etree.tostring(result, encoding="unicode")


def _stylesheet(prefix: str) -> etree.XSLT:
    folder = settings.DSPACE.get("oai.config.dir") or settings.BASE_DIR / "config/crosswalks/oai"
    stylesheets = _of_thread.stylesheets
    key = (prefix, str(folder))
    if key not in stylesheets:
        source = parse_xml(Path(folder) / "metadataFormats" / f"{prefix}.xsl")
        stylesheets[key] = etree.XSLT(source, access_control=_NO_ACCESS)
    return stylesheets[key]
