"""A prepared repository, an archive folder, and `import` as a function."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from django.core.management import CommandError, call_command

from repository.models import Collection, EPerson
from repository.services import site
from tests import factories


class Ran(NamedTuple):
    """What a command wrote, and how it ended."""

    out: str
    err: str
    failed: str | None


@pytest.fixture
def prepared(db: None, settings: object, tmp_path: Path) -> None:
    """Registries, groups and site are there, and the store is the test's own."""
    settings.STORAGES = {
        **settings.STORAGES,
        "assetstore0": {
            **settings.STORAGES["assetstore0"],
            "OPTIONS": {**settings.STORAGES["assetstore0"].get("OPTIONS", {}), "location": str(tmp_path / "store")},
        },
    }
    site.prepare(now=factories.NOW)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An empty archive folder; the map file of `run_import` lies beside it."""
    folder = tmp_path / "archive"
    folder.mkdir()
    return folder


@pytest.fixture
def importer(prepared: None) -> EPerson:
    return factories.administrator("importer@example.org")


@pytest.fixture
def theses(prepared: None) -> Collection:
    return factories.collection("Theses")


@pytest.fixture
def run(prepared: None) -> Callable[..., Ran]:
    """Run a command by its name; arguments are turned to text."""

    def call(name: str, *arguments: object) -> Ran:
        out, err, failed = io.StringIO(), io.StringIO(), None
        try:
            call_command(name.replace("-", "_"), *map(str, arguments), stdout=out, stderr=err)
        except CommandError as error:
            failed = str(error)
        return Ran(out.getvalue(), err.getvalue(), failed)

    return call


@pytest.fixture
def run_import(run: Callable[..., Ran], archive: Path, importer: EPerson, theses: Collection) -> Callable[..., Ran]:
    """`run_import("--add", ...)` with source, map file, eperson and, unless None is given, the collection Theses."""

    def call(*arguments: object, collection: object = theses.pk, mapfile: Path = archive.parent / "map") -> Ran:
        into = [] if collection is None else ["-c", collection]
        return run("import", *arguments, *into, "-s", archive, "-m", mapfile, "-e", importer.email)

    return call
