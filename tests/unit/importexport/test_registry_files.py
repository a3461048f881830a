"""Registry files: DSpace's format, and the files we ship."""

from pathlib import Path

import pytest

from common.xml import XMLRefused
from repository.registry_files import RegistryFileError, read_fields, read_formats

REGISTRIES = Path(__file__).parents[3] / "config" / "registries"


def test_the_shipped_registries_hold_what_dspace_6_has() -> None:
    counts = {}
    for name in ("dublin-core", "dcterms", "eperson", "local", "workflow"):
        schemas, fields = read_fields(REGISTRIES / f"{name}-types.xml")
        assert len(schemas) == 1
        assert len(set(fields)) == len(fields)
        counts[name] = len(fields)
    assert counts == {"dublin-core": 69, "dcterms": 55, "eperson": 4, "local": 0, "workflow": 1}
    assert len(read_fields(REGISTRIES / "sword-metadata.xml")[1]) == 11


def test_the_shipped_formats_are_76_and_their_extensions_lead_to_one_each() -> None:
    formats = read_formats(REGISTRIES / "bitstream-formats.xml")
    assert len({f.short_description for f in formats}) == len(formats) == 76
    extensions = [e for f in formats for e in f.extensions]
    assert len(set(extensions)) == len(extensions)
    assert [f.short_description for f in formats if f.internal] == ["License", "CC License"]
    assert [f.short_description for f in formats if f.support_level == 0] == ["Unknown"]


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("<x/>", "expected <dspace-dc-types>"),
        ("<dspace-dc-types><dc-type/></dspace-dc-types>", ":1: <dc-type> without <element>"),
        ("<dspace-dc-types><dc-schema><name>a</name></dc-schema></dspace-dc-types>", "without <namespace>"),
        ("<dspace-dc-types>", "registry.xml"),
        ("<dspace-dc-types><dc-type><element>a.b</element></dc-type></dspace-dc-types>", ":1: <element> must be"),
    ],
)
def test_a_bad_registry_says_why(tmp_path: Path, document: str, reason: str) -> None:
    (tmp_path / "registry.xml").write_text(document)
    with pytest.raises((RegistryFileError, XMLRefused), match=reason):
        read_fields(tmp_path / "registry.xml")


def test_a_support_level_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "formats.xml").write_text(
        "<dspace-bitstream-types><bitstream-type><mimetype>a/b</mimetype><short_description>x</short_description>"
        "<support_level>7</support_level></bitstream-type></dspace-bitstream-types>"
    )
    with pytest.raises(RegistryFileError, match="not '7'"):
        read_formats(tmp_path / "formats.xml")
