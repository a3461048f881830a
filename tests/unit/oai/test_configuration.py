"""xoai.xml: what comes with the repository, and how DSpace's spellings of it are read."""

import pytest

from oai import configuration, running
from oai.conditions import Facts

TWELVE = ["oai_dc", "didl", "dim", "etdms", "mets", "mods", "ore", "qdc", "rdf", "marc", "uketd_dc", "xoai"]
STYLESHEET = (
    '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">'
    '<xsl:template match="/"><simple/></xsl:template></xsl:stylesheet>'
)
FORMAT = """
  <Formats><Format id="simple"><Prefix>simple</Prefix><XSLT>simple.xsl</XSLT><Namespace>urn:simple</Namespace>
    <SchemaLocation>http://example.org/simple.xsd</SchemaLocation>{more}</Format></Formats>
"""


def load(folder, inside, attributes="", more=""):
    """Return the configuration of a file with these contexts and other sections."""
    (folder / "simple.xsl").write_text(STYLESHEET)
    (folder / "xoai.xml").write_text(
        f'<Configuration xmlns="http://www.lyncode.com/XOAIConfiguration" {attributes}>'
        f"{inside}{FORMAT.format(more=more)}</Configuration>"
    )
    return configuration.load(folder)


ONE_CONTEXT = '<Contexts><Context baseurl="request"><Format ref="simple"/></Context></Contexts>'


def item(**fields):
    return Facts({name.replace("__", "."): [value] for name, value in fields.items()}, True, False, False, False)


def test_contexts_and_formats_are_those_of_dspace_and_openaire_4():
    contexts = configuration.load(running.folder()).contexts
    offered = {name: [f.prefix for f in context.formats] for name, context in contexts.items()}
    assert offered == {
        "request": TWELVE,
        "driver": ["oai_dc", "didl", "mets"],
        "openaire": ["oai_dc", "mets"],
        "openaire4": ["oai_openaire"],
    }
    sets = {name: [s.spec for s in context.sets] for name, context in contexts.items() if context.sets}
    assert sets == {"driver": ["driver"], "openaire": ["ec_fundedresources", "openaire"]}
    transformers = {name: context.transformer and context.transformer.id for name, context in contexts.items()}
    assert transformers == {
        "request": None,
        "driver": "driverTransformer",
        "openaire": "openaireTransformer",
        "openaire4": "openaire4Transformer",
    }


@pytest.mark.parametrize(
    ("prefix", "namespace", "schema"),
    [
        ("oai_dc", "http://www.openarchives.org/OAI/2.0/oai_dc/", "http://www.openarchives.org/OAI/2.0/oai_dc.xsd"),
        ("mods", "http://www.loc.gov/mods/v3", "http://www.loc.gov/standards/mods/v3/mods-3-1.xsd"),
        ("ore", "http://www.w3.org/2005/Atom", "http://tweety.lanl.gov/public/schemas/2008-06/atom-tron.sch"),
        ("qdc", "http://purl.org/dc/terms/", "http://dublincore.org/schemas/xmls/qdc/2006/01/06/dcterms.xsd"),
        ("rdf", "http://www.openarchives.org/OAI/2.0/rdf/", "http://www.openarchives.org/OAI/2.0/rdf.xsd"),
        ("xoai", "http://www.lyncode.com/xoai", "http://www.lyncode.com/schemas/xoai.xsd"),
    ],
)
def test_a_format_has_the_namespace_and_schema_that_harvesters_of_dspace_know(prefix, namespace, schema):
    offered = configuration.load(running.folder()).contexts["request"].formats
    found = next(f for f in offered if f.prefix == prefix)
    assert (found.namespace, found.schema) == (namespace, schema)


def test_attributes_have_the_defaults_of_dspace(tmp_path):
    found = load(tmp_path, ONE_CONTEXT)
    sizes = (found.max_identifiers, found.max_records, found.max_sets)
    assert (found.indented, sizes, found.stylesheet) == (False, (100, 100, 100), "static/style.xsl")


@pytest.mark.parametrize("name", ["indented", "identation", "indentation"])
@pytest.mark.parametrize(("value", "indented"), [("true", True), ("false", False), ("1", True), ("0", False)])
def test_indented_has_three_spellings(tmp_path, name, value, indented):
    assert load(tmp_path, ONE_CONTEXT, f'{name}="{value}"').indented is indented


def test_attributes_are_read(tmp_path):
    sizes = 'maxListIdentifiersSize="7" maxListRecordsSize="8" maxListSetsSize="9" stylesheet="static/mine.xsl"'
    found = load(tmp_path, ONE_CONTEXT, sizes)
    assert (found.max_identifiers, found.max_records, found.max_sets) == (7, 8, 9)
    assert found.stylesheet == "static/mine.xsl"


