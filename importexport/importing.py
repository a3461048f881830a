"""Applying plans: each folder of an archive becomes an item, in one transaction with the record of it."""

import os
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import IO, NamedTuple
from uuid import UUID

from django.db import DataError, IntegrityError
from django.db.models import QuerySet

from identifiers.handle_server.values import folded
from identifiers.services import HandleTaken, IdentifierRefused
from importexport import lookup
from importexport.models import ImportedItem, ImportRun
from importexport.saf.files import OpenFolder
from importexport.saf.folder import read_item
from importexport.saf.mapfile import MapWriter, read_map
from importexport.saf.plan import BadItem, FilePlan, ItemPlan
from importexport.workers import in_processes
from repository import bitstore, changes, wakeup
from repository.authorize import SYSTEM
from repository.constants import Action
from repository.metadata import Document, Metadata, document
from repository.models import Collection, EPerson
from repository.services import install, registries, rows
from repository.services.policies import PolicySpec
from repository.services.supplies import Supplies

# What makes one folder bad. All of it is raised before the item's transaction commits: nothing is half-loaded.
REFUSALS = (
    BadItem,
    DataError,
    HandleTaken,
    IdentifierRefused,
    IntegrityError,
    bitstore.NoSuchStore,
    bitstore.RegisteredPathRefused,
    lookup.NotFound,
    registries.UnknownField,
)


WORKERS = min(4, (os.cpu_count() or 1) + 1)  # processes: one more than cores, for each waits for the disk at a commit
_LARGE = 500  # folders of an import after which the planner should look at the tables again


class Outcome(NamedTuple):
    """What became of one folder: the handle of its item, or the reason why it is none. Both None: was there already."""

    folder: str
    handle: str | None = None
    reason: str | None = None


Outcomes = Generator[Outcome, None, None]


@dataclass(frozen=True)
class AddRequest:
    """What the folders of an import share; without `collections` each goes where its own `collections` file says."""

    source: Path
    eperson: EPerson | None = None
    collections: Sequence[Collection] = ()
    template: bool = False
    find_collection: Callable[[str], Collection] = field(default_factory=lambda: cache(lookup.find_collection))
    find_group: Callable[..., UUID] = field(default_factory=lambda: cache(lookup.find_group))
    guess_format: Callable[..., int] = field(default_factory=lambda: cache(lookup.guess_format))
    supplies: Supplies = field(default_factory=Supplies)


class MapFileExists(ValueError):
    """The map file of an import that is not resumed exists: another import made it."""


class NotStored(OSError):
    """A file could not be written to its store: the disk is full, say. So it is for the next, and the import ends."""


class NothingToResume(ValueError):
    """Neither a run nor a file is known under the map file's name: to go on would be to load everything again."""


def add(
    request: AddRequest,
    folders: Iterable[str],
    *,
    mapfile: Path,
    now: Callable[[], datetime],
    resume: bool = False,
    workers: int = WORKERS,
) -> Outcomes:
    """Add each folder of `request.source` as an item and say at once what became of it.

    Several processes share the folders; outcomes come in the order of the folders; the blocks of handles about so.

    Raises MapFileExists, NothingToResume, MapFileError; NotStored and database errors, which concern more than one
    folder, end the run, and a second call with `resume` goes on with it.
    """
    if not resume and mapfile.exists():
        raise MapFileExists(f"the map file {mapfile} exists: remove it, or resume its import with --resume")
    if resume and not mapfile.exists() and not _runs_of(mapfile).exists():
        raise NothingToResume(f"nothing is known of an import with map file {mapfile}; leave out --resume to begin one")
    with MapWriter(mapfile) as writer:
        run, done = _begin(request, mapfile, resume, now())
        writer.rewrite(done)

        def step(folder: str) -> Outcome:
            return Outcome(folder) if folder in done else _add_folder(request, run, folder, now())

        names = list(folders)
        for outcome in in_processes(step, names, count=workers):
            if outcome.handle:
                writer.add(outcome.folder, outcome.handle)
            yield outcome
        if len(names) >= _LARGE:
            rows.refresh_statistics()
        wakeup.wake(changes.consumers())  # once more: a process that ends leaves its last wake-up unsaid
        run.finished = now()
        run.save(update_fields=["finished"])


def check(request: AddRequest, folders: Iterable[str], *, new: bool = True) -> Outcomes:
    """Read and check each folder as `add` would, and change nothing; those of items that are there are not `new`."""
    taken: set[str] = set()
    for folder in folders:
        try:
            plan = read_item(request.source / folder)
            if new and plan.handle:
                row = install.left_behind(plan.handle)
                name = folded(row.handle if row else plan.handle)
                if name in taken:
                    raise HandleTaken(f"handle {plan.handle} already names another object")
                taken.add(name)
            if new:
                targets(request, plan)
            registries.require_fields(name for name, _ in plan.values)
            for file in plan.files:
                _policies(request, file)
                if file.store is not None:
                    bitstore.register_file(file.path, store_number=file.store)
            yield Outcome(folder)
        except REFUSALS as error:
            yield Outcome(folder, reason=reason_of(error))


