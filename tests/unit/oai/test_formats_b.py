"""qdc, rdf, marc, etdms, uketd_dc and oai_openaire: golden files, schemas, and what harvesters rely on."""

import functools
import importlib.util
import tarfile
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from lxml import etree

from crosswalks.xoai import Access
from tests.shared import ROOT, SHARED, needs_shared
from tests.unit.oai import formats_items as items
from tests.unit.oai.formats_items import (
    ARTICLE,
    DATES,
    EMPTY,
    FUNDED,
    ITEMS,
    THESIS,
    UNTITLED,
    rendered,
    value,
    values,
)
from tests.unit.oai.test_formats import records

FORMATS = ["qdc", "rdf", "marc", "etdms", "uketd_dc", "oai_openaire"]
SCHEMAS = {
    "rdf": ["rdf/rdf.xsd"],
    "marc": ["marc/MARC21slim.xsd", "marc/1.2/MARC21slim.xsd"],
    "etdms": ["etdms/etdms.xsd"],
    "oai_openaire": ["openaire/4.0/openaire.xsd", "openaire/4.1/openaire.xsd"],
    "qdc": [],
    "uketd_dc": [],
}
NAMES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "m": "http://www.loc.gov/MARC21/slim",
    "e": "http://www.ndltd.org/standards/metadata/etdms/1.0/",
    "u": "http://naca.central.cranfield.ac.uk/ethos-oai/terms/",
    "o": "http://namespace.openaire.eu/schema/oaire/",
    "d": "http://datacite.org/schema/kernel-4",
}
SAMPLES = ("samples", "dspace9-oai.tar.xz")


def found(root, path):
    return root.xpath(path, namespaces=NAMES)


def of(form, metadata, transformer=None, **more):
    return rendered(form, replace(EMPTY, metadata=metadata, **more), transformer)


def every_format(test):
    return pytest.mark.parametrize("form", FORMATS)(test)


def every_item(test):
    return pytest.mark.parametrize("name", ITEMS)(test)


