"""What `manage.py check` says about the configuration: keys that have no effect, and where they stand."""

from __future__ import annotations

import difflib
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.management import get_commands
from django.utils.module_loading import import_string

from dspace import known_keys
from dspace.configuration import CARRIED_OVER, ENVIRONMENT, Configuration
from dspace.database import read_url
from dspace.schedule import PREFIX, Job, read_schedule
from dspace.site import has_pages

NOT_READ, UNKNOWN, IGNORED_OPTION, CUT_OFF = "dspace.W001", "dspace.W002", "dspace.W003", "dspace.W004"
UNTRANSLATED, NO_COMMAND = "dspace.W005", "dspace.E001"
# Keys with one value, where a comma written without a backslash cuts off what follows it; as in every password.
SINGLE_VALUES = (
    *("dspace.name", "mail.from.address", "broker.url", "identifier.doi.ezid.publisher"),
    *(f"crosswalk.dissemination.DataCite.{name}" for name in ("publisher", "dataManager", "hostingInstitution")),
)


@checks.register("configuration")
def check_configuration(**_: Any) -> list[checks.CheckMessage]:
    """Warn of keys that are set and not read, of values that are not read to their end; of commands that are none."""
    configuration: Configuration = settings.DSPACE
    messages = [_warning(configuration, key) for key in sorted(configuration.entries) if _is_set(configuration, key)]
    messages += [_no_command(configuration, job) for job in read_schedule(configuration)]
    untranslated = _untranslated(configuration)
    return [*filter(None, messages), *_ignored_options(configuration), *_cut_off(configuration), *untranslated]


def _is_set(configuration: Configuration, key: str) -> bool:
    """Whether somebody set this key for us: not one of the shell's own variables."""
    where = configuration.where(key)
    if where.startswith(ENVIRONMENT):
        return "." in key
    return key not in CARRIED_OVER


def _warning(configuration: Configuration, key: str) -> checks.CheckMessage | None:
    where, part = configuration.where(key), known_keys.part_of(key)
    if part == "":
        return None
    if part is None:
        close = difflib.get_close_matches(key, known_keys.exact_keys(), n=1, cutoff=0.85)
        hint = f"Did you mean {close[0]}?" if close else None
        return checks.Warning(f"{where}: {key} is not a key that DSpace knows", hint=hint, id=UNKNOWN)
    reason = "it has no meaning in this DSpace" if part == "no meaning" else f"it belongs to a part to come: {part}"
    return checks.Warning(f"{where}: {key} is not read; {reason}", id=NOT_READ)


def _ignored_options(configuration: Configuration) -> list[checks.CheckMessage]:
    if not configuration.get("db.url"):
        return []
    where = configuration.where("db.url")
    return [
        checks.Warning(f"{where}: the option {name} of db.url is not read; only Java knows it", id=IGNORED_OPTION)
        for name in read_url(configuration).ignored
    ]


def _cut_off(configuration: Configuration) -> list[checks.CheckMessage]:
    return [
        checks.Warning(
            f"{configuration.where(key)}: {key} has a comma and is read up to there",
            hint="Write \\, for a comma that belongs to the value.",
            id=CUT_OFF,
        )
        for key in sorted(configuration.entries)
        if (key in SINGLE_VALUES or configuration.is_secret(key)) and len(configuration.values(key)) > 1
    ]


def _untranslated(configuration: Configuration) -> list[checks.CheckMessage]:
    """Languages that are asked for and that no page is in yet."""
    keys = ("default.locale", "webui.supported.locales")
    wanted = {locale: key for key in reversed(keys) for locale in configuration.list(key)}
    return [
        checks.Warning(
            f"{configuration.where(key)}: {key}: there are no pages in {locale!r} yet; they are shown in English",
            hint="A catalogue of translations is locale/<language>/LC_MESSAGES/django.mo.",
            id=UNTRANSLATED,
        )
        for locale, key in sorted(wanted.items())
        if not has_pages(locale.replace("_", "-").lower())
    ]


def _no_command(configuration: Configuration, job: Job) -> checks.CheckMessage | None:
    """What is wrong with a line of the schedule that names no command of manage.py, or no task of Celery."""
    name, key = job.command[0], PREFIX + job.name
    commands = [command.replace("_", "-") for command in get_commands()]
    if _is_task(name) if "." in name else name.replace("_", "-") in commands:
        return None
    close = difflib.get_close_matches(name, commands, n=1)
    text = f"{configuration.where(key)}: {key}: {name!r} is neither a command of manage.py nor a task"
    return checks.Error(text, hint=f"Did you mean {close[0]}?" if close else None, id=NO_COMMAND)


def _is_task(name: str) -> bool:
    """Whether this is a task of Celery, named as usual by where it is."""
    try:
        return hasattr(import_string(name), "delay")
    except (ImportError, ValueError):
        return False
