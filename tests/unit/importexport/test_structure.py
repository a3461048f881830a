"""structure-builder's format."""

from pathlib import Path

import pytest
from lxml import etree

from importexport.structure import StructureError, read_structure, write_structure

DOCUMENT = """<import_structure><community><name> Faculty </name><description>D</description><intro>&lt;p&gt;I</intro>
<copyright>©</copyright><sidebar>News</sidebar><community><name>Institute</name><collection><name>Theses</name>
<license>L</license><provenance>P</provenance></collection></community><collection><name>Papers</name></collection>
</community></import_structure>"""


def test_texts_go_to_the_fields_dspace_6_keeps_them_in(tmp_path: Path) -> None:
    (tmp_path / "in.xml").write_text(DOCUMENT)
    (faculty,) = read_structure(tmp_path / "in.xml")
    assert faculty.fields == {
        "dc.title": "Faculty",
        "dc.description.abstract": "D",
        "dc.description": "<p>I",
        "dc.rights": "©",
        "dc.description.tableofcontents": "News",
    }
    theses = faculty.communities[0].collections[0]
    assert theses.fields == {"dc.title": "Theses", "dc.rights.license": "L", "dc.provenance": "P"}
    assert [c.texts["name"] for c in faculty.collections] == ["Papers"]


def test_what_is_written_repeats_the_structure_with_handles(tmp_path: Path) -> None:
    (tmp_path / "in.xml").write_text(DOCUMENT)
    nodes = read_structure(tmp_path / "in.xml")
    nodes[0].handle = "123456789/1"
    root = etree.fromstring(write_structure(nodes))
    assert root.tag == "imported_structure"
    assert root.find("community").get("identifier") == "123456789/1"
    assert root.findtext("community/community/collection/license") == "L"
    assert [e.tag for e in root.find("community")] == [
        "name", "description", "intro", "copyright", "sidebar", "community", "collection",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("<import_structure/>", "no top-level community"),
        ("<other/>", "not import_structure"),
        ("<import_structure><community/></import_structure>", "community 1 has not exactly one name"),
        (DOCUMENT.replace("<name>Theses</name>", ""), r"collection 1\.1\.1 has not exactly one name"),
        (DOCUMENT.replace("<name>Papers</name>", "<name>A</name><name>B</name>"), r"collection 1\.1 has not"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><import_structure/>', "DOCTYPE"),
        ("<import_structure>", "in.xml"),
    ],
)
def test_a_bad_structure_says_why(tmp_path: Path, document: str, reason: str) -> None:
    (tmp_path / "in.xml").write_text(document)
    with pytest.raises(StructureError, match=reason):
        read_structure(tmp_path / "in.xml")