def targets(request: AddRequest, plan: ItemPlan) -> list[Collection]:
    """Return the collections the item goes to, the owner first, each once. Raises BadItem, NotFound."""
    named = list(request.collections) or [request.find_collection(name) for name in plan.collections]
    if not named:
        raise BadItem("no collection is given, and the folder has no collections file")
    return list({collection.pk: collection for collection in named}.values())


def stored_files(request: AddRequest, plan: ItemPlan) -> list[install.NewFile]:
    """Copy the plan's files into the store (registered ones stay where they are) and return them, all or none.

    Raises NotStored, and what REFUSALS has.
    """
    given = [_policies(request, file) for file in plan.files]  # all names are looked up before a byte is written
    stored: list[install.NewFile] = []
    try:
        for file, policies in zip(plan.files, given, strict=True):
            stored.append(_new_file(request, plan.folder, file, policies))
    except (*REFUSALS, NotStored):
        discard(stored)
        raise
    return stored


def discard(files: Iterable[install.NewFile]) -> None:
    """Remove the files of an item whose transaction was rolled back. (Where that is not certain, `cleanup` does it.)"""
    for file in files:
        if not file.stored.internal_id.startswith(bitstore.REGISTERED):
            storage = bitstore.storage_of(file.stored.store_number)
            storage.delete(bitstore.name_in_store(file.stored.internal_id))


def plan_metadata(plan: ItemPlan, template: Document) -> Document:
    """Return the metadata of a new item: that of the collection's template, then the folder's."""
    return document([*Metadata(template).items(), *plan.values])


def reason_of(error: BaseException) -> str:
    """Return one line for a person."""
    return " ".join(str(error).split()) or type(error).__name__


def _begin(request: AddRequest, mapfile: Path, resume: bool, now: datetime) -> tuple[ImportRun, dict[str, str]]:
    """Return the run, and the folders that are loaded already with their handles.

    A map file that no run is recorded for is believed: it came from a real DSpace.
    """
    run = _runs_of(mapfile).order_by("-started").first() if resume else None
    if run:
        return run, dict(run.items.order_by("id").values_list("folder", "handle"))
    source = str(request.source.resolve())
    run = ImportRun.objects.create(mapfile=str(mapfile.resolve()), source=source, eperson=request.eperson, started=now)
    return run, read_map(mapfile)


def _runs_of(mapfile: Path) -> QuerySet[ImportRun]:
    return ImportRun.objects.filter(mapfile=str(mapfile.resolve()))


def _add_folder(request: AddRequest, run: ImportRun, folder: str, now: datetime) -> Outcome:
    files: list[install.NewFile] = []
    try:
        plan = read_item(request.source / folder)
        collections = targets(request, plan)
        files = stored_files(request, plan)
        template = collections[0].template_metadata if request.template else {}
        record = ImportedItem(run_id=run.pk, folder=folder)
        install.add_item(
            acting_user=SYSTEM,  # who may run commands on the server may do everything, as in DSpace
            collections=collections,
            metadata=plan_metadata(plan, template),
            files=files,
            handle=plan.handle,
            submitter_id=request.eperson.pk if request.eperson else None,
            now=now,
            supplies=request.supplies,
            record=record,
        )
        return Outcome(folder, record.handle)
    except REFUSALS as error:
        discard(files)
        return Outcome(folder, reason=reason_of(error))


def _policies(request: AddRequest, file: FilePlan) -> list[PolicySpec] | None:
    if file.permission is None:
        return None
    group_id = request.find_group(file.permission.group)
    return [PolicySpec(Action[file.permission.action], group_id=group_id)]


def _new_file(request: AddRequest, folder: Path, file: FilePlan, policies: list[PolicySpec] | None) -> install.NewFile:
    if file.store is None:
        with OpenFolder(folder) as opened, opened.open(file.path) as stream:
            stored = _stored(stream, f"{folder.name}/{file.path}")
    else:
        stored = bitstore.register_file(file.path, store_number=file.store)
    return install.NewFile(
        name=file.name,
        stored=stored,
        bundle=file.bundle,
        description=file.description or "",
        primary=file.primary,
        format_id=request.guess_format(Path(file.name).suffix),
        policies=policies,
    )


def _stored(stream: IO[bytes], name: str) -> bitstore.StoredFile:
    """Copy a file into the store for new ones. Raises NotStored."""
    try:
        return bitstore.store_file(stream)
    except OSError as error:
        number = bitstore.incoming()
        place = getattr(bitstore.storage_of(number), "location", "") or "no folder"
        raise NotStored(
            f"{name}: can't be copied to assetstore {number} ({place}): {error.strerror or error}. The import ends "
            "here, with nothing of this item; those before it are there. Once that is mended, --add --resume goes on"
        ) from error
