"""XOAI documents to metadata formats, by the stylesheets of xoai.xml (docs/oai-configuration.md).

In: a format, perhaps the transformer of a context, an XOAI document. Out: the record. Called by the stores. Fails:
RenderingError, for this document and stylesheet only.
"""

import hashlib

from lxml import etree

from common import stylesheets
from common.stylesheets import Stylesheet
from oai.configuration import Format, Transformer

_DIGITS = 12  # of the fingerprint in the name of a variant


class RenderingError(ValueError):
    """A stylesheet failed on a document, or made no record of it; the message names it."""


class NothingMade(RenderingError):
    """A stylesheet made no record of a document: it may mean that there is none."""


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
        result = stylesheets.of_thread(stylesheet)(source)
    except etree.XSLTApplyError as error:
        raise RenderingError(_explained(stylesheet, error)) from error
    if result.getroot() is None:
        raise NothingMade(f"{stylesheet.path.name}: makes nothing of this document")
    return result


def _explained(stylesheet: Stylesheet, error: etree.XSLTApplyError) -> str:
    """Return what libxslt complains of, with the line where it says one, perhaps of an included stylesheet."""
    entry = next((entry for entry in error.error_log if entry.line), None)
    where = stylesheet.path.name
    if entry:
        path = next((path for path in stylesheet.sources if path.as_uri() == entry.filename), stylesheet.path)
        where = f"{path.name}:{entry.line}"
    return f"{where}: {' '.join(str(error).split())}"
