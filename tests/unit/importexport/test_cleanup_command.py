"""`cleanup` removes what was deleted, and with -l only forgets it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from repository.models import Bitstream
from repository.services import items
from tests import factories
from tests.unit.importexport.conftest import Ran


@pytest.mark.parametrize(("options", "left"), [([], 0), (["-v"], 0), (["-l"], 1)])
def test_files_of_deleted_items_go_unless_they_are_left(
    run: Callable[..., Ran], tmp_path: Path, options: list[str], left: int
) -> None:
    item = factories.item(files=[factories.new_file("a.txt")])
    items.expunge(acting_user=factories.SYSTEM, item=item, now=factories.NOW)
    ran = run("cleanup", *options)
    assert "1 removed" in ran.out
    assert ("deleted bitstream" in ran.out) == ("-v" in options)
    assert Bitstream.objects.count() == 0
    assert len([p for p in (tmp_path / "store").rglob("*") if p.is_file()]) == left
