"""Export and import: an item that comes back has its DOI, and is updated at the agency again (DSpace's DS-1836)."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from identifiers.doi.states import State
from identifiers.models import DOI, Handle
from repository.authorize import SYSTEM
from repository.metadata import Value
from repository.models import Item
from repository.services import editing, items, site
from tests import factories
from tests.factories import NOW
from tests.unit.identifiers.doi.conftest import doi_of, everything, follow, state_of
from tests.unit.importexport.archives import make_item

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def prepared(db) -> None:
    site.prepare(now=NOW)


def exported(item: Item, folder: Path) -> Path:
    folder.mkdir()
    call_command("export", "-t", "ITEM", "-i", str(item.pk), "-d", str(folder), "-n", "1", stdout=io.StringIO())
    return folder


def imported(folder: Path, collection) -> str:
    """Import an archive; returns what was said of it."""
    factories.administrator("importer@example.org")
    out, err = io.StringIO(), io.StringIO()
    given = ["-a", "-e", "importer@example.org", "-c", str(collection.pk), "-s", str(folder), "-m", f"{folder}.map"]
    try:
        call_command("import", *given, stdout=out, stderr=err)
    except CommandError as error:
        err.write(str(error))
    return out.getvalue() + err.getvalue()


@pytest.mark.parametrize("elsewhere", [False, True], ids=["the same handle", "a handle of its own"])
def test_a_deleted_item_that_is_imported_again_has_its_doi_again(agency, tmp_path, elsewhere):
    item = factories.item()
    everything()
    doi, shelf = doi_of(item).doi, item.owning_collection
    folder = exported(Item.objects.get(pk=item.pk), tmp_path / "archive")
    items.expunge(acting_user=SYSTEM, item=item, now=NOW)
    follow()
    everything()
    assert DOI.objects.get().state == State.DELETED
    if elsewhere:
        Handle.objects.filter(object_id=item.pk).delete()
        (folder / "1" / "handle").unlink()
    imported(folder, shelf)
    again = Item.objects.get()
    assert doi_of(again).doi == doi
    assert DOI.objects.count() == 1
    follow()
    assert everything().code == 0
    assert agency.dois[doi.upper()].state == "findable"
    patch = editing.Patch(replace={"dc.title": [Value("Updated again")]})
    editing.edit_metadata(acting_user=SYSTEM, obj=again, patch=patch, now=NOW)
    follow()
    everything()
    assert "Updated again" in agency.dois[doi.upper()].metadata
    assert state_of(again) == State.IS_REGISTERED


def test_a_folder_with_the_doi_of_another_item_is_bad_and_the_others_go_on(agency, tmp_path):
    item = factories.item()
    everything()
    folder = exported(Item.objects.get(pk=item.pk), tmp_path / "archive")
    (folder / "1" / "handle").unlink()
    said = imported(folder, item.owning_collection)
    assert "is already the DOI of another item" in said
    assert Item.objects.count() == 1


@pytest.fixture
def numbers_as_before() -> Iterator[None]:
    """The numbers of DOIs to come are what they were, for other tests: no transaction takes a sequence back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM identifiers_doi_number")
        before = cursor.fetchone()
        yield
        cursor.execute("SELECT setval('identifiers_doi_number', %s)", before)


@pytest.mark.usefixtures("numbers_as_before")
@pytest.mark.parametrize(
    ("number", "is_followed"), [(2**31 - 1, True), (2**31 + 5, False), (999_999_999_999_999, False)], ids=str
)
def test_numbers_go_on_behind_one_that_an_import_brings_unless_no_repository_can_have_given_it(
    agency, tmp_path, number, is_followed
):
    before = int(doi_of(factories.item()).doi.removeprefix("10.12345/repo-"))
    shelf = factories.collection()
    make_item(tmp_path / "archive", "1", {"title": "Owls", "identifier.doi": f"10.12345/repo-{number}"})
    assert "0 bad" in imported(tmp_path / "archive", shelf)
    assert DOI.objects.filter(doi=f"10.12345/repo-{number}", object_id__isnull=False).exists()
    after = int(doi_of(factories.item()).doi.removeprefix("10.12345/repo-"))
    assert after == (number if is_followed else before) + 1
