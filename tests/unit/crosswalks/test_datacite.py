"""The DataCite document of an item: golden files, the official schema, and whatever hypothesis makes of an item.

`DSPACE_GOLDEN=write` makes the golden files anew: read the difference before you commit it.
"""

import os
import shutil
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree

from crosswalks import datacite, dim
from tests.shared import needs_shared
from tests.unit.crosswalks.datacite_items import (
    COMPLETE,
    PUBLISHER,
    STYLESHEET,
    assert_valid,
    file,
    made,
    problems,
    record,
    texts,
    values,
)
from tests.unit.oai.formats_items import ITEMS, rendered

GOLDEN = Path(__file__).parent / "golden"


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
@example({"dc.rights.uri": values("http://0:", "http://0:/a", "http://0:99999")}, [], PUBLISHER, True)
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


def test_an_item_that_is_too_large_is_told_apart():
    (found,) = problems(record(dc_description_abstract="x" * 33 * 1024 * 1024))
    assert found.startswith("item 123456789/5: the metadata is too large")
    (found,) = problems(record(dc_description_abstract="x" * 11 * 1024 * 1024))
    assert found.startswith("item 123456789/5: the metadata is too large")


def test_an_item_with_thousands_of_values_takes_no_longer_than_they_are_many():
    start = time.process_time()
    made(
        record(
            dict.fromkeys(["dc.contributor.author", "dc.contributor.affiliation", "dc.subject"], ["Doe, Jane"] * 3000)
        )
    )
    assert time.process_time() - start < 10


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


def test_a_stylesheet_that_another_imports_counts_at_once_too(tmp_path):
    imported = stylesheet_of(tmp_path, "<a/>").rename(tmp_path / "imported.xsl")
    path = tmp_path / "mine.xsl"
    path.write_text(
        '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">'
        '<xsl:import href="imported.xsl"/></xsl:stylesheet>'
    )
    assert "makes a;" in datacite.disseminate(record(), datacite.load(path), {}).problems[0]
    imported.write_text(imported.read_text().replace("<a/>", "<b/>"))
    os.utime(imported, ns=(0, 0))
    assert "makes b;" in datacite.disseminate(record(), datacite.load(path), {}).problems[0]
