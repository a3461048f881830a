"""What OpenAIRE reads in oai_openaire. Golden files and schemas: test_formats_b.py."""

import pytest
from lxml import etree

from crosswalks.xoai import Access
from tests.unit.oai.formats_items import ARTICLE, DATASET, EMBARGOED, EMPTY, FUNDED, rendered, value, values
from tests.unit.oai.test_formats_b import found, of

COAR = "http://purl.org/coar/"


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        *[("en", "en"), ("en_US", "en-US"), ("pt-BR", "pt-BR"), ("zh_Hant_TW", "zh-Hant"), ("none", None), ("*", None)],
        *[("", None), ("x", None), ("en_", "en"), ('en" x="y', None), ("en_toolongone", "en"), ("überall", None)],
    ],
)
def test_a_language_is_a_language_tag_or_left_out(language, shown):
    root = of("oai_openaire", {"dc.title": [value("A title", language)]})
    assert found(root, "//d:title/@xml:lang") == ([shown] if shown else [])


@pytest.mark.parametrize(
    ("uri", "kind"),
    [
        ("https://hdl.handle.net/10.9999/1", "HANDLE"),
        ("http://hdl.handle.net/10.9999/1", "HANDLE"),
        ("https://doi.org/10.9999/1", "DOI"),
        ("http://dx.doi.org/10.9999/1", "DOI"),
        ("urn:nbn:de:1-2", "URN"),
        ("http://purl.org/x", "PURL"),
        ("https://n2t.net/ark:/12148/x", "ARK"),
        ("https://archive.example.org/handle/10.9999/1", "URL"),
    ],
)
def test_the_first_uri_is_the_identifier_and_its_kind_is_one_of_the_schema(uri, kind):
    root = of("oai_openaire", {"dc.identifier.uri": values(uri, "https://doi.org/10.1/2")})
    assert found(root, "d:identifier/text() | d:identifier/@identifierType") == [kind, uri]
    assert found(root, "//d:alternateIdentifier/text()") == ["https://doi.org/10.1/2"]
    assert found(root, "//d:alternateIdentifier/@alternateIdentifierType") == ["DOI"]


@pytest.mark.parametrize(
    ("access", "rights", "shown"),
    [
        ("open.access", [], "open access"),
        ("embargo", [], "embargoed access"),
        ("restricted", ["openAccess"], "restricted access"),
        ("metadata.only", [], "metadata only access"),
        ("unknown", ["CC BY", "closedAccess"], "metadata only access"),
        (None, ["info:eu-repo/semantics/embargoedAccess"], "embargoed access"),
        (None, ["CC BY"], None),
    ],
)
@pytest.mark.parametrize("transformer", [None, "openaire4"])
def test_there_is_one_access_right_that_of_the_files_first(access, rights, shown, transformer):
    given = {"dc.rights": values(*rights)}
    root = of("oai_openaire", given, transformer, access=Access(access) if access else None)
    assert found(root, "d:rights/text()") == ([shown] if shown else [])
    assert all(uri.startswith(f"{COAR}access_right/c_") for uri in found(root, "//@rightsURI | //@accessRightsURI"))


def test_an_embargo_goes_from_accepted_to_available():
    dates = found(rendered("oai_openaire", EMBARGOED), "//d:date")
    assert [(d.get("dateType"), d.text) for d in dates] == [
        ("Accepted", "2024"),
        ("Available", "2031-07-01"),
        ("Issued", "2024"),
    ]
    assert found(rendered("oai_openaire", ARTICLE), "//d:date/@dateType") == ["Issued"]


@pytest.mark.parametrize(
    ("relation", "shown"),
    [
        (
            "info:eu-repo/grantAgreement/EC/FP7/123456/EU/Owls in Europe/OWLEU",
            ["European Commission", "http://doi.org/10.13039/501100000780", "FP7", "123456", "Owls in Europe"],
        ),
        ("info:eu-repo/grantAgreement/FCT//PEst-1", ["FCT", "PEst-1"]),
        ("info:eu-repo/grantAgreement/WT", ["WT"]),
        ("info:eu-repo/grantAgreement/", []),
        ("info:eu-repo/grantAgreement//H2020/1", []),
        ("Owl Papers;7", []),
    ],
)
def test_grants_are_funding_references(relation, shown):
    root = of("oai_openaire", {"dc.relation": values(relation)})
    assert [e.text for e in found(root, "//o:fundingReference/*")] == shown
    assert bool(found(root, "o:fundingReferences")) == bool(shown)


@pytest.mark.parametrize("transformer", [None, "openaire4"])
@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("Article", ["literature", "resource_type/c_6501", "journal article"]),
        ("info:eu-repo/semantics/masterThesis", ["literature", "resource_type/c_bdcc", "master thesis"]),
        ("Dataset", ["dataset", "resource_type/c_ddb1", "dataset"]),
        ("Software", ["software", "resource_type/c_5ce6", "software"]),
        ("Video", ["other research product", "resource_type/c_12ce", "video"]),
        ("Manuscript", ["other research product", "resource_type/c_1843", "other"]),
    ],
)
def test_there_is_one_resource_type_of_coar(kind, shown, transformer):
    (made,) = found(of("oai_openaire", {"dc.type": values(kind, "Book")}, transformer), "o:resourceType")
    assert [made.get("resourceTypeGeneral"), made.get("uri").removeprefix(COAR), made.text] == shown


def test_only_files_that_everybody_may_read_are_named():
    root = rendered("oai_openaire", DATASET)
    original = DATASET.bundles[0].files
    assert found(root, "o:file/text()") == [file.url for file in original]
    assert set(found(root, "o:file/@accessRightsURI")) == {f"{COAR}access_right/c_abf2"}
    assert found(rendered("oai_openaire", EMPTY), "o:file | d:sizes") == []


def test_an_orcid_identifies_an_author_and_other_authorities_do_not():
    creators = found(rendered("oai_openaire", FUNDED), "//d:creator")
    assert found(creators[0], "d:nameIdentifier/text()") == ["0000-0001-0000-0001"]
    assert found(creators[1], "d:nameIdentifier") == []


def test_the_licence_is_a_condition():
    (licence,) = found(rendered("oai_openaire", ARTICLE), "o:licenseCondition")
    assert (licence.get("uri"), licence.text) == (
        "http://creativecommons.org/licenses/by/4.0/",
        "Attribution 4.0 International",
    )
    (other,) = found(rendered("oai_openaire", DATASET), "o:licenseCondition")
    assert (other.get("uri"), other.text) == (None, "ODbL")


def test_where_it_was_published_is_a_citation():
    metadata = {f"oaire.citation.{name}": values(name) for name in ("title", "volume", "startPage", "odd")}
    root = of("oai_openaire", metadata)
    assert [etree.QName(e).localname for e in root if "citation" in e.tag] == [
        "citationStartPage",
        "citationTitle",
        "citationVolume",
    ]