@functools.cache
def qualified_dublin_core():
    """The schema of qdc's root element, with DCMI's for what is in it."""
    spec = importlib.util.spec_from_file_location("load", SHARED / "xsd" / "load.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.schema(str(ROOT / "static/oai/qualifieddc.xsd"))


def assert_valid(form, root):
    """The record is valid; of uketd_dc, which has no schema here, what is of Dublin Core."""
    for path in SCHEMAS[form]:
        items.assert_valid(path, root)
    parts = [root] if form == "qdc" else root if form == "uketd_dc" else []
    for part in parts:
        if etree.QName(part).namespace != NAMES["u"]:
            qualified_dublin_core().assertValid(etree.fromstring(etree.tostring(part)))


@every_format
@every_item
def test_a_record_looks_as_its_golden_file(form, name):
    items.assert_golden(f"{form}/{name}.xml", rendered(form, ITEMS[name]))


@needs_shared("xsd")
@every_format
@every_item
def test_a_record_is_valid(form, name):
    assert_valid(form, rendered(form, ITEMS[name]))


@needs_shared("xsd")
@every_item
def test_a_record_for_openaire_is_valid_as_its_context_shows_it(name):
    assert_valid("oai_openaire", rendered("oai_openaire", ITEMS[name], "openaire4"))


@needs_shared("xsd")
@settings(max_examples=25, deadline=None)
@given(records)
def test_any_item_gives_valid_records(item):
    document = items.document(item)
    for form in FORMATS:
        assert_valid(form, rendered(form, document))
    assert_valid("oai_openaire", rendered("oai_openaire", document, "openaire4"))


@every_format
def test_who_did_what_to_the_item_is_never_shown(form):
    """The document has no such field; a stylesheet does not rely on it."""
    private = "Submitted by Nosy (nosy@example.org)"
    metadata = {"dc.description.provenance": [value(private), value(private, "en")]}
    assert private not in etree.tostring(of(form, metadata | ARTICLE.metadata), encoding="unicode")


@every_format
def test_authorities_and_blanks_are_no_values(form):
    """But an ORCID, which openaire has a place for."""
    metadata = {"dc.contributor.author": [value("A", authority="key-1", confidence=600)], "dc.subject": values("", " ")}
    root = of(form, metadata)
    made = etree.tostring(root, encoding="unicode")
    assert "key-1" not in made
    assert "600" not in made
    assert [e for e in root.iter("{*}subject") if not e.text.strip()] == []


@every_format
def test_astral_characters_stay(form):
    metadata = {"dc.title": values("\U0001f989"), "dc.contributor.author": values("\U0001d538")}
    made = etree.tostring(of(form, metadata), encoding="unicode")
    assert "\U0001f989" in made
    assert "\U0001d538" in made


# What DSpace itself makes of its own documents


@pytest.fixture(scope="module")
def dspace():
    """The responses of a DSpace 9 by their paths: request/qdc/item00.xml…"""
    with tarfile.open(SHARED.joinpath(*SAMPLES)) as archive:
        return {
            member.name.partition("/")[2]: archive.extractfile(member).read() for member in archive if member.isfile()
        }


def payload(response):
    (root,) = etree.fromstring(response).xpath("//*[local-name()='metadata' and not(@*)]/*[1]") or [None]
    return root


def contents(root):
    return [(element.tag, dict(element.attrib), element.text) for element in root.iter("{*}*") if not len(element)]


@needs_shared(*SAMPLES)
def test_uketd_dc_is_what_dspace_makes_of_the_same_documents(dspace):
    compared = 0
    for number in range(20):
        theirs = dspace[f"request/uketd_dc/item{number:02}.xml"]
        document = dspace_document(dspace, number)
        if b"uketddc" in theirs:
            root = etree.fromstring(theirs).find(".//{*}uketddc")
            assert contents(rendered("uketd_dc", document)) == contents(root)
            compared += 1
    assert compared == 4


@needs_shared("xsd")
@needs_shared(*SAMPLES)
@every_format
def test_records_made_of_dspaces_documents_are_valid(dspace, form):
    for number in range(20):
        assert_valid(form, rendered(form, dspace_document(dspace, number)))


def dspace_document(dspace, number):
    root = etree.fromstring(dspace[f"request/xoai/item{number:02}.xml"]).find(
        ".//{http://www.lyncode.com/xoai}metadata"
    )
    return etree.tostring(root, encoding="unicode")


# Qualified Dublin Core


def test_qualifiers_become_the_terms_of_dcmi():
    qdc = rendered("qdc", THESIS)
    assert found(qdc, "dcterms:alternative/text()") == ["Calls in the forest"]
    assert found(qdc, "dcterms:created/text()") == ["2018-03"]
    assert found(qdc, "dcterms:issued/text()") == ["2018-09"]
    assert found(qdc, "dcterms:spatial/text()") == ["Białowieża"]
    assert found(qdc, "dcterms:rightsHolder/text()") == ["Łukasik, Żaneta"]
    assert found(qdc, "dc:identifier/text()") == ["978-0-00-000000-2", "PPN 1234", "https://hdl.handle.net/10.9999/102"]
    assert found(qdc, "dc:creator/text()") == ["Łukasik, Żaneta"]
    assert found(qdc, "dc:subject/text()") == ["Rufe", "Wald", "Owls -- Vocalization"]


def test_the_schema_of_the_root_element_is_at_this_site():
    qdc = rendered("qdc", EMPTY)
    pairs = qdc.get("{http://www.w3.org/2001/XMLSchema-instance}schemaLocation").split()
    locations = dict(zip(pairs[::2], pairs[1::2], strict=True))
    assert locations[etree.QName(qdc).namespace] == "https://archive.example.org/static/oai/qualifieddc.xsd"


# RDF


def test_rdf_is_about_the_item_in_the_namespace_of_rdf():
    (publication,) = rendered("rdf", ARTICLE)
    assert publication.get(f"{{{NAMES['rdf']}}}about") == ARTICLE.identifier
    assert found(publication, "dc:creator/text()") == ["Marsh, Edith R.", "Ferreira, João"]
    assert found(publication, "dc:format/text()") == ["14 p.", "application/pdf"]


# MARC


@every_item
def test_a_leader_has_24_characters_and_fields_come_in_their_order(name):
    marc = rendered("marc", ITEMS[name])
    (leader,) = found(marc, "m:leader/text()")
    assert len(leader) == 24
    tags = found(marc, "m:datafield/@tag")
    assert tags == sorted(tags)
    assert tags.count("245") <= 1


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        *[("Article", "a"), ("Dataset", "m"), ("Software", "m"), ("Map", "e"), ("Video", "g"), ("Musical Score", "c")],
        *[("Recording, musical", "j"), ("Recording, oral", "i"), ("Image", "k"), ("Plan or blueprint", "k"), ("", "a")],
    ],
)
def test_the_leader_says_what_kind_of_thing_it_is(kind, code):
    assert found(of("marc", {"dc.type": values(kind)}), "m:leader/text()")[0][6] == code


