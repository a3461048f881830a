"""What the contexts driver, openaire and openaire4 make of a record before a format is made of it."""

import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from lxml import etree

from crosswalks.xoai import Access
from oai.languages import TABLE, iso_639_3
from tests.shared import needs_shared
from tests.unit.oai import formats_items as items
from tests.unit.oai.formats_items import ARTICLE, EMBARGOED, EMPTY, FUNDED, ITEMS, STYLESHEETS, THESIS, values
from tests.unit.oai.test_formats import records, texts

TRANSFORMERS = ["driver", "openaire", "openaire4"]
SEMANTICS = "info:eu-repo/semantics/"
EMBARGO_END = "info:eu-repo/date/embargoEnd/"
# The sixteen of the guidelines
DRIVER_TYPES = [
    *["article", "bachelorThesis", "masterThesis", "doctoralThesis", "book", "bookPart", "review", "conferenceObject"],
    *["lecture", "workingPaper", "preprint", "report", "annotation", "contributionToPeriodical", "patent", "other"],
]
X = {"x": "http://www.lyncode.com/xoai"}


def transformed(name, item):
    tree = etree.fromstring((item if isinstance(item, str) else items.document(item)).encode())
    return items.stylesheet(f"transformers/{name}.xsl")(tree).getroot()


def made_of(name, metadata, **more):
    return transformed(name, replace(EMPTY, metadata={"dc.title": values("x")} | metadata, **more))


def found(root, field):
    """The values of a field (dc.date.issued) in an XOAI document."""
    path = "/".join(f"x:element[@name='{part}']" for part in field.split("."))
    return root.xpath(f"{path}/x:element/x:field[@name='value']/text()", namespaces=X)


def every_transformer(test):
    return pytest.mark.parametrize("name", TRANSFORMERS)(test)


@every_transformer
@pytest.mark.parametrize("item", ITEMS)
def test_a_transformed_document_looks_as_its_golden_file(name, item):
    items.assert_golden(f"{name}/{item}.xml", transformed(name, ITEMS[item]))


@needs_shared("xsd")
@every_transformer
@pytest.mark.parametrize("item", ITEMS)
def test_what_comes_out_is_an_xoai_document_again(name, item):
    items.assert_valid("xoai/xoai.xsd", transformed(name, ITEMS[item]))


@needs_shared("xsd")
@every_transformer
@pytest.mark.parametrize(
    ("form", "schema"),
    [("oai_dc", "oai/oai_dc.xsd"), ("mets", "mets/mets-1-12-1.xsd"), ("oai_openaire", "openaire/4.1/openaire.xsd")],
)
def test_formats_are_valid_after_a_transformer_too(name, form, schema):
    for item in ITEMS.values():
        items.assert_valid(schema, items.rendered(form, item, name))


@every_transformer
def test_what_it_is_not_about_stays_as_it_was(name):
    before, after = etree.fromstring(items.document(FUNDED)), transformed(name, FUNDED)
    changed = "@name='dc'", "@name='date' or @name='type' or @name='language' or @name='rights'"
    for path in (f"x:element[not({changed[0]})]", f"x:element[{changed[0]}]/x:element[not({changed[1]})]"):
        old, new = ([etree.tostring(e) for e in root.xpath(path, namespaces=X)] for root in (before, after))
        assert old == new != []


# Dates and languages, in all three


@every_transformer
@pytest.mark.parametrize(
    ("issued", "shown"),
    [
        ("2020-01-02T03:04:05Z", "2020-01-02"),
        (" 2020-01-02 ", "2020-01-02"),
        ("2020-01", "2020-01"),
        ("2020", "2020"),
        ("spring", "spring"),
    ],
)
def test_the_date_of_issue_is_cut_to_a_day(name, issued, shown):
    assert found(made_of(name, {"dc.date.issued": values(issued)}), "dc.date.issued") == [shown]


def test_the_table_of_languages_is_that_of_the_filter():
    text = (STYLESHEETS / "vocabularies.xsl").read_text()
    (table,) = re.findall(r"name=\"languages\" select=\"'(.*?)'\"", text, re.DOTALL)
    assert dict(entry.split(":") for entry in table.split()) == TABLE


