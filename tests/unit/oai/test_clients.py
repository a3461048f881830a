"""Clients that nobody here wrote harvest a live server: Sickle, oaipmh-scythe; in Java DSpace's and Dataverse's."""

import tarfile
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from oaipmh_scythe import HTTPConfig, Scythe
from oaipmh_scythe.exceptions import NoRecordsMatch as ScytheNoRecordsMatch
from sickle import Sickle
from sickle.oaiexceptions import BadResumptionToken, IdDoesNotExist, NoRecordsMatch

from identifiers.services import handle_of
from repository import changes
from repository.authorize import SYSTEM
from repository.models import Item
from repository.services import items
from tests import factories as make
from tests.java import harvest
from tests.shared import SHARED, needs_shared
from tests.unit.oai.conftest import Harvester, let_the_second_pass, oai_id
from tools import maven

pytestmark = pytest.mark.django_db(transaction=True)
lack = maven.missing()
needs_java = pytest.mark.skipif(lack is not None, reason=f"needs Maven and a JDK: {lack}")


@pytest.fixture
def archive():
    """Twenty-five items in two collections, three of them withdrawn again."""
    first, second = make.collection("First"), make.collection("Second")
    made = [make.item(f"Item {n}", within=second if n % 5 == 0 else first) for n in range(25)]
    changes.run_all("oai", now=timezone.now)
    for item in made[:3]:
        items.withdraw(acting_user=SYSTEM, item=item, now=timezone.now())
    changes.run_all("oai", now=timezone.now)
    let_the_second_pass()
    return first, second, made


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_sickle_harvests_everything(archive, live_server, small_pages, method):
    small_pages(10)
    _, second, made = archive
    sickle = Sickle(f"{live_server.url}/oai/request", http_method=method)
    records = list(sickle.ListRecords(metadataPrefix="oai_dc"))
    assert {r.header.identifier for r in records} == {oai_id(handle_of(item.pk)) for item in made}
    assert sum(r.deleted for r in records) == 3
    assert {r.metadata["title"][0] for r in records if not r.deleted} == {f"Item {n}" for n in range(3, 25)}
    assert len(list(sickle.ListIdentifiers(metadataPrefix="oai_dc", ignore_deleted=True))) == 22
    spec = f"col_{handle_of(second.pk).replace('/', '_')}"
    assert len(list(sickle.ListRecords(metadataPrefix="oai_dc", set=spec))) == 5
    assert spec in [s.setSpec for s in sickle.ListSets()]
    assert sickle.Identify().deletedRecord == "persistent"
    assert "oai_dc" in [f.metadataPrefix for f in sickle.ListMetadataFormats()]
    assert sickle.GetRecord(identifier=records[-1].header.identifier, metadataPrefix="oai_dc").header.identifier


def test_sickle_hears_of_errors(archive, live_server):
    sickle = Sickle(f"{live_server.url}/oai/request")
    with pytest.raises(NoRecordsMatch):
        sickle.ListRecords(metadataPrefix="oai_dc", until="1990-01-01")
    with pytest.raises(IdDoesNotExist):
        sickle.GetRecord(metadataPrefix="oai_dc", identifier=oai_id("123456789/99999"))
    with pytest.raises(BadResumptionToken):
        sickle.ListRecords(resumptionToken="junk")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_scythe_harvests_everything(archive, live_server, small_pages, method):
    small_pages(10)
    _, second, made = archive
    with Scythe(f"{live_server.url}/oai/request", http_config=HTTPConfig(http_method=method)) as scythe:
        records = list(scythe.list_records(metadata_prefix="oai_dc"))
        assert {r.header.identifier for r in records} == {oai_id(handle_of(item.pk)) for item in made}
        assert sum(r.deleted for r in records) == 3
        assert len(list(scythe.list_identifiers(metadata_prefix="oai_dc", ignore_deleted=True))) == 22
        spec = f"col_{handle_of(second.pk).replace('/', '_')}"
        assert len(list(scythe.list_records(metadata_prefix="oai_dc", set_=spec))) == 5
        assert spec in [s.setSpec for s in scythe.list_sets()]
        assert scythe.identify().granularity == "YYYY-MM-DDThh:mm:ssZ"
        with pytest.raises(ScytheNoRecordsMatch):
            list(scythe.list_records(metadata_prefix="oai_dc", until="1990-01-01"))


