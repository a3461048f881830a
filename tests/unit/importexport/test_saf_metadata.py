"""Metadata files give fields and values, or a reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from importexport.saf.metadata import parse_metadata
from importexport.saf.plan import BadItem
from repository.metadata import Value


def _parse(body: str, root: str = "<dublin_core>") -> list[tuple[str, Value]]:
    return parse_metadata("dublin_core.xml", f"{root}{body}</dublin_core>".encode())


def test_fields_languages_and_schema_are_read() -> None:
    body = (
        '<dcvalue element="title" qualifier="none" language="el">  Ἀθῆναι\n </dcvalue>'
        '<dcvalue element="date" qualifier="issued">1998-03</dcvalue><dcvalue element="type" qualifier=""/>'
    )
    assert _parse(body, '<dublin_core schema="local">') == [
        ("local.title", Value("Ἀθῆναι", "el")),
        ("local.date.issued", Value("1998-03")),
    ]


def test_blanks_inside_a_value_and_text_of_children_stay() -> None:
    assert _parse('<dcvalue element="title">H<sub>2</sub>O\n  and  <![CDATA[<ice>]]></dcvalue>') == [
        ("dc.title", Value("H2O\n  and  <ice>"))
    ]


def test_authorities_are_read_as_dspace_7_writes_them() -> None:
    body = '<dcvalue element="contributor" qualifier="author" authority="x-1" confidence="600">A</dcvalue>'
    assert _parse(body) == [("dc.contributor.author", Value("A", None, "x-1", 600))]


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("<dublin_core><dcvalue>", "dublin_core.xml: "),
        ('<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><dublin_core>&x;</dublin_core>', "DOCTYPE"),
        ("<html/>", "not dublin_core"),
        ("<dublin_core>\n<dcvalue>x</dcvalue></dublin_core>", "without element, line 2"),
        ('<dublin_core><dcvalue element="a" confidence="much">x</dcvalue></dublin_core>', "not a number"),
        ("", "dublin_core.xml: "),
    ],
)
def test_what_is_no_metadata_is_refused_with_its_reason(document: str, reason: str) -> None:
    with pytest.raises(BadItem, match=reason):
        parse_metadata("dublin_core.xml", document.encode())


_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r", exclude_categories=["Cc", "Cs"]))


@given(_TEXT)
def test_any_value_written_as_xml_is_read_back(text: str) -> None:
    root = etree.Element("dublin_core")
    try:
        etree.SubElement(root, "dcvalue", element="title").text = text
    except ValueError:  # not allowed in XML 1.0: it can't stand in a file
        return
    expected = [("dc.title", Value(text.strip(" \t\r\n")))] if text.strip(" \t\r\n") else []
    assert parse_metadata("f", etree.tostring(root)) == expected
