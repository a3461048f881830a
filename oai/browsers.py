"""What browsers get besides XML: the files of the stylesheet, and pages made by the server.

The stylesheet that xoai.xml names (`static/style.xsl`) is found below /oai/: the site's own in the folder `static` of
`oai.config.dir`, else ours in static/oai.
"""

import logging
import mimetypes
import re
import threading
from pathlib import Path

from django.conf import settings
from lxml import etree

from common import stylesheets
from oai import running

log = logging.getLogger(__name__)

FOLDER = "static/"
_NAME = re.compile(r"(?:[\w-][\w.-]{0,99}/){0,5}[\w-][\w.-]{0,99}", re.ASCII)  # no part begins with a dot
_TYPES = {".xsl": "application/xslt+xml", ".xslt": "application/xslt+xml"}


class _OfThread(threading.local):
    def __init__(self) -> None:
        self.compiled: tuple[str, etree.XSLT] | None = None


_of_thread = _OfThread()


def find(name: str) -> Path | None:
    """Return the file that a name below /oai/static/ stands for, None where there is none."""
    if not _NAME.fullmatch(name):
        return None
    folders = (running.folder() / "static", settings.BASE_DIR / "static" / "oai")
    return next((path for folder in folders if (path := folder / name).is_file()), None)


def content_type(path: Path) -> str:
    """Return the media type of a file; browsers take a stylesheet only as XML."""
    return _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def page(response: bytes) -> bytes | None:
    """Return a response as the page in UTF-8 that its stylesheet makes of it; None where there is no page to be had.

    The stylesheet is the one browsers are told of, so that both ways give the same. One that lies elsewhere on the web
    is not fetched.
    """
    name = running.current().stylesheet
    path = find(name.removeprefix(FOLDER)) if name.startswith(FOLDER) else None
    if path is None:
        return None
    try:
        return bytes(_compiled(path)(etree.fromstring(response, etree.XMLParser(huge_tree=True))))
    except (stylesheets.StylesheetError, etree.XSLTApplyError, OSError):
        log.exception("%s makes no page", path)
        return None


def _compiled(path: Path) -> etree.XSLT:
    """Return the stylesheet ready for use, as it is now on disk."""
    stylesheet = stylesheets.read(path, path.parent)
    known = _of_thread.compiled
    if known is None or known[0] != stylesheet.fingerprint:
        known = _of_thread.compiled = (stylesheet.fingerprint, stylesheets.compiled(stylesheet))
    return known[1]
