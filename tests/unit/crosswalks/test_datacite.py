"""The DataCite document of an item: golden files, the official schema, and whatever hypothesis makes of an item.

`DSPACE_GOLDEN=write` makes the golden files anew: read the difference before you commit it.
"""

import functools
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree

from crosswalks import datacite, dim
from crosswalks.xoai import File
from identifiers.connectors.port import with_doi
from tests.shared import ROOT, SHARED, needs_shared
from tests.unit.oai.formats_items import ITEMS, rendered

GOLDEN = Path(__file__).parent / "golden"
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


# Golden files: the ten items that every metadata format is tried with.


@pytest.mark.parametrize("name", ITEMS)
def test_the_document_or_what_it_lacks_is_as_it_was(name):
    item = ITEMS[name]
    files = [file for bundle in item.bundles if bundle.name == "ORIGINAL" for file in bundle.files]
    told = datacite.Record(f"item {item.handle}", item.handle, item.metadata, files)
    result = datacite.disseminate(told, datacite.load(STYLESHEET), PUBLISHER)
    text = "\n".join(result.problems) + "\n"
    if result.document:
        root = etree.fromstring(result.document)
        etree.indent(root)
        text = etree.tostring(root, encoding="unicode") + "\n"
    golden = GOLDEN / f"datacite-{name}.{'xml' if result.document else 'txt'}"
    if os.environ.get("DSPACE_GOLDEN") == "write":
        GOLDEN.mkdir(exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


@needs_shared("xsd", "datacite")
@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.xml")), ids=lambda path: path.stem)
@pytest.mark.parametrize("kernel", ["4.6", "4.7"])
def test_golden_documents_are_valid(path, kernel):
    assert_valid(path.read_text(encoding="utf-8"), kernel)


def test_the_dim_document_says_what_oai_says():
    for item in ITEMS.values():
        ours = etree.fromstring(dim.document(item.metadata).encode())
        oais = rendered("dim", item)
        assert sorted(map(fields, ours)) == sorted(map(fields, oais))


def fields(element):
    return sorted(element.attrib.items()), element.text or ""


# Whatever an item holds


SCHEMED = ["dc.title", "dc.title.alternative", "dc.title.odd", "dc.contributor.author", "dc.contributor.editor"]
SCHEMED += ["dc.contributor.odd", "dc.contributor", "dc.contributor.affiliation", "dc.creator", "dc.publisher"]
SCHEMED += ["dc.date.issued", "dc.date.available", "dc.date.created", "dc.date.odd", "dc.date", "dc.type"]
SCHEMED += ["dc.language.iso", "dc.language", "dc.subject", "dc.subject.ddc", "dc.identifier.uri", "dc.identifier.doi"]
SCHEMED += ["dc.identifier.issn", "dc.identifier.isbn", "dc.identifier.other", "dc.identifier", "dc.relation.ispartof"]
SCHEMED += ["dc.relation.uri", "dc.relation", "dc.relation.ispartofseries", "dc.source.uri", "dc.rights.uri"]
SCHEMED += ["dc.rights", "dc.rights.license", "dc.description.abstract", "dc.description", "dc.description.sponsorship"]
SCHEMED += ["dc.description.version", "dc.description.tableofcontents", "dc.coverage.spatial", "dc.coverage.temporal"]
SCHEMED += ["dc.format.extent", "dc.format", "dc.format.mimetype", "oairecerif.author.affiliation", "local.odd.field"]
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
PIECES = ["http://", "https://", "HTTP://", "info:eu-repo/", "grantAgreement/", "creativecommons.org/licenses/by/4.0/"]
PIECES += ["doi.org/10.", "10.1/x", "doi:", "hdl:", "hdl.handle.net/", "urn:", "%zz", "%41", "%", "#", "?", "/", "://"]
PIECES += [":99", ":99999999", "[::1]", "user@", "a.b", " ", "\n", "é", "|", ">", "&", "'", '"', "<x>", "2024", "-05"]
PIECES += ["-31", "T10:00:00Z", "en", "_US", "ger", "x" * 20, "Article", "info:eu-repo/semantics/article", ", "]
PIECES += ["http://purl.org/coar/resource_type/c_6501", "\u200b", "\xa0", "٢٠٢٤", "\u0000", "\uffff", "𝒳"]
MADE_OF_PIECES = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)
VALUE = st.fixed_dictionaries(
    {"value": ANY_TEXT | MADE_OF_PIECES},
    optional={
        "language": st.none() | st.sampled_from(["en", "en_US", "*", "ger", "zxx-Latn", "klingon", "", "ё"]) | ANY_TEXT,
        "authority": ANY_TEXT | st.sampled_from(["0000-0002-1825-0097", "https://orcid.org/0000-0002-1825-009x"]),
        "confidence": st.integers(-1, 600),
    },
)
METADATA = st.dictionaries(st.sampled_from(SCHEMED), st.lists(VALUE, max_size=3), max_size=12)
FILES = st.lists(st.builds(file, ANY_TEXT, st.integers(0, 2**63)), max_size=3)
PARAMETERS = st.dictionaries(st.sampled_from(["publisher", "datamanager", "hostinginstitution", "odd"]), ANY_TEXT)


