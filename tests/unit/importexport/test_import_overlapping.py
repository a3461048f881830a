"""`import` with several workers: the same as with one. These tests commit, as a real import does."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from django.db import OperationalError, connection
from django.db.models import Model

from identifiers import services as identifiers
from importexport.models import ImportedItem
from importexport.saf.mapfile import read_map
from repository.models import Bitstream, Item
from repository.services import rows
from tests.unit.importexport.archives import make_item
from tests.unit.importexport.conftest import Ran

pytestmark = pytest.mark.django_db(transaction=True)
Import = Callable[..., Ran]


def test_the_map_follows_the_folders_and_bad_ones_hold_nobody_up(run_import: Import, archive: Path) -> None:
    for number in range(60):
        files = {"a.txt": b"a" * number} if number % 2 else None
        make_item(archive, f"item_{number}", files=files, contents="gone\n" if number % 7 == 3 else None)
    ran = run_import("-a")
    bad = [f"item_{n}" for n in range(60) if n % 7 == 3]
    assert [line.split(":")[0] for line in ran.err.splitlines()] == bad
    entries = read_map(archive.parent / "map")
    assert list(entries) == [f"item_{n}" for n in range(60) if n % 7 != 3]
    assert Item.objects.count() == ImportedItem.objects.count() == len(entries)
    by_handle = {i.md.first("dc.title"): identifiers.handle_of(i.pk) for i in Item.objects.all()}
    assert by_handle == {f"Title of {folder}": handle for folder, handle in entries.items()}


def test_no_connection_is_left_open(run_import: Import, archive: Path) -> None:
    for number in range(8):
        make_item(archive, f"item_{number}")
    before = idle_connections()  # those of other tests
    run_import("-a")
    assert idle_connections() <= before


def idle_connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle'")
        return cursor.fetchone()[0]


def test_a_database_that_fails_ends_the_import_and_resuming_completes_it(
    run_import: Import, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        make_item(archive, f"item_{number}", files={"a.txt": b"a"})
    insert = rows.insert

    def fail_at_item_9(*batches: Sequence[Model]) -> None:
        if any(isinstance(row, ImportedItem) and row.folder == "item_9" for batch in batches for row in batch):
            raise OperationalError("the server closed the connection")
        insert(*batches)

    monkeypatch.setattr(rows, "insert", fail_at_item_9)
    assert "closed the connection" in run_import("-a").failed
    monkeypatch.undo()
    assert list(read_map(archive.parent / "map")) == [f"item_{n}" for n in range(9)]
    assert run_import("-a", "-R").failed is None
    assert set(read_map(archive.parent / "map")) == {f"item_{n}" for n in range(20)}
    assert Item.objects.count() == Bitstream.objects.count() == 20
