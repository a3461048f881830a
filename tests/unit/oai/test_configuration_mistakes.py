"""Mistakes in xoai.xml and in stylesheets: each is named with its line and element."""

import re

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from oai import configuration
from oai.checks import check_configuration
from oai.configuration import ConfigurationError

XSL = (
    '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"{attributes}>{body}</xsl:stylesheet>'
)


def stylesheet(body, attributes=""):
    return XSL.format(body=body, attributes=attributes)


def replace(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def problems(folder):
    with pytest.raises(ConfigurationError) as raised:
        configuration.load(folder)
    return raised.value.problems


MISTAKES = [
    # what is changed, into what, and what must be said of which element
    ('<Format ref="oaidc"/>', '<Format ref="oaidx"/>', '<Format ref="oaidx">', "no Format of id 'oaidx'"),
    ('<Filter ref="driverFilter"/>', '<Filter ref="driver"/>', '<Filter ref="driver">', "no Filter of id 'driver'"),
    ('<Set ref="driverSet"/>', '<Set ref="none"/>', '<Set ref="none">', "no Set of id 'none'"),
    (
        '<Transformer ref="driverTransformer"/>',
        "<Transformer/>",
        "<Transformer>",
        "no Transformer of id ''",
    ),
    ('<Custom ref="thesisCondition"/>', '<Custom ref="x"/>', '<Custom ref="x">', "no CustomCondition of id 'x'"),
    ("metadataFormats/dim.xsl", "metadataFormats/dimm.xsl", '<Format id="dim">', "there is no file"),
    ("metadataFormats/dim.xsl", "../../../manage.py", '<Format id="dim">', "there is no file"),
    ("metadataFormats/dim.xsl", "", '<Format id="dim">', "needs a XSLT"),
    ("metadataFormats/dim.xsl", "metadataFormats", '<Format id="dim">', "there is no file"),
    ("metadataFormats/dim.xsl", "x" * 1000, '<Format id="dim">', "can't be read: File name too long"),
    ("<Prefix>dim</Prefix>", "", '<Format id="dim">', "needs a Prefix"),
    ("<Prefix>dim</Prefix>", "<Prefix>d m</Prefix>", '<Format id="dim">', "no metadataPrefix"),
    ("<Prefix>dim</Prefix>", "<Prefix>mets</Prefix>", '<Context baseurl="request"', "two formats of the prefix 'mets'"),
    ('<Format id="dim">', '<Format id="mets">', '<Format id="mets">', "another one of this id"),
    ('<Format id="dim">', "<Format>", "<Format>", "needs an id"),
    ('baseurl="driver"', 'baseurl="request"', '<Context baseurl="request"', "another Context of this baseurl"),
    ('baseurl="driver"', 'baseurl="request/mets"', '<Context baseurl="request/mets"', "or a format of one"),
    ('baseurl="driver"', 'baseurl="a b"', '<Context baseurl="a b"', "baseurl must be"),
    ('baseurl="driver"', "", '<Context name="DRIVER">', "baseurl must be"),
    ('<Format ref="oaiopenaire"/>', "", '<Context baseurl="openaire4"', "needs a Format"),
    ('ref="oaiopenaire"', 'reff="oaiopenaire"', "<Format>", "no attribute 'reff'; there are: ref, refid"),
    ('<Context baseurl="driver"', '<Context baseurl="static"', '<Context baseurl="static"', "find the stylesheet"),
    ('<Context baseurl="driver"', '<Context baseurl="static/a"', '<Context baseurl="static/a"', "must not be 'static'"),
    ("<Formats>", "<Fromats/><Formats>", "<Fromats>", "may not stand in Configuration"),
    ("<Spec>driver</Spec>", "<Spec>dri ver</Spec>", '<Set id="driverSet">', "no name for a set"),
    ("<Spec>driver</Spec>", "<Spec>col_1_2</Spec>", '<Set id="driverSet">', "no name for a set"),
    ("<Spec>openaire</Spec>", "<Spec>ec_fundedresources</Spec>", '<Context baseurl="openaire"', "same Spec"),
    ("<Name>OpenAIRE</Name>", "", '<Set id="openaireSet">', "needs a Name"),
    ('maxListRecordsSize="100"', 'maxListRecordsSize="0"', "<Configuration>", "maxListRecordsSize='0' is not a number"),
    ('maxListRecordsSize="100"', 'maxListRecordsSize="10000"', "<Configuration>", "is not a number from 1 to 9999"),
    ('maxListRecordsSize="100"', 'maxListRecordsSize="many"', "<Configuration>", "is not a number from 1 to 9999"),
    ('indented="false"', 'indented="no"', "<Configuration>", "indented='no' is not true or false"),
    (
        "org.dspace.xoai.filter.DSpaceMetadataExistsFilter",
        "org.dspace.xoai.filter.DSpaceMetadataExistFilter",
        '<CustomCondition id="titleCondition">',
        "no class 'org.dspace.xoai.filter.DSpaceMetadataExistFilter'",
    ),
    ("oai.conditions.OpenlyAccessible", "oai.conditions.Facts", "openlyAccessibleCondition", "can't be made"),
    ("oai.conditions.OpenlyAccessible", "builtins.dict", "openlyAccessibleCondition", "no method shows"),
    ("oai.conditions.OpenlyAccessible", "", "openlyAccessibleCondition", "no class ''"),
    (
        'name="operator">contains',
        'name="operator">has',
        '<CustomCondition id="thesisCondition">',
        "'has' is no operator",
    ),
    ('<string name="value">Thesis</string>', "", '<CustomCondition id="thesisCondition">', "'values' or 'value'"),
    ('<string name="value">Thesis', "<string>Thesis", '<CustomCondition id="thesisCondition">', "needs a name"),
    ('<string name="value">Thesis</string>', '<bool name="value"/>', "thesisCondition", "'bool' is none"),
    ('<string name="value">Thesis</string>', '<int name="value">x</int>', "thesisCondition", "'x' in line"),
    (
        '<Definition><Custom ref="thesisCondition"/></Definition>',
        "",
        '<Filter id="thesisFilter">',
        "needs one Definition",
    ),
    ('<Custom ref="thesisCondition"/>', "<Nor/>", "<Definition>", "exactly one of And, Or, Not, Custom"),
    ('<Custom ref="thesisCondition"/>', "<Not/>", "<Not>", "needs one Condition"),
    ('<LeftCondition><Custom ref="titleCondition"/></LeftCondition>', "", "<And>", "needs one LeftCondition"),
]


@pytest.mark.parametrize(("old", "new", "element", "message"), MISTAKES)
def test_a_mistake_is_named_with_its_line_and_element(own_folder, old, new, element, message):
    path = own_folder / "xoai.xml"
    replace(path, old, new)
    found = problems(own_folder)
    assert [p for p in found if element in p and message in p], found
    for problem in found:
        where = re.match(rf"{re.escape(str(path))}:(\d+): <(\w+)", problem)
        line = path.read_text(encoding="utf-8").splitlines()[int(where[1]) - 1]
        assert f"<{where[2]}" in line or where[2] == "Configuration"


def test_all_mistakes_are_named_at_once(own_folder):
    for old, new in (('ref="driverSet"', 'ref="a"'), ('ref="driverFilter"', 'ref="b"'), (">contains<", ">has<")):
        replace(own_folder / "xoai.xml", old, new)
    assert len(problems(own_folder)) == 3


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("<Configuration>\n<Contexts>\n</Configuration>", 3, "mismatch"),
        ("<Configuration/>", 1, 'must begin with <Configuration xmlns="http://www.lyncode.com/XOAIConfiguration">'),
        ('<!-- -->\n<html xmlns="http://www.w3.org/1999/xhtml"/>', 2, "<html>: the file must begin with"),
        ('<?xml version="1.0"?>\n<!DOCTYPE c [<!ENTITY a "b">]>\n<c>&a;</c>', 2, "document type"),
        ('<!DOCTYPE c SYSTEM "file:///etc/passwd">\n<c/>', 1, "document type"),
        ("", 1, "empty"),
        ('<Configuration xmlns="http://www.lyncode.com/XOAIConfiguration"/>', 1, "needs a Context"),
    ],
)
def test_a_file_that_is_no_xoai_xml_is_refused(own_folder, content, line, message):
    path = own_folder / "xoai.xml"
    path.write_text(content)
    (problem,) = problems(own_folder)
    assert problem.startswith(f"{path}:{line}: <")
    assert message in problem