@every_transformer
@pytest.mark.parametrize("field", ["dc.language", "dc.language.iso"])
@pytest.mark.parametrize(
    ("language", "shown"),
    [
        *[("en_US", "eng"), ("en", "eng"), ("EN-gb", "eng"), ("eng", "eng"), (" en ", "eng"), ("de", "deu")],
        *[("ger", "deu"), ("es", "spa"), ("fr", "fra"), ("it", "ita"), ("ja", "jpn"), ("zh_CN", "zho"), ("pt", "por")],
        *[("tr", "tur"), ("grc", "grc"), ("zul", "zul"), ("qq", "qq"), ("other", "other"), ("N/A", "N/A"), (":", ":")],
    ],
)
def test_a_language_is_shown_as_iso_639_3_has_it(name, field, language, shown):
    assert found(made_of(name, {field: values(language)}), field) == [shown]


@settings(max_examples=100, deadline=None)
@given(texts.filter(lambda text: text.isascii() and text.isprintable()))
def test_a_language_of_the_filter_is_one_of_the_transformer(text):
    (shown,) = found(made_of("driver", {"dc.language": values(f"{text}_")}), "dc.language") or [""]
    assert shown == (iso_639_3(f"{text}_") or f"{text}_")


# DRIVER


@pytest.mark.parametrize("name", ["driver", "openaire"])
@pytest.mark.parametrize("kind", DRIVER_TYPES)
def test_the_types_of_driver_have_their_prefix_once(name, kind):
    shown = found(made_of(name, {"dc.type": values(kind, f"{SEMANTICS}{kind}")}), "dc.type")
    assert shown == [f"{SEMANTICS}{kind}"] * 2


@pytest.mark.parametrize("name", ["driver", "openaire"])
@pytest.mark.parametrize(
    "kind", ["Article", "handbook", "datareport", "article bachelorThesis", "Thesis", "dataset", "a"]
)
def test_other_types_do_not_pass_for_one_of_them(name, kind):
    assert found(made_of(name, {"dc.type": values(kind)}), "dc.type") == [kind]


def test_driver_shows_no_date_but_that_of_issue():
    root = made_of(
        "driver", {"dc.date": values("c. 1900"), "dc.date.issued": values("1999"), "dc.date.copyright": values("1")}
    )
    assert root.xpath("//x:element[@name='date']//x:field/text()", namespaces=X) == ["1999"]


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"dc.rights": values("CC BY 4.0", "openAccess", language="en")},
        {"dc.rights.uri": values("https://creativecommons.org/licenses/by/4.0/")},
    ],
)
def test_driver_says_open_access_once(metadata):
    root = made_of("driver", metadata)
    rights = root.xpath("//x:element[@name='rights']//x:field/text()", namespaces=X)
    assert rights == [f"{SEMANTICS}openAccess"]


# OpenAIRE 2


@pytest.mark.parametrize(
    ("right", "shown"),
    [
        ("info:eu-repo/semantics/closedAccess", "closedAccess"),
        ("info:eu-repo/semantics/embargoedAccess", "embargoedAccess"),
        ("info:eu-repo/semantics/restrictedAccess", "restrictedAccess"),
        ("info:eu-repo/semantics/openAccess", "openAccess"),
        ("closedAccess", "closedAccess"),
        ("Open Access", "openAccess"),
        ("open access", "openAccess"),
        ("embargoed access", "embargoedAccess"),
        (" restrictedaccess ", "restrictedAccess"),
    ],
)
def test_openaire_keeps_the_four_terms_of_access(right, shown):
    assert found(made_of("openaire", {"dc.rights": values(right)}), "dc.rights") == [f"{SEMANTICS}{shown}"]


def test_openaire_takes_no_licence_for_a_term_and_shows_nothing_else_of_the_rights():
    rights = {"dc.rights": values("CC BY", "openAccess"), "dc.rights.uri": values("u"), "dc.rights.holder": values("h")}
    root = made_of("openaire", rights)
    assert root.xpath("//x:element[@name='rights']//x:field/text()", namespaces=X) == [
        "CC BY",
        f"{SEMANTICS}openAccess",
    ]


def test_openaire_keeps_the_grant():
    assert found(transformed("openaire", FUNDED), "dc.relation") == [v["value"] for v in FUNDED.metadata["dc.relation"]]


