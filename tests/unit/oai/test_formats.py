"""The XOAI document and oai_dc: golden files, and the official schemas."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree

from crosswalks import xoai
from oai.rendering import render
from tests.shared import SHARED, needs_shared

GOLDEN = Path(__file__).parent / "golden"
REPOSITORY = xoai.RepositoryInfo("Archive of Examples", "https://archive.example.org", "admin@example.org")
DC = "{http://purl.org/dc/elements/1.1/}"


def value(text, language=None, **more):
    return {"value": text} | ({"language": language} if language else {}) | more


RICH = xoai.ItemRecord(
    handle="10.9999/42",
    identifier="oai:archive.example.org:10.9999/42",
    last_modified=datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC),
    metadata={
        "dc.title": [value("Owls & their <nests>", "en"), value("Eulen", "de"), value("More on owls", "en")],
        "dc.title.alternative": [value("Strigiformes")],
        "dc.creator": [value("The Owl Society")],
        "dc.contributor": [value("A friend of owls")],
        "dc.contributor.author": [
            value("Ørsted, Åse", authority="0000-0001", confidence=600),
            value("森, 鷗外", authority="0000-0002", confidence=-1),
        ],
        "dc.contributor.editor": [value("Uhu, Ada")],
        "dc.subject": [value("owls")],
        "dc.subject.ddc": [value("598.97")],
        "dc.description": [value("A note.")],
        "dc.description.abstract": [value("Lines\nand\ttabs, astral \U0001f989 and \x0bcontrol\ufffe ones.", "en_US")],
        "dc.date.accessioned": [value("2024-05-06T07:08:09Z")],
        "dc.date.issued": [value("2024-05")],
        "dc.type": [value("Article")],
        "dc.identifier.uri": [value("https://hdl.handle.net/10.9999/42")],
        "dc.language.iso": [value("en")],
        "dc.relation.ispartofseries": [value("Owl Papers;7")],
        "dc.rights": [value("CC BY 4.0")],
        "dc.rights.uri": [value("https://creativecommons.org/licenses/by/4.0/")],
        "dc.format.extent": [value("12 p.")],
        "dc.coverage.spatial": [value("Tübingen")],
        "dc.publisher": [value("Nest Press")],
        "dc.source": [value("Field notes")],
        "dcterms.license": [value("not Dublin Core 1.1")],
        "local.note": [value("internal vocabulary")],
    },
    bundles=[
        xoai.Bundle(
            "ORIGINAL",
            [
                xoai.File(
                    "owls & nests.pdf",
                    "/home/owls.pdf",
                    "Accepted version",
                    "application/pdf",
                    1234,
                    "https://archive.example.org/bitstream/10.9999/42/1/owls%20%26%20nests.pdf",
                    "0123456789abcdef0123456789abcdef",
                    "MD5",
                    1,
                ),
                xoai.File("more.pdf", "", "", "application/pdf", 1, "https://archive.example.org/2", "00", "MD5", 2),
                xoai.File("data.csv", "", "", "text/csv", 1, "https://archive.example.org/3", "00", "MD5", None),
            ],
        ),
        xoai.Bundle("TEXT", [xoai.File("owls.txt", "", "", "text/plain", 9, "https://x.example/4", "00", "MD5", 4)]),
    ],
)
BARE = xoai.ItemRecord("10.9999/1", "oai:archive.example.org:10.9999/1", {}, datetime(2024, 1, 1, tzinfo=UTC))


def document(record):
    return xoai.document(record, REPOSITORY, xoai.elements(record))


def pretty(text):
    root = etree.fromstring(text)
    etree.indent(root)
    return etree.tostring(root, encoding="unicode") + "\n"


def schema(path):
    import importlib.util

    spec = importlib.util.spec_from_file_location("load", SHARED / "xsd" / "load.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.schema(path)


@pytest.mark.parametrize(("name", "record"), [("rich", RICH), ("bare", BARE)])
@pytest.mark.parametrize("form", ["xoai", "oai_dc"])
def test_a_record_looks_as_its_golden_file(name, record, form):
    made = document(record) if form == "xoai" else render(form, document(record))
    assert pretty(made) == (GOLDEN / f"{name}.{form}.xml").read_text(encoding="utf-8")


@needs_shared("xsd")
@pytest.mark.parametrize("record", [RICH, BARE])
def test_both_forms_are_valid(record):
    schema("xoai/xoai.xsd").assertValid(etree.fromstring(document(record)))
    schema("oai/oai_dc.xsd").assertValid(etree.fromstring(render("oai_dc", document(record))))


def test_the_order_of_fields_does_not_matter_and_that_of_values_does():
    turned = replace(RICH, metadata=dict(reversed(RICH.metadata.items())))
    assert xoai.elements(turned) == xoai.elements(RICH)
    titles = list(reversed(RICH.metadata["dc.title"]))
    assert xoai.elements(replace(RICH, metadata=RICH.metadata | {"dc.title": titles})) != xoai.elements(RICH)


def test_when_it_was_last_modified_is_no_change_of_the_item():
    later = replace(RICH, last_modified=datetime(2025, 1, 1, tzinfo=UTC))
    assert xoai.elements(later) == xoai.elements(RICH)
    assert document(later) != document(RICH)


def test_authors_are_creators_and_others_contributors():
    root = etree.fromstring(render("oai_dc", document(RICH)))
    assert [e.text for e in root.iter(f"{DC}creator")] == ["The Owl Society", "Ørsted, Åse", "森, 鷗外"]
    assert [e.text for e in root.iter(f"{DC}contributor")] == ["A friend of owls", "Uhu, Ada"]


def test_the_media_types_of_the_items_own_files_are_given_once():
    root = etree.fromstring(render("oai_dc", document(RICH)))
    assert [e.text for e in root.iter(f"{DC}format")] == ["12 p.", "application/pdf", "text/csv"]


def test_a_stylesheet_reads_no_files(tmp_path, settings):
    folder = tmp_path / "metadataFormats"
    folder.mkdir()
    (tmp_path / "secret.xml").write_text("<secret/>")
    (folder / "oai_dc.xsl").write_text(
        '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">'
        f"<xsl:template match='/'><xsl:copy-of select=\"document('{tmp_path / 'secret.xml'}')\"/></xsl:template>"
        "</xsl:stylesheet>"
    )
    settings.DSPACE = Folder(tmp_path)
    with pytest.raises(etree.XSLTApplyError):
        render("oai_dc", document(BARE))


class Folder:
    def __init__(self, path):
        self.path = path

    def get(self, key, default=None):
        return str(self.path) if key == "oai.config.dir" else default