def test_a_file_that_is_not_there_is_a_mistake(own_folder):
    (own_folder / "xoai.xml").unlink()
    assert "can't be read: No such file" in problems(own_folder)[0]


@pytest.mark.parametrize(
    ("content", "where", "message"),
    [
        ("<xsl:stylesheet>", "dim.xsl:1", "prefix"),
        (stylesheet("\n<xsl:template match='/'>\n<xsl:value-of select='a['/></xsl:template>"), "dim.xsl:3", "a["),
        (stylesheet("\n<xsl:vlaue-of/>"), "dim.xsl:2", "vlaue-of"),
        (stylesheet("<xsl:template match='/'><xsl:vlaue-of/></xsl:template>"), "dim.xsl:1", "vlaue-of"),
        ("<html/>", "dim.xsl:1", ""),
        ('<!DOCTYPE x [<!ENTITY a "b">]>\n' + stylesheet("&a;"), "dim.xsl:1", "document type"),
        (stylesheet("\n\n<xsl:import href='none.xsl'/>"), "dim.xsl:3", "no file 'none.xsl'"),
        (stylesheet("<xsl:include href='../../secret.xsl'/>"), "dim.xsl:1", "outside oai/"),
        (stylesheet("<xsl:import href='http://localhost:9/a.xsl'/>"), "dim.xsl:1", "outside oai/"),
        (stylesheet("<xsl:import href='file:///etc/passwd'/>"), "dim.xsl:1", "outside oai/"),
        (stylesheet("<xsl:import/>"), "dim.xsl:1", "no file ''"),
        (
            stylesheet("<xsl:template match='/'>\n<xsl:copy-of select=\"document('/etc/passwd')\"/></xsl:template>"),
            "dim.xsl:2",
            "document() is refused",
        ),
        (
            stylesheet(
                "<xsl:template match='/'><xsl:value-of select='.' disable-output-escaping='yes'/></xsl:template>"
            ),
            "dim.xsl:1",
            "disable-output-escaping is refused",
        ),
        (
            stylesheet("<xsl:template match='/'><a b=\"{document ( 'x' )}\"/></xsl:template>"),
            "dim.xsl:1",
            "document() is refused",
        ),
    ],
)
def test_a_mistake_in_a_stylesheet_is_named_with_both_places(own_folder, content, where, message):
    (own_folder.parent / "secret.xsl").write_text(stylesheet(""))
    (own_folder / "metadataFormats" / "dim.xsl").write_text(content)
    (problem,) = problems(own_folder)
    assert re.match(rf"{own_folder}/xoai\.xml:\d+: <Format id=\"dim\">: metadataFormats/{where}: ", problem), problem
    assert message in problem


