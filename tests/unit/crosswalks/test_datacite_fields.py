"""Which field of an item becomes which element of the DataCite document."""

import pytest
from lxml import etree

from crosswalks import datacite
from identifiers.connectors.port import with_doi
from tests.unit.crosswalks.datacite_items import PUBLISHER, STYLESHEET, N, attributes, file, made, record, texts, values


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
    assert texts(made(record(files=[file(size=2)] * 10_000)), "d:sizes/d:size") == ["20000 bytes"]


def test_with_doi_replaces_the_identifier_and_escapes_it():
    document = with_doi(
        with_doi(datacite.disseminate(record(), datacite.load(STYLESHEET), PUBLISHER).document, "a"), "<&"
    )
    root = etree.fromstring(document)
    assert attributes(root, "d:identifier") == [({"identifierType": "DOI"}, "<&")]
    assert root[0].tag.endswith("}identifier")
