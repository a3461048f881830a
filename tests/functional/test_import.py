"""`import` as a process that is killed, and with real archives."""

import hashlib
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from common.text import natural_key
from tests.functional.instance import ROOT, Instance, wait_for
from tests.shared import SHARED, needs_shared
from tests.unit.importexport.archives import make_item

pytestmark = [pytest.mark.functional, pytest.mark.embedded]
ADMIN = "admin@example.org"
STRUCTURE = """<import_structure><community><name>A</name><collection><name>B</name></collection></community>
</import_structure>"""


@pytest.fixture
def instance() -> Iterator[Instance]:
    instance = Instance()
    manage(instance, "database", "migrate")
    manage(instance, "create-administrator", "-e", ADMIN, "-f", "A", "-l", "B", "-p", "correct horse battery staple")
    yield instance
    instance.remove()


def manage(instance: Instance, *arguments: object) -> str:
    ran = instance.manage(*map(str, arguments))
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def build(instance: Instance, structure: Path) -> list[str]:
    """Build a structure and return the handles of its collections, in order."""
    output = instance.var / "structure.xml"
    manage(instance, "structure-builder", "-f", structure, "-o", output, "-e", ADMIN)
    lines = output.read_text().splitlines()
    return [line.split('"')[1] for line in lines if "<collection identifier=" in line]


def question(instance: Instance, python: str) -> str:
    """Answer a line of Python asked of the instance's database."""
    return manage(instance, "shell", "--no-imports", "-c", python).strip()


def import_command(source: Path, collection: str, mapfile: Path, *more: str) -> list[str]:
    return ["import", "-a", "-e", ADMIN, "-c", collection, "-s", str(source), "-m", str(mapfile), *more]


def test_a_killed_import_resumes_with_nothing_lost_and_nothing_twice(instance: Instance) -> None:
    archive, mapfile = instance.var / "archive", instance.var / "map"
    for number in range(300):
        make_item(archive, f"item_{number}", files={"a.txt": b"a" * number})
    (instance.var / "in.xml").write_text(STRUCTURE)
    [collection] = build(instance, instance.var / "in.xml")
    command = import_command(archive, collection, mapfile)
    for lines in (40, 120):  # killed twice, at moments nobody chose
        process = subprocess.Popen([sys.executable, "manage.py", *command], cwd=ROOT, env=instance.environ)
        wait_for(lambda: mapfile.exists() and len(mapfile.read_text().splitlines()) >= lines)  # noqa: B023
        process.send_signal(signal.SIGKILL)
        process.wait()
        command = import_command(archive, collection, mapfile, "--resume")
    mapfile.write_text(mapfile.read_text()[:-7])  # the last lines never reached the disk
    assert "0 bad" in manage(instance, *command)
    entries = dict(line.rsplit(" ", 1) for line in mapfile.read_text().splitlines())
    assert set(entries) == {f"item_{number}" for number in range(300)}
    assert len(set(entries.values())) == 300
    counts = (
        "from repository.models import *; from importexport.models import *; from identifiers.models import Handle;"
        "print(Item.objects.count(), len({i.name for i in Item.objects.all()}), Bitstream.objects.count(),"
        "ImportedItem.objects.count(), ImportRun.objects.count(), Handle.objects.filter(object_type=2).count())"
    )
    assert question(instance, counts) == "300 300 300 300 1 300"


@needs_shared("data", "jose")
def test_articles_with_their_files_are_loaded_as_they_are(instance: Instance) -> None:
    jose = SHARED / "data" / "jose"
    manage(instance, "registry-loader", "-metadata", jose / "registry.xml")
    collections = build(instance, jose / "structure.xml")
    source = jose / "jose-v1"
    assert "8 items in" in manage(instance, *import_command(source, collections[0], instance.var / "map"))
    expected = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in source.glob("*/*.pdf")}
    stored = question(
        instance,
        "from repository.models import *; from repository import bitstore; import hashlib\n"
        "for b in Bitstream.objects.filter(metadata__contains={'dc.title': []}):\n"
        "    data = bitstore.storage_of(0).open(bitstore.name_in_store(b.internal_id)).read()\n"
        "    assert hashlib.sha256(data).hexdigest() == b.sha256 and hashlib.md5(data).hexdigest() == b.md5\n"
        "    print(b.name, b.sha256)",
    )
    found = dict(line.split() for line in stored.splitlines())
    assert expected.items() <= found.items()
    assert len(expected) == 8


@needs_shared("data", "nist", "nist.tar.xz")
def test_reports_are_loaded_in_natural_order(instance: Instance) -> None:
    nist = SHARED / "data" / "nist"
    with tarfile.open(nist / "nist.tar.xz") as packed:
        packed.extraction_filter = getattr(tarfile, "data_filter", None)  # Python 3.11.4 and newer
        members = [m for m in packed if m.name.startswith("nist/nbs-sp-250/")]
        packed.extractall(instance.var, members)
    source = instance.var / "nist" / "nbs-sp-250"
    collection = build(instance, nist / "structure.xml")[1]
    mapfile = instance.var / "map"
    assert "34 items in" in manage(instance, *import_command(source, collection, mapfile))
    lines = [line.rsplit(" ", 1) for line in mapfile.read_text().splitlines()]
    assert [folder for folder, _ in lines] == sorted((p.name for p in source.iterdir()), key=natural_key)
