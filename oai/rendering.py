"""XOAI documents to metadata formats, by the stylesheets of xoai.xml (docs/oai-configuration.md).

In: a format, perhaps the transformer of a context, an XOAI document. Out: the record. Called by the stores. Fails:
RenderingError, for this document and stylesheet only. A stylesheet is compiled once in the life of a thread: libxslt
would copy one that another thread has compiled, at each use.
"""

import hashlib
import threading
from collections import OrderedDict

from lxml import etree

from oai import stylesheets
from oai.configuration import Format, Transformer
from oai.stylesheets import Stylesheet

_KEPT = 64  # compiled stylesheets of a thread: all there are, and what they were before a few changes
_DIGITS = 12  # of the fingerprint in the name of a variant


class RenderingError(ValueError):
    """A stylesheet failed on a document, or made no record of it; the message names it."""


class _OfThread(threading.local):
    def __init__(self) -> None:
        self.compiled: OrderedDict[str, etree.XSLT] = OrderedDict()


_of_thread = _OfThread()


def render(wanted: Format, transformer: Transformer | None, document: str) -> str:
    """Return the record in a format as text, to stand inside a `metadata` element.

    The transformer works on the document first, the format's stylesheet on what it makes. Raises RenderingError.
    """
    source: etree._Element | etree._ElementTree = etree.fromstring(document.encode())
    if transformer is not None:
        source = _applied(transformer.stylesheet, source)
    root = _applied(wanted.stylesheet, source).getroot()
    if next(root.itersiblings(etree.Element), None) is not None:
        raise RenderingError(f"{wanted.stylesheet.path.name}: makes more than one element at the top")
    return etree.tostring(root, encoding="unicode", with_tail=False)


def variant(wanted: Format, transformer: Transformer | None) -> str:
    """Return the name under which what these two make is kept; another one as soon as a stylesheet changes."""
    if transformer is None:
        return f"{wanted.id}@{wanted.stylesheet.fingerprint[:_DIGITS]}"
    both = f"{transformer.stylesheet.fingerprint} {wanted.stylesheet.fingerprint}"
    digest = hashlib.blake2b(both.encode(), digest_size=_DIGITS // 2).hexdigest()
    return f"{wanted.id}+{transformer.id}@{digest}"


def _applied(stylesheet: Stylesheet, source: "etree._Element | etree._ElementTree") -> "etree._ElementTree":
    try:
        result = _compiled(stylesheet)(source)
    except etree.XSLTApplyError as error:
        raise RenderingError(_explained(stylesheet, error)) from error
    if result.getroot() is None:
        raise RenderingError(f"{stylesheet.path.name}: makes nothing of this document")
    return result


def _explained(stylesheet: Stylesheet, error: etree.XSLTApplyError) -> str:
    """Return what libxslt complains of, with the line where it says one."""
    entry = next((entry for entry in error.error_log if entry.line), None)
    where = f"{stylesheet.path.name}:{entry.line}" if entry else stylesheet.path.name
    return f"{where}: {' '.join(str(error).split())}"


def _compiled(stylesheet: Stylesheet) -> etree.XSLT:
    known = _of_thread.compiled
    if stylesheet.fingerprint not in known:
        known[stylesheet.fingerprint] = stylesheets.compiled(stylesheet)
        if len(known) > _KEPT:
            known.popitem(last=False)
    return known[stylesheet.fingerprint]