def test_people_come_with_what_they_did():
    marc = rendered("marc", FUNDED)
    roles = found(marc, "m:datafield[@tag='720']/m:subfield[@code='e']/text()")
    assert (roles[0], roles[-2:]) == ("author", ["contributor", "illustrator"])


# Theses


def test_etdms_has_one_date_the_first_that_begins_with_a_year():
    dates = {
        ("2018-09-17T00:00:00Z",): "2018-09-17",
        ("spring", "2018-09"): "2018-09",
        ("2018",): "2018",
        ("20189", "2017-1"): "2017",
        ("2018-123",): "2018",
        ("ǀ2018", "-0044"): "1999",
        (): "1999",
    }
    for issued, shown in dates.items():
        metadata = {"dc.date.issued": values(*issued), "dc.date.created": values("c. 1900", "1999")}
        assert found(of("etdms", metadata), "e:date/text()") == [shown]
    assert found(rendered("etdms", EMPTY), "e:date/text()") == ["2024-05-06"]
    assert found(rendered("etdms", DATES), "e:date/text()") == ["1999-12-31"]


def test_what_etdms_must_have_and_the_item_has_not_is_said_to_be_unavailable():
    etdms = rendered("etdms", EMPTY)
    assert [(etree.QName(e).localname, e.text) for e in etdms] == [
        ("title", "(:unav)"),
        ("creator", "(:unav)"),
        ("subject", "(:unav)"),
        ("date", "2024-05-06"),
        ("type", "(:unav)"),
        ("identifier", EMPTY.identifier),
    ]
    assert found(rendered("etdms", UNTITLED), "e:creator/text()") == ["The Owl Society"]


def test_etdms_has_the_degree_and_the_advisors():
    etdms = rendered("etdms", THESIS)
    assert [e.text for e in found(etdms, "e:degree/*")] == [
        "Dr. rer. nat.",
        "Doctoral",
        "Biology",
        "Universität Musterstadt",
    ]
    assert found(etdms, "e:contributor[@role='advisor']/text()") == ["Prof. Dr. Grauvogel, Hanne", "Okafor, Chidi"]
    assert found(rendered("etdms", ARTICLE), "e:degree") == []
    assert found(of("etdms", {"thesis.name": values("MSc")}), "e:degree/e:name/text()") == ["MSc"]


@pytest.mark.parametrize(
    ("access", "shown"),
    [
        (Access("open.access"), []),
        (Access("restricted"), ["restricted"]),
        (Access("embargo", date(2031, 7, 1)), ["embargo", "2031-07-01"]),
    ],
)
def test_uketd_dc_says_for_whom_and_from_when(access, shown):
    assert found(of("uketd_dc", {}, access=access), "u:*/text()") == shown