@needs_shared("xsd", "datacite")
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(METADATA, FILES, PARAMETERS, st.booleans())
@example({"dc.rights.uri": values("http://a:b/")}, [], PUBLISHER, True)
@example({"dc.rights.uri": values("http://a/%41%zz")}, [], PUBLISHER, True)
@example({"dc.rights.uri": values("http://a/" + "%41" * 3000)}, [], PUBLISHER, True)
@example({"dc.rights.uri": values("http://[::1]/", "http://a/#b#c", "http:///x", "http://-")}, [], PUBLISHER, True)
@example({"dc.title": values("\u0000", " ", "\ufffe")}, [], PUBLISHER, True)
def test_what_passes_the_preflight_is_valid(metadata, files, parameters, is_complete):
    metadata = {name: values(*held) for name, held in COMPLETE.items()} | metadata if is_complete else metadata
    item = datacite.Record("item 1/2", "1/2", metadata, files)
    result = datacite.disseminate(item, datacite.load(STYLESHEET), parameters)
    if result.problems:
        assert result.document is None
        assert all(problem.startswith("item 1/2: ") for problem in result.problems)
    else:
        assert_valid(result.document)


@settings(max_examples=50, deadline=None)
@given(METADATA)
def test_an_item_makes_the_same_document_each_time(metadata):
    item = datacite.Record("item 1/2", "1/2", metadata)
    again = datacite.Record("item 1/2", "1/2", dict(reversed(metadata.items())))
    stylesheet = datacite.load(STYLESHEET)
    assert datacite.disseminate(item, stylesheet, PUBLISHER) == datacite.disseminate(again, stylesheet, PUBLISHER)


# The preflight


def test_each_thing_that_is_missing_is_named_with_the_item_and_the_field():
    found = problems(datacite.Record("item 123456789/5", "123456789/5", {}), {})
    assert [problem.partition(": ")[0] for problem in found] == ["item 123456789/5"] * 5
    for field in ("dc.contributor.author", "dc.title", "dc.publisher", "dc.date.issued", "dc.type"):
        assert any(field in problem for problem in found)


@pytest.mark.parametrize("name", COMPLETE)
@pytest.mark.parametrize("nothing", [[], [" \n"], ["\u0001"]])
def test_a_field_without_text_is_missing(name, nothing):
    (found,) = problems(record({name: values(*nothing)}))
    assert found.startswith(f"item 123456789/5: {name} is missing")


@pytest.mark.parametrize("date", ["c1999", "[2001]", "99", "20245", "undated", "٢٠٢٤"])
def test_a_date_without_a_year_is_repeated(date):
    (found,) = problems(record(dc_date_issued=date))
    assert found.startswith(f"item 123456789/5: dc.date.issued is {date!r}")