def test_words_that_only_look_like_document_are_no_mistake(own_folder):
    body = "<xsl:template match='/'><a b='document(s)'><xsl:value-of select=\"'document()'\"/></a></xsl:template>"
    (own_folder / "metadataFormats" / "dim.xsl").write_text(stylesheet(body))
    assert configuration.load(own_folder)


def test_manage_py_check_fails_and_names_the_mistake(own_folder, capsys):
    call_command("check")
    replace(own_folder / "xoai.xml", 'ref="driverSet"', 'ref="none"')
    with pytest.raises(SystemCheckError, match=r"xoai.xml:\d+: <Set ref=\"none\">: there is no Set of id 'none'"):
        call_command("check")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<xsl:template match='/'>\n<xsl:message terminate='yes'>no</xsl:message></xsl:template>", "oai.E001"),
        ("<xsl:template match='/'><a/><b/></xsl:template>", "oai.E001"),
        ("<xsl:template match='/'/>", "oai.W002"),  # it may mean to: an item that is no thesis, say
    ],
)
def test_manage_py_check_tries_each_stylesheet_on_a_simple_record(own_folder, body, kind):
    (own_folder / "metadataFormats" / "dim.xsl").write_text(stylesheet(body))
    (found,) = check_configuration()
    assert found.id == kind
    where = re.match(rf"{own_folder}/xoai\.xml:(\d+): <Format id=\"dim\">: dim\.xsl", found.msg)
    line = (own_folder / "xoai.xml").read_text(encoding="utf-8").splitlines()[int(where[1]) - 1]
    assert line.strip() == '<Format id="dim">'
    assert found.msg.endswith("(tried on a simple record, for /oai/request)")


@pytest.mark.parametrize("how", ["import", "include"])
def test_a_mistake_in_a_stylesheet_that_another_takes_in_is_reported_under_its_own_name(own_folder, how):
    (own_folder / "metadataFormats" / "dim.xsl").write_text(stylesheet(f"\n\n\n<xsl:{how} href='../common/part.xsl'/>"))
    body = "<xsl:template match='/'>\n<xsl:value-of select='unknown()'/></xsl:template>"
    (own_folder / "common").mkdir()
    (own_folder / "common" / "part.xsl").write_text(stylesheet(body))
    (found,) = check_configuration()
    assert '<Format id="dim">: part.xsl:2: ' in found.msg