@pytest.mark.parametrize(
    ("metadata", "access", "end"),
    [
        ({"dc.date": f"{EMBARGO_END}2030-01-01"}, None, "2030-01-01"),
        ({"dc.date.embargoEnd": f"{EMBARGO_END}2030-01-01"}, None, "2030-01-01"),
        ({"dc.date": f"{EMBARGO_END}2030-01-01"}, date(2031, 1, 1), "2030-01-01"),
        ({}, date(2031, 1, 1), "2031-01-01"),
        ({"dc.date.embargoEnd": "2030-01-01T00:00:00Z"}, None, "2030-01-01"),
        ({"dc.rights.embargodate": "2030-01-01"}, None, "2030-01-01"),
        ({"dc.date.embargoEnd": "soon"}, None, None),
        ({"dc.date": "2030-01-01", "dc.rights": "embargoedAccess"}, None, "2030-01-01"),
        ({"dc.date": "2030-01-01", "dc.rights": "openAccess"}, None, None),
        ({"dc.date": "c. 1900", "dc.rights": "embargoedAccess"}, None, None),
        ({}, None, None),
    ],
)
def test_openaire_shows_the_end_of_an_embargo_as_a_date(metadata, access, end):
    given = {name: values(text) for name, text in metadata.items()} | {"dc.date.issued": values("2020")}
    root = made_of("openaire", given, access=Access("embargo", access) if access else None)
    dates = root.xpath("//x:element[@name='date']//x:field/text()", namespaces=X)
    assert dates == ["2020", f"{EMBARGO_END}{end}"] if end else dates == ["2020"]


def test_the_end_of_an_embargo_is_a_dc_date():
    dates = items.rendered("oai_dc", EMBARGOED, "openaire").xpath("//*[local-name()='date']/text()")
    assert dates == ["2024", f"{EMBARGO_END}2031-07-01"]


# OpenAIRE 4


@pytest.mark.parametrize(
    ("right", "shown"),
    [
        ("openAccess", "open access"),
        ("Open Access", "open access"),
        ("info:eu-repo/semantics/openAccess", "open access"),
        ("http://purl.org/coar/access_right/c_abf2", "open access"),
        ("embargoedAccess", "embargoed access"),
        ("http://purl.org/coar/access_right/c_f1cf", "embargoed access"),
        ("restricted access", "restricted access"),
        ("https://purl.org/coar/access_right/c_16ec", "restricted access"),
        ("closedAccess", "metadata only access"),
        ("metadata only access", "metadata only access"),
        ("http://purl.org/coar/access_right/c_14cb", "metadata only access"),
        ("CC BY 4.0", "CC BY 4.0"),
        ("openaccess>c_abf2", "openaccess>c_abf2"),
        ("|", "|"),
    ],
)
def test_openaire4_shows_the_access_rights_of_coar(right, shown):
    assert found(made_of("openaire4", {"dc.rights": values(right)}), "dc.rights") == [shown]


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("Article", "journal article"),
        ("journal article", "journal article"),
        ("info:eu-repo/semantics/article", "journal article"),
        ("http://purl.org/coar/resource_type/c_6501", "journal article"),
        ("Book chapter", "book part"),
        ("bookPart", "book part"),
        ("info:eu-repo/semantics/doctoralThesis", "doctoral thesis"),
        ("Thesis", "thesis"),
        ("Animation", "moving image"),
        ("contributionToPeriodical", "contribution to journal"),
        ("Presentation", "conference presentation"),
        ("http://purl.org/coar/resource_type/R60J-J5BD", "conference presentation"),
        ("Learning Object", "learning object"),
        ("http://purl.org/coar/resource_type/c_e059", "learning object"),
        ("http://purl.org/coar/resource_type/c_1843", "other"),
        ("http://purl.org/coar/resource_type/c_none", "other"),
        ("http://purl.org/coar/resource_type/l", "other"),
        ("http://purl.org/coar/resource_type/", "other"),
        ("handbook", "other"),
        ("other>c_1843", "other"),
        ("|", "other"),
    ],
)
def test_openaire4_shows_the_resource_types_of_coar(kind, shown):
    assert found(made_of("openaire4", {"dc.type": values(kind)}), "dc.type") == [shown]


def test_openaire4_keeps_other_dates_and_licences():
    assert found(transformed("openaire4", THESIS), "dc.date.created") == ["2018-03"]
    assert found(transformed("openaire4", ARTICLE), "dc.rights.uri") == ["http://creativecommons.org/licenses/by/4.0/"]


# Whatever there may be


@needs_shared("xsd")
@settings(max_examples=40, deadline=None)
@given(records)
def test_any_item_gives_a_valid_document(item):
    for name in TRANSFORMERS:
        items.assert_valid("xoai/xoai.xsd", transformed(name, item))
