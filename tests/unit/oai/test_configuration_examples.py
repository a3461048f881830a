"""What an administrator does in the folder of the configuration: each example of DSpace's documentation, over HTTP."""

from urllib.parse import urlencode

import pytest
from lxml import etree

from identifiers.services import handle_of
from oai import identity
from oai.store import following
from repository.authorize import SYSTEM
from repository.services.registries import FieldEntry, load_fields
from tests import factories as make
from tests.unit.oai.conftest import DC, OAI, look_again
from tests.unit.oai.test_configuration_mistakes import replace

pytestmark = pytest.mark.django_db

NAMESPACES = {"o": "http://www.openarchives.org/OAI/2.0/"}


@pytest.fixture
def ask(client, publish):
    """Ask a context as a harvester does; what was changed in the folder counts."""

    def ask(context, verb, **arguments):
        look_again()
        following.follow_configuration()
        publish()
        response = client.get(f"/oai/{context}?{urlencode({'verb': verb, **arguments})}")
        assert response.status_code == 200
        return etree.fromstring(response.content)

    return ask


@pytest.fixture
def handle(publish):
    """An item with notes of a librarian."""
    load_fields(acting_user=SYSTEM, schemas={}, fields=[FieldEntry("local", "note", "librarian")])
    item = make.item(metadata=make.md(dc_title="On owls", local_note_librarian=["Shelf 7", "Fragile"]))
    return handle_of(item.pk)


def prefixes(root):
    return [element.text for element in root.iter(f"{OAI}metadataPrefix")]


def errors(root):
    return [element.get("code") for element in root.iter(f"{OAI}error")]


def record(ask, context, prefix, handle):
    return ask(context, "GetRecord", metadataPrefix=prefix, identifier=identity.identifier(handle))


def test_a_format_is_removed_from_a_context(own_folder, ask, handle):
    before = prefixes(ask("request", "ListMetadataFormats"))
    assert errors(record(ask, "request", "xoai", handle)) == []
    replace(own_folder / "xoai.xml", '<Format ref="xoai"/>', "")
    assert prefixes(ask("request", "ListMetadataFormats")) == [name for name in before if name != "xoai"]
    assert errors(record(ask, "request", "xoai", handle)) == ["cannotDisseminateFormat"]
    assert errors(ask("request", "ListRecords", metadataPrefix="xoai")) == ["cannotDisseminateFormat"]


def test_a_format_is_added_by_a_new_stylesheet(own_folder, ask, handle):
    (own_folder / "metadataFormats" / "titles.xsl").write_text(
        """
        <xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
            xmlns:doc="http://www.lyncode.com/xoai" exclude-result-prefixes="doc">
          <xsl:template match="/">
            <titles xmlns="http://example.org/titles">
              <xsl:for-each select="doc:metadata/doc:element[@name='dc']/doc:element[@name='title']
                  /doc:element/doc:field[@name='value']">
                <title><xsl:value-of select="."/></title>
              </xsl:for-each>
            </titles>
          </xsl:template>
        </xsl:stylesheet>
        """
    )
    replace(
        own_folder / "xoai.xml",
        "<Formats>",
        """
        <Formats>
          <Format id="titles">
            <Prefix>titles</Prefix>
            <XSLT>metadataFormats/titles.xsl</XSLT>
            <Namespace>http://example.org/titles</Namespace>
            <SchemaLocation>http://example.org/titles.xsd</SchemaLocation>
          </Format>
        """,
    )
    replace(own_folder / "xoai.xml", '<Format ref="oaidc"/>', '<Format ref="oaidc"/><Format ref="titles"/>')
    listed = ask("request", "ListMetadataFormats").xpath(
        "//o:metadataFormat[o:metadataPrefix = 'titles']/*/text()", namespaces=NAMESPACES
    )
    assert listed == ["titles", "http://example.org/titles.xsd", "http://example.org/titles"]
    for root in (record(ask, "request", "titles", handle), ask("request", "ListRecords", metadataPrefix="titles")):
        assert [e.text for e in root.iter("{http://example.org/titles}title")] == ["On owls"]
    assert "titles" not in prefixes(ask("driver", "ListMetadataFormats")), "a format stands only where it is named"


# The field stands under its name like every other: an element, then the language, then fields named `value`.
RIGHT = """doc:metadata/doc:element[@name='local']/doc:element[@name='note']
    /doc:element[@name='librarian']/*/doc:field[@name='value']"""
AS_DOCUMENTED = """doc:metadata/doc:element[@name='local']/doc:element[@name='note']
    /doc:element/doc:element/doc:field[@name='librarian']"""