def test_the_file_of_dspace_4_is_read(tmp_path):
    found = load(
        tmp_path,
        """
        <Contexts><Context baseurl="request">
          <Filter refid="titled"/><Filter refid="thesis"/><Set refid="theses"/><Format refid="simple"/>
        </Context></Contexts>
        <Filters>
          <Filter id="titled"><Class>org.dspace.xoai.filter.DSpaceMetadataExistsFilter</Class>
            <Parameter key="fields"><Value>dc.title</Value></Parameter></Filter>
          <Filter id="thesis"><Class>org.dspace.xoai.filter.DSpaceAtLeastOneMetadataFilter</Class>
            <Parameter key="field"><Value>dc.type</Value></Parameter>
            <Parameter key="operator"><Value>contains</Value></Parameter>
            <Parameter key="value"><Value>Thesis</Value><Value>Dissertation</Value></Parameter></Filter>
        </Filters>
        <Sets><Set id="theses"><Pattern>theses</Pattern><Name>Theses</Name></Set></Sets>
        """,
    )
    context = found.contexts["request"]
    assert [(s.spec, s.name) for s in context.sets] == [("theses", "Theses")]
    assert context.filter.shows(item(dc__title="Owls", dc__type="Dissertation"))
    assert not context.filter.shows(item(dc__type="Thesis"))
    assert not context.filter.shows(item(dc__title="Owls"))


def test_the_file_of_dspace_6_is_read(tmp_path):
    found = load(
        tmp_path,
        """
        <Contexts><Context baseurl="request" name="All">
          <Filter ref="default"/><Set ref="new"/><Format ref="simple"/><Description> All of it. </Description>
        </Context></Contexts>
        <Filters>
          <Filter id="default"><Definition><Or>
            <LeftCondition><Not><Condition><Custom ref="typed"/></Condition></Not></LeftCondition>
            <RightCondition><And>
              <LeftCondition><Custom ref="public"/></LeftCondition>
              <RightCondition><Custom ref="book"/></RightCondition>
            </And></RightCondition>
          </Or></Definition></Filter>
          <Filter id="since"><Definition><Custom ref="since2020"/></Definition></Filter>
          <CustomCondition id="public"><Class>org.dspace.xoai.filter.DSpaceAuthorizationFilter</Class></CustomCondition>
          <CustomCondition id="typed"><Class>org.dspace.xoai.filter.DSpaceMetadataExistsFilter</Class>
            <Configuration><list name="fields"><string>dc.type</string></list></Configuration></CustomCondition>
          <CustomCondition id="book"><Class>org.dspace.xoai.filter.DSpaceAtLeastOneMetadataFilter</Class>
            <Configuration><string name="field">dc.type</string><string name="operator">equal</string>
              <list name="values"><string>Book</string><string>book</string></list></Configuration></CustomCondition>
          <CustomCondition id="since2020"><Class>org.dspace.xoai.filter.DSpaceAtLeastOneMetadataFilter</Class>
            <Configuration><string name="field">dc.date.issued</string>
              <string name="operator">greater_or_equal</string><int name="value">2020</int></Configuration>
          </CustomCondition>
        </Filters>
        <Sets><Set id="new"><Spec>new:2020</Spec><Name>New</Name><Filter ref="since"/></Set></Sets>
        """,
    )
    context = found.contexts["request"]
    assert context.description == "All of it."
    assert context.filter.shows(item())
    assert context.filter.shows(item(dc__type="book"))
    assert not context.filter.shows(item(dc__type="image"))
    (new,) = context.sets
    assert new.spec == "new:2020"
    assert new.filter.shows(item(dc__date__issued="2021-05"))
    assert not new.filter.shows(item(dc__date__issued="2019"))


def test_a_schema_may_be_written_with_its_namespace_as_in_schema_locations(tmp_path):
    found = load(tmp_path, ONE_CONTEXT).contexts["request"].formats[0]
    assert found.schema == "http://example.org/simple.xsd"
    text = (tmp_path / "xoai.xml").read_text()
    (tmp_path / "xoai.xml").write_text(text.replace("http://example.org/", "urn:simple\n http://example.org/"))
    assert configuration.load(tmp_path).contexts["request"].formats[0].schema == "http://example.org/simple.xsd"


class WrittenBy:
    """A condition as an institution may write one: items of certain authors."""

    def __init__(self, parameters):
        self.authors = {author["name"] for author in parameters["authors"]}

    def shows(self, facts):
        return not self.authors.isdisjoint(facts.values("dc.contributor.author"))


def test_a_condition_of_ones_own_is_a_class_called_with_its_configuration(tmp_path):
    found = load(
        tmp_path,
        f"""
        {ONE_CONTEXT}
        <Filters><Filter id="own"><Definition><Custom ref="owls"/></Definition></Filter>
          <Custom id="owls"><Class>{__name__}.WrittenBy</Class><Configuration><list name="authors">
            <map><string name="name">Uhu, Ada</string></map></list></Configuration></Custom></Filters>
        """,
        more='<Filter ref="own"/>',
    )
    shows = found.contexts["request"].formats[0].filter.shows
    assert shows(item(dc__contributor__author="Uhu, Ada"))
    assert not shows(item(dc__contributor__author="Kauz, Otto"))


def test_the_fingerprint_follows_what_decides_and_not_comments(own_folder):
    before = configuration.load(own_folder).fingerprint
    path = own_folder / "xoai.xml"
    path.write_text(path.read_text().replace("<Contexts>", "<!-- ours --><Contexts>"))
    assert configuration.load(own_folder).fingerprint == before
    path.write_text(path.read_text().replace(">Thesis<", ">Dissertation<"))
    assert configuration.load(own_folder).fingerprint != before