@needs_java
@pytest.mark.parametrize("client", ["oclc", "xoai"])
def test_harvesters_in_java_harvest_everything(archive, live_server, small_pages, client):
    small_pages(10)
    _, second, made = archive
    spec = f"col_{handle_of(second.pk).replace('/', '_')}"
    lines = harvest(client, f"{live_server.url}/oai/request", "oai_dc")
    identifiers = [oai_id(handle_of(item.pk)) for item in made]
    expected = [f"{'deleted' if n < 3 else 'record'} {identifier}" for n, identifier in enumerate(identifiers)]
    assert sorted(line for line in lines if " oai:" in line) == sorted(expected)
    assert "granularity YYYY-MM-DDThh:mm:ssZ" in lines
    assert f"set {spec}" in lines
    # DSpace's harvester finds the prefix of a format by its namespace.
    assert "format http://www.openarchives.org/OAI/2.0/oai_dc/" in lines
    assert "format http://www.w3.org/2005/Atom" in lines
    of_set = [line for line in harvest(client, f"{live_server.url}/oai/request", "oai_dc", spec) if " oai:" in line]
    assert len(of_set) == 5


@needs_java
def test_the_harvester_of_dspace_hears_of_errors_and_harvests_other_formats(archive, live_server):
    base_url = f"{live_server.url}/oai/request"
    assert "error noRecordsMatch" in harvest("oclc", base_url, "oai_dc", "col_none")
    assert "error cannotDisseminateFormat" in harvest("oclc", base_url, "nope")
    for prefix in ("dim", "ore"):
        assert sum(line.startswith("record ") for line in harvest("oclc", base_url, prefix)) == 22


@needs_shared("data", "jose")
def test_sickle_harvests_a_real_journal(live_server, small_pages, tmp_path):
    """The articles of a volume of JOSE, imported as an administrator does."""
    small_pages(5)
    call_command("registry_loader", "-metadata", str(SHARED / "data" / "jose" / "registry.xml"), stdout=StringIO())
    source = SHARED / "data" / "jose" / "jose-v2"
    assert_harvested(live_server, source, len(list(source.iterdir())), tmp_path)


@needs_shared("data", "nist")
def test_sickle_harvests_real_reports(live_server, small_pages, tmp_path):
    """A hundred NIST reports, with the oddities of their titles and names."""
    small_pages(20)
    folders: list[str] = []
    with tarfile.open(SHARED / "data" / "nist" / "nist.tar.xz") as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # Python 3.11.4 and newer
        for member in archive:
            parts = member.name.split("/")
            if len(parts) < 3:
                continue
            if parts[2] not in folders:
                folders.append(parts[2])
            if len(folders) > 100:
                break
            member.name = "/".join(parts[2:])
            archive.extract(member, tmp_path / "reports")
    assert_harvested(live_server, tmp_path / "reports", 100, tmp_path)


def assert_harvested(live_server, source, count, tmp_path):
    """Import a folder of items and hold against it what Sickle harvests."""
    admin, collection = make.administrator(), make.collection()
    where = ["--collection", handle_of(collection.pk), "--source", str(source), "--mapfile", str(tmp_path / "map")]
    call_command("import", "--add", "--eperson", admin.email, *where, stdout=StringIO(), stderr=StringIO())
    changes.run_all("oai", now=timezone.now)
    let_the_second_pass()
    harvested = list(Sickle(f"{live_server.url}/oai/request").ListRecords(metadataPrefix="oai_dc"))
    titles = {oai_id(handle_of(item.pk)): item.name for item in Item.objects.all()}
    assert len(harvested) == len(titles) == count
    for record in harvested:
        assert record.metadata["title"][0] == titles[record.header.identifier]
    valid = Harvester(Client())
    assert len(valid.headers()) == count
