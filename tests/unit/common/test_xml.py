"""XML of strangers: what is accepted and what is refused."""

import pytest

from common.xml import XMLRefused, parse_xml

ENTITY = b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>'
BOMB = b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><a>&b;</a>'


@pytest.mark.parametrize("hostile", [ENTITY, BOMB, b"<!DOCTYPE a><a/>", b"<a>", b"", b"\xff\xfe<"])
def test_document_types_entities_and_broken_documents_are_refused(hostile):
    with pytest.raises(XMLRefused):
        parse_xml(hostile)


def test_a_document_that_is_too_large_is_refused(tmp_path):
    path = tmp_path / "large.xml"
    path.write_bytes(b"<a>" + b"x" * 100 + b"</a>")
    with pytest.raises(XMLRefused, match="larger than 50 bytes"):
        parse_xml(path, max_bytes=50)
    assert parse_xml(path).tag == "a"


def test_the_reason_names_the_file_and_line(tmp_path):
    path = tmp_path / "dublin_core.xml"
    path.write_text("<dublin_core>\n<dcvalue></dublin_core>")
    with pytest.raises(XMLRefused, match=r"dublin_core\.xml.*line 2"):
        parse_xml(path)
