"""Items for the tests of the DataCite document, and what is made of them."""

import functools

from lxml import etree

from crosswalks import datacite
from crosswalks.xoai import File
from identifiers.connectors.port import with_doi
from tests.shared import ROOT, SHARED

STYLESHEET = ROOT / "config/crosswalks/DIM2DataCite.xsl"
DOI = "10.12345/repo-1"
PUBLISHER = {"publisher": "Example University"}
N = {"d": datacite.NAMESPACE}
COMPLETE = {
    "dc.title": ["Waves"],
    "dc.contributor.author": ["Doe, Jane"],
    "dc.date.issued": ["2024-05"],
    "dc.type": ["Article"],
}


def values(*texts, **more):
    return [{"value": text, **more} for text in texts]


def record(metadata=(), files=(), **changes):
    held = COMPLETE | dict(metadata) | {name.replace("_", "."): values(text) for name, text in changes.items()}
    held = {name: values(*texts) if texts and isinstance(texts[0], str) else texts for name, texts in held.items()}
    return datacite.Record("item 123456789/5", "123456789/5", held, files)


def made(item, parameters=PUBLISHER):
    result = datacite.disseminate(item, datacite.load(STYLESHEET), parameters)
    assert not result.problems
    return etree.fromstring(result.document)


def problems(item, parameters=PUBLISHER):
    result = datacite.disseminate(item, datacite.load(STYLESHEET), parameters)
    assert (result.document is None) == bool(result.problems)
    return result.problems


def texts(root, path):
    return [element.text for element in root.findall(path, N)]


def attributes(root, path):
    return [(dict(element.attrib), element.text) for element in root.findall(path, N)]


def file(mime_type="application/pdf", size=1234):
    return File("a", "", "", mime_type, size, "https://example.org/a", "0", "MD5", 1)


@functools.cache
def schema(kernel="4.6"):
    return etree.XMLSchema(etree.parse(SHARED / f"xsd/datacite/kernel-{kernel}/metadata.xsd"))


def assert_valid(document, kernel="4.6"):
    schema(kernel).assertValid(etree.fromstring(with_doi(document, DOI)))