@pytest.mark.parametrize(("path", "notes"), [(RIGHT, ["Shelf 7", "Fragile"]), (AS_DOCUMENTED, [])])
def test_a_field_is_added_to_a_format(own_folder, ask, handle, path, notes):
    assert list(record(ask, "request", "oai_dc", handle).iter(f"{DC}note")) == []
    line = f'<xsl:for-each select="{path}"><dc:note><xsl:value-of select="."/></dc:note></xsl:for-each>'
    replace(own_folder / "metadataFormats" / "oai_dc.xsl", "</oai_dc:dc>", f"{line}</oai_dc:dc>")
    for root in (record(ask, "request", "oai_dc", handle), ask("request", "ListRecords", metadataPrefix="oai_dc")):
        assert [e.text for e in root.iter(f"{DC}note")] == notes


def test_a_second_context_has_another_format_of_the_same_prefix(own_folder, ask, handle):
    stylesheet = (own_folder / "metadataFormats" / "oai_dc.xsl").read_text()
    line = f'<xsl:for-each select="{RIGHT}"><dc:note><xsl:value-of select="."/></dc:note></xsl:for-each>'
    changed = stylesheet.replace("</oai_dc:dc>", f"{line}</oai_dc:dc>")
    (own_folder / "metadataFormats" / "oai_dc_local.xsl").write_text(changed)
    replace(
        own_folder / "xoai.xml",
        "<Formats>",
        """
        <Formats>
          <Format id="oaidclocal">
            <Prefix>oai_dc</Prefix>
            <XSLT>metadataFormats/oai_dc_local.xsl</XSLT>
            <Namespace>http://www.openarchives.org/OAI/2.0/oai_dc/</Namespace>
            <SchemaLocation>http://www.openarchives.org/OAI/2.0/oai_dc.xsd</SchemaLocation>
          </Format>
        """,
    )
    replace(
        own_folder / "xoai.xml",
        "</Contexts>",
        '<Context baseurl="library"><Format ref="oaidclocal"/></Context></Contexts>',
    )
    assert prefixes(ask("library", "ListMetadataFormats")) == ["oai_dc"]
    assert ask("library", "Identify").findtext(f".//{OAI}baseURL").endswith("/oai/library")
    notes = {
        context: [e.text for e in record(ask, context, "oai_dc", handle).iter(f"{DC}note")]
        for context in ("request", "library")
    }
    assert notes == {"request": [], "library": ["Shelf 7", "Fragile"]}


def test_a_set_with_a_filter_is_added_to_a_context(own_folder, ask, publish):
    theses, others = (make.item(metadata=make.md(dc_title="T", dc_type=kind)) for kind in ("Thesis", "Image"))
    replace(own_folder / "xoai.xml", '<Format ref="oaidc"/>', '<Set ref="theses"/><Format ref="oaidc"/>')
    one = '<Sets><Set id="theses"><Spec>theses</Spec><Name>All theses</Name><Filter ref="thesisFilter"/></Set>'
    replace(own_folder / "xoai.xml", "<Sets>", one)
    listed = ask("request", "ListIdentifiers", metadataPrefix="oai_dc", set="theses")
    assert [e.text for e in listed.iter(f"{OAI}identifier")] == [identity.identifier(handle_of(theses.pk))]
    header = record(ask, "request", "oai_dc", handle_of(theses.pk)).find(f".//{OAI}header")
    assert "theses" in [e.text for e in header.iter(f"{OAI}setSpec")]
    header = record(ask, "request", "oai_dc", handle_of(others.pk)).find(f".//{OAI}header")
    assert "theses" not in [e.text for e in header.iter(f"{OAI}setSpec")]
    names = ask("request", "ListSets").xpath("//o:set[o:setSpec = 'theses']/o:setName/text()", namespaces=NAMESPACES)
    assert names == ["All theses"]


def test_a_size_of_pages_counts_at_once(own_folder, ask):
    home = make.collection()
    for n in range(3):
        make.item(f"Item {n}", within=home)
    assert len(list(ask("request", "ListRecords", metadataPrefix="oai_dc").iter(f"{OAI}record"))) == 3
    replace(own_folder / "xoai.xml", 'maxListRecordsSize="100"', 'maxListRecordsSize="2"')
    assert len(list(ask("request", "ListRecords", metadataPrefix="oai_dc").iter(f"{OAI}record"))) == 2
    assert len(list(ask("request", "ListIdentifiers", metadataPrefix="oai_dc").iter(f"{OAI}header"))) == 3