def test_an_alternative_title_alone_is_no_title():
    (found,) = problems(record({"dc.title": [], "dc.title.alternative": values("W")}))
    assert "dc.title is missing" in found


def test_a_stylesheet_of_an_old_kernel_is_told_apart(tmp_path):
    path = stylesheet_of(tmp_path, '<resource xmlns="http://datacite.org/schema/kernel-2.2"/>')
    (found,) = datacite.disseminate(record(), datacite.load(path), PUBLISHER).problems
    assert "kernel-2.2" in found
    assert "kernel-4" in found


@pytest.mark.parametrize("content", ["", '<xsl:message terminate="yes">no</xsl:message>'])
def test_a_stylesheet_that_fails_is_a_problem_of_the_item(tmp_path, content):
    path = stylesheet_of(tmp_path, content)
    (found,) = datacite.disseminate(record(), datacite.load(path), PUBLISHER).problems
    assert found.startswith("item 123456789/5: mine.xsl")


def stylesheet_of(folder, content, top=""):
    path = folder / "mine.xsl"
    path.write_text(
        '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">'
        f'{top}<xsl:template match="/">{content}</xsl:template></xsl:stylesheet>'
    )
    return path


def test_the_publisher_may_be_written_into_a_variable_of_the_stylesheet(tmp_path):
    shutil.copytree(STYLESHEET.parent, tmp_path / "crosswalks")
    path = tmp_path / "crosswalks" / STYLESHEET.name
    text = path.read_text().replace(
        '<xsl:param name="publisher"></xsl:param>', '<xsl:variable name="publisher">My University</xsl:variable>'
    )
    path.write_text(text)
    result = datacite.disseminate(record(), datacite.load(path), {"publisher": "Of the configuration"})
    root = etree.fromstring(result.document)
    assert texts(root, "d:publisher") == ["My University"]
    assert texts(root, "d:contributors/d:contributor/d:contributorName") == ["My University"] * 2


def test_a_stylesheet_that_changed_counts_at_once(tmp_path):
    path = stylesheet_of(tmp_path, "<a/>")
    assert "makes a;" in datacite.disseminate(record(), datacite.load(path), {}).problems[0]
    stylesheet_of(tmp_path, "<b/>")
    os.utime(path, ns=(0, 0))
    assert "makes b;" in datacite.disseminate(record(), datacite.load(path), {}).problems[0]


# What it says


def test_configuration_names_publisher_data_manager_and_hosting_institution():
    root = made(record(), {"publisher": "P", "datamanager": "D", "hostinginstitution": "H"})
    assert texts(root, "d:publisher") == ["P"]
    assert attributes(root, "d:contributors/d:contributor/d:contributorName") == [
        ({"nameType": "Organizational"}, "D"),
        ({"nameType": "Organizational"}, "H"),
    ]


def test_the_publisher_of_the_item_counts_where_none_is_configured():
    assert texts(made(record(dc_publisher="Elsewhere Press"), {}), "d:publisher") == ["Elsewhere Press"]
    assert texts(made(record(dc_publisher="Elsewhere Press")), "d:publisher") == ["Example University"]


def test_people_have_names_orcid_and_affiliation():
    authors = [
        {"value": "Doe, Jane", "authority": "https://orcid.org/0000-0002-1825-0097", "confidence": 600},
        {"value": "Example Group"},
        {"value": "Roe, Rob", "authority": "will be generated::orcid::0000-0001-5109-3700", "confidence": 300},
    ]
    affiliations = values("U of X", "#PLACEHOLDER_PARENT_METADATA_VALUE#", "U of Z")
    root = made(record({"dc.contributor.author": authors, "oairecerif.author.affiliation": affiliations}))
    people = root.findall("d:creators/d:creator", N)
    assert [texts(person, "d:creatorName") for person in people] == [["Doe, Jane"], ["Example Group"], ["Roe, Rob"]]
    assert [texts(person, "d:givenName") for person in people] == [["Jane"], [], ["Rob"]]
    assert [texts(person, "d:familyName") for person in people] == [["Doe"], [], ["Roe"]]
    assert [texts(person, "d:nameIdentifier") for person in people] == [
        ["https://orcid.org/0000-0002-1825-0097"],
        [],
        [],
    ]
    assert [texts(person, "d:affiliation") for person in people] == [["U of X"], [], ["U of Z"]]


