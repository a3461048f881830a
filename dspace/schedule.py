"""What runs when: the `schedule.*` keys, which read like the lines of a crontab.

    schedule.oai-import = 0 3 * * *  oai import
    schedule.changes = every 30s  repository.tasks.sweep_changes

Five fields of cron (in UTC) or `every <n>s|m|h`, then a command of manage.py with its arguments, or a task of Celery
(its name has a dot). An empty value switches a line off.
"""

from __future__ import annotations

import re
import shlex
from typing import NamedTuple

from dspace.configuration import Configuration

PREFIX = "schedule."
EVERY = re.compile(r"every\s+([1-9][0-9]{0,5})(s|m|h)\s+(.+)")
SECONDS = {"s": 1, "m": 60, "h": 3600}
STEP = r"(?:\*|[0-9]{1,2}(?:-[0-9]{1,2})?)(?:/[0-9]{1,2})?"
FIELD = re.compile(rf"{STEP}(?:,{STEP})*")
# minute, hour, day of the month, month, day of the week
LIMITS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))


class Job(NamedTuple):
    """One line of the schedule: either `every` seconds, or at the five fields of `cron`."""

    name: str
    every: int
    cron: tuple[str, ...]
    command: tuple[str, ...]


def read_schedule(configuration: Configuration) -> list[Job]:
    """The jobs in the order of their names. Raises ConfigurationError for a line that can't be read."""
    jobs = []
    for key in configuration.keys(PREFIX):
        # A comma in a cron field makes the value look like a list.
        line = ",".join(configuration.list(key))
        if line:
            jobs.append(_read_job(configuration, key, line))
    return jobs


def _read_job(configuration: Configuration, key: str, line: str) -> Job:
    name = key.removeprefix(PREFIX)
    if match := EVERY.fullmatch(line):
        return Job(name, int(match[1]) * SECONDS[match[2]], (), _words(configuration, key, match[3]))
    fields, command = line.split()[:5], line.split(None, 5)[5:]
    if not command or not all(_is_field(field, *limits) for field, limits in zip(fields, LIMITS, strict=True)):
        raise configuration.error(key, f"{line!r} is not like `0 3 * * * oai import` or `every 30m index-discovery`")
    return Job(name, 0, tuple(fields), _words(configuration, key, command[0]))


def _words(configuration: Configuration, key: str, command: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(command))
    except ValueError as error:
        raise configuration.error(key, str(error)) from None


def _is_field(field: str, lowest: int, highest: int) -> bool:
    """Whether one field of a cron line is well formed and within its limits."""
    values = re.sub(r"/[0-9]+", "", field)
    return bool(FIELD.fullmatch(field)) and all(lowest <= int(n) <= highest for n in re.findall(r"[0-9]+", values))
