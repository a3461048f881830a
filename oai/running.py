"""The configuration that this process runs with: that of the folder `oai.config.dir`, as it is now.

Called by views, stores and checks; each asks `current()` again whenever it begins something, so that a changed file
counts at once. One with mistakes never counts, nor one with a stylesheet that fails on a simple record: it would empty
lists. Fails: ConfigurationError where there never was a better one; else the last such goes on.
"""

import logging
import threading
import time
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from oai import trial
from oai.configuration import Configuration, ConfigurationError, load

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0  # seconds between two looks for changed files

_path = lru_cache(16)(Path)  # each request asks for the folder: to make a Path takes a twentieth of its time


def folder() -> Path:
    """Return the folder of xoai.xml and the stylesheets (`oai.config.dir`)."""
    return _path(settings.DSPACE.get("oai.config.dir") or f"{settings.BASE_DIR}/config/crosswalks/oai")


class _Holder:
    """The configuration of this process, read again when a file in the folder has changed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._folder: Path | None = None
        self._seen: object = None
        self._looked = 0.0
        self._good: Configuration | None = None
        self._problems: list[str] = []

    def current(self, folder: Path, *, at_once: bool) -> Configuration:
        """Return the newest configuration without mistakes. Raises ConfigurationError where none ever was."""
        if at_once or not self._good or folder != self._folder or time.monotonic() - self._looked >= LOOK_EVERY:
            with self._lock:
                self._look(folder)
        if self._good is None:
            raise ConfigurationError(self._problems)
        return self._good

    def _look(self, folder: Path) -> None:
        if folder != self._folder:
            self._folder, self._seen, self._good = folder, None, None
        self._looked = time.monotonic()
        seen = _state_of(folder)
        if seen == self._seen:
            return
        try:
            found = load(folder)
            if mistakes := trial.outcome(found).mistakes:
                raise ConfigurationError(mistakes)
            self._good = found
        except ConfigurationError as error:
            self._problems = error.problems
            kept = "the one before is kept" if self._good else "there is none before it"
            log.error("the configuration of the OAI provider has mistakes, %s:\n%s", kept, error)
        self._seen = seen


def _state_of(folder: Path) -> tuple[tuple[str, int, int, int], ...]:
    """Return what tells whether any file of the folder has changed."""
    found = []
    for path in sorted(folder.rglob("*")):
        try:
            stat = path.stat()
        except OSError:  # gone since it was listed
            continue
        found.append((str(path), stat.st_mtime_ns, stat.st_size, stat.st_ino))
    return tuple(found)


_holder = _Holder()


def current(*, at_once: bool = False) -> Configuration:
    """Return the configuration. Files are looked at once a second, or `at_once`; one with mistakes does not count.

    Raises ConfigurationError when this process never had one without; the log names its mistakes once.
    """
    return _holder.current(folder(), at_once=at_once)
