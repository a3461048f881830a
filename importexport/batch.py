"""What the `import` command needs around an import: the source, the steps chosen by its options, the report."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import OutputWrapper
from django.utils import timezone

from common.commands import counted, progress
from importexport import importing, lookup, replacing
from importexport.importing import AddRequest
from importexport.saf.folder import item_folders
from importexport.saf.mapfile import read_map
from importexport.saf.zipped import unpack
from importexport.workplace import workplace

_CLEAR_LINE = "\r\x1b[2K"


@contextmanager
def opened_source(source: Path | None, zipped: Path | None) -> Iterator[Path | None]:
    """Yield the folder of item folders: `source`, or what `zipped` (a path, or a name in `source`) unpacks to."""
    if zipped is None:
        yield source
        return
    archive = source / zipped if source and (source / zipped).exists() else zipped
    with workplace(work_folder()) as folder:
        yield unpack(archive, folder)


def work_folder() -> Path:
    """Return the folder that zip files are unpacked in."""
    return Path(settings.DSPACE.get("org.dspace.app.batchitemimport.work.dir") or settings.VAR / "imports")


def outcomes(options: Mapping[str, Any], source: Path | None) -> tuple[importing.Outcomes, int]:
    """Return the steps that the options ask for, not yet begun, and how many there are."""
    eperson = lookup.find_eperson(options["eperson"])
    if options["delete"]:
        entries = read_map(options["mapfile"])
        return replacing.delete(entries, now=timezone.now, test=options["test"]), len(entries)
    assert source is not None  # the command refuses to run without
    request = AddRequest(
        source=source,
        eperson=eperson,
        collections=[lookup.find_collection(name) for name in options["collection"]],
        template=options["template"],
    )
    entries = read_map(options["mapfile"]) if options["replace"] else {}
    folders = list(entries) if options["replace"] else item_folders(source)
    if options["test"]:
        return importing.check(request, folders, new=options["add"]), len(folders)
    if options["replace"]:
        return replacing.replace(request, eperson, entries, now=timezone.now), len(folders)
    steps = importing.add(
        request,
        folders,
        mapfile=options["mapfile"],
        now=timezone.now,
        resume=options["resume"],
        workers=1 if options["strict"] else importing.WORKERS,  # none after the bad one may have begun
    )
    return steps, len(folders)


class Report:
    """Tells a person how an import goes: a bar on a terminal, each bad folder with its reason, a summary."""

    def __init__(self, stdout: OutputWrapper, stderr: OutputWrapper, options: Mapping[str, Any]) -> None:
        self._stdout, self._stderr = stdout, stderr
        self._quiet, self._strict, self._test = options["quiet"], options["strict"], options["test"]

    def follow(self, outcomes: importing.Outcomes, total: int) -> int:
        """Carry the steps out and return how many were bad; `strict` stops at the first."""
        begun, seen, bad, before = time.monotonic(), 0, 0, 0
        over_bar = _CLEAR_LINE if self._stderr.isatty() else ""  # the bar is drawn again below
        with closing(outcomes), self._progress(total) as advance:
            for outcome in outcomes:
                seen += 1
                before += outcome.handle is None and outcome.reason is None
                if outcome.reason:
                    bad += 1
                    self._stderr.write(f"{over_bar}{outcome.folder}: {outcome.reason}")
                    if self._strict:
                        break
                advance(1)
        self._summary(seen, bad, before, time.monotonic() - begun)
        return bad

    def _progress(self, total: int) -> AbstractContextManager[Callable[[int], None]]:
        return nullcontext(lambda steps: None) if self._quiet else progress("Items", total)

    def _summary(self, seen: int, bad: int, before: int, seconds: float) -> None:
        if self._test:
            self._stdout.write(f"{counted(seen, 'item')} checked, {bad} bad; nothing was changed")
            return
        done = seen - bad - before
        parts = [f"{counted(done, 'item')} in {seconds:.1f} s ({done / max(seconds, 0.001):.0f} items/s)"]
        parts += [f"{before} unchanged"] if before else []
        self._stdout.write(", ".join([*parts, f"{bad} bad"]))
