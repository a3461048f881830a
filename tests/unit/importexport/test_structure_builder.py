"""`structure-builder`: all of a structure, or nothing; the output names the handles."""

from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from identifiers import services as identifiers
from repository.models import Collection, Community
from tests import factories
from tests.shared import SHARED, needs_shared
from tests.unit.importexport.conftest import Ran
from tests.unit.importexport.test_structure import DOCUMENT


@pytest.fixture
def build(run: Callable[..., Ran], importer: object, tmp_path: Path) -> Callable[..., Ran]:
    def call(document: str, eperson: str = "importer@example.org") -> Ran:
        (tmp_path / "in.xml").write_text(document)
        return run("structure-builder", "-f", tmp_path / "in.xml", "-o", tmp_path / "out.xml", "-e", eperson)

    return call


def test_what_is_built_is_what_the_output_says(build: Callable[..., Ran], tmp_path: Path) -> None:
    assert build(DOCUMENT).failed is None
    root = etree.parse(str(tmp_path / "out.xml")).getroot()
    for element in root.iter("community", "collection"):
        row = identifiers.lookup(element.get("identifier"))
        model = Community if element.tag == "community" else Collection
        assert model.objects.get(pk=row.object_id).name == element.findtext("name")
    theses = next(c for c in Collection.objects.all() if c.name == "Theses")
    assert theses.community.name == "Institute"
    assert theses.community.parent.name == "Faculty"
    assert theses.md.values("dc.rights.license", "dc.provenance") == ["L", "P"]


def test_a_bad_structure_or_an_unknown_eperson_builds_nothing(build: Callable[..., Ran]) -> None:
    assert "exactly one name" in build(DOCUMENT.replace("<name>Papers</name>", "")).failed
    assert "no eperson" in build(DOCUMENT, "nobody@example.org").failed
    assert Community.objects.count() == 0


def test_who_may_not_create_communities_builds_none(build: Callable[..., Ran]) -> None:
    factories.eperson("reader@example.org")
    assert "only administrators" in build(DOCUMENT, "reader@example.org").failed
    assert Community.objects.count() == 0


@needs_shared("data", "nist", "structure.xml")
def test_a_structure_of_77_parts_is_built(run: Callable[..., Ran], importer: object, tmp_path: Path) -> None:
    source = SHARED / "data" / "nist" / "structure.xml"
    ran = run("structure-builder", "-f", source, "-o", tmp_path / "out.xml", "-e", "importer@example.org")
    assert ran.out.startswith("77 communities and collections built")