@pytest.mark.parametrize(
    ("word", "general"),
    [
        ("Article", "JournalArticle"),
        ("Book chapter", "BookChapter"),
        ("Dataset", "Dataset"),
        ("Image, 3-D", "Image"),
        ("Learning Object", "InteractiveResource"),
        ("Plan or blueprint", "Image"),
        ("Preprint", "Preprint"),
        ("Recording, oral", "Sound"),
        ("Software", "Software"),
        ("Technical Report", "Report"),
        ("Thesis", "Dissertation"),
        ("Video", "Audiovisual"),
        ("info:eu-repo/semantics/doctoralThesis", "Dissertation"),
        ("http://purl.org/coar/resource_type/c_6501", "JournalArticle"),
        ("http://purl.org/coar/resource_type/none", "Other"),
        ("ComputationalNotebook", "ComputationalNotebook"),
        ("Laundry list", "Other"),
        ("article>Text|", "Other"),
    ],
)
def test_types_have_a_general_type(word, general):
    assert attributes(made(record(dc_type=word)), "d:resourceType") == [({"resourceTypeGeneral": general}, word)]


def test_the_first_type_that_datacite_knows_is_the_type():
    root = made(record({"dc.type": ["Laundry list", "Thesis", "Book"]}))
    assert attributes(root, "d:resourceType") == [({"resourceTypeGeneral": "Dissertation"}, "Thesis")]


@pytest.mark.parametrize(
    ("language", "tag"),
    [("en", "en"), ("en_US", "en-US"), ("ger", "de"), ("deu", "de"), ("haw", "haw"), ("other", None), ("N/A", None)],
)
def test_languages_are_tags(language, tag):
    assert made(record(dc_language_iso=language)).findtext("d:language", None, N) == tag


def test_dates_have_their_types_and_words_are_left_out():
    root = made(
        record(
            {
                "dc.date.available": ["2024-06-01T10:00:00Z"],
                "dc.date.created": ["1999/2001", "in spring"],
                "dc.date.accessioned": ["2024-06-01T10:00:00Z"],
                "dc.coverage.temporal": ["1990", "Bronze Age"],
            }
        )
    )
    assert sorted((held["dateType"], text) for held, text in attributes(root, "d:dates/d:date")) == [
        ("Available", "2024-06-01T10:00:00Z"),
        ("Coverage", "1990"),
        ("Created", "1999/2001"),
        ("Issued", "2024-05"),
    ]


def test_the_year_is_that_of_issue_else_that_in_which_it_became_available():
    assert texts(made(record()), "d:publicationYear") == ["2024"]
    without = record({"dc.date.issued": [], "dc.date.available": ["2023-01-01T00:00:00Z"]})
    assert texts(made(without), "d:publicationYear") == ["2023"]


def test_the_handle_is_an_alternate_identifier_and_foreign_dois_are_related():
    uris = ["https://hdl.handle.net/123456789/5", "http://localhost:8080/handle/123456789/5", "https://doi.org/10.1/a"]
    root = made(
        record({"dc.identifier.uri": uris, "dc.identifier.isbn": ["978-3"], "dc.identifier.issn": ["1234-5678"]})
    )
    assert attributes(root, "d:alternateIdentifiers/d:alternateIdentifier") == [
        ({"alternateIdentifierType": "Handle"}, "123456789/5"),
        ({"alternateIdentifierType": "ISBN"}, "978-3"),
    ]
    assert sorted(text for _, text in attributes(root, "d:relatedIdentifiers/d:relatedIdentifier")) == [
        "10.1/a",
        "1234-5678",
    ]


@pytest.mark.parametrize(
    ("value", "kind", "identifier"),
    [
        ("10.1/a", "DOI", "10.1/a"),
        ("doi:10.1/a", "DOI", "10.1/a"),
        ("http://dx.doi.org/10.1/a", "DOI", "10.1/a"),
        ("https://doi.org/10.1/A", "DOI", "10.1/A"),
        ("hdl:1/2", "Handle", "1/2"),
        ("http://hdl.handle.net/1/2", "Handle", "1/2"),
        ("urn:nbn:de:1", "URN", "urn:nbn:de:1"),
        ("arXiv:2101.1", "arXiv", "arXiv:2101.1"),
        ("https://example.org/a?b=c", "URL", "https://example.org/a?b=c"),
        ("ISSN:1234-5678", "ISSN", "1234-5678"),
    ],
)
def test_related_identifiers_have_their_type(value, kind, identifier):
    root = made(record(dc_relation_ispartof=value))
    assert attributes(root, "d:relatedIdentifiers/d:relatedIdentifier") == [
        ({"relatedIdentifierType": kind, "relationType": "IsPartOf"}, identifier)
    ]


@pytest.mark.parametrize("value", ["Journal of Owls", "javascript:alert(1)", "https://", "http://a b", "10.1"])
def test_words_are_no_related_identifiers(value):
    assert made(record(dc_relation_ispartof=value)).find("d:relatedIdentifiers", N) is None


def test_rights_have_their_address_and_short_name():
    uri = "http://creativecommons.org/licenses/by-nc/4.0/"
    root = made(record({"dc.rights": ["Attribution"], "dc.rights.uri": [uri]}))
    spdx = {"rightsIdentifier": "cc-by-nc-4.0", "rightsIdentifierScheme": "SPDX"}
    assert attributes(root, "d:rightsList/d:rights") == [({"rightsURI": uri, **spdx}, "Attribution")]
    root = made(record({"dc.rights": ["info:eu-repo/semantics/openAccess", "All mine"], "dc.rights.uri": ["here"]}))
    assert attributes(root, "d:rightsList/d:rights") == [
        ({"rightsURI": "info:eu-repo/semantics/openAccess"}, "info:eu-repo/semantics/openAccess"),
        ({}, "All mine"),
        ({}, "here"),
    ]


def test_descriptions_leave_out_provenance_and_sponsors():
    root = made(
        record(
            {
                "dc.description.abstract": values("All about it", language="en_US"),
                "dc.description.provenance": ["Submitted by Jane"],
                "dc.description.sponsorship": ["A fund"],
                "dc.relation.ispartofseries": ["Reports;7"],
            }
        )
    )
    lang = "{http://www.w3.org/XML/1998/namespace}lang"
    assert attributes(root, "d:descriptions/d:description") == [
        ({"descriptionType": "Abstract", lang: "en-US"}, "All about it"),
        ({"descriptionType": "SeriesInformation"}, "Reports;7"),
    ]
    assert texts(root, "d:fundingReferences/d:fundingReference/d:funderName") == ["A fund"]


def test_grants_are_funding():
    root = made(record(dc_relation="info:eu-repo/grantAgreement/EC/FP7/282896//Owls of Europe"))
    assert texts(root, ".//d:funderName") == ["European Commission"]
    assert texts(root, ".//d:awardNumber") == ["282896"]
    assert texts(root, ".//d:awardTitle") == ["Owls of Europe"]


def test_files_give_sizes_and_formats_each_once():
    root = made(record(files=[file(), file(size=9), file("text/csv", 0)]))
    assert texts(root, "d:sizes/d:size") == ["1234 bytes", "9 bytes", "0 bytes"]
    assert texts(root, "d:formats/d:format") == ["application/pdf", "text/csv"]


def test_with_doi_replaces_the_identifier_and_escapes_it():
    document = with_doi(
        with_doi(datacite.disseminate(record(), datacite.load(STYLESHEET), PUBLISHER).document, "a"), "<&"
    )
    root = etree.fromstring(document)
    assert attributes(root, "d:identifier") == [({"identifierType": "DOI"}, "<&")]
    assert root[0].tag.endswith("}identifier")
