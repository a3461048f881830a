"""What is logged: one stream, standard error, which the process manager keeps; `loglevel.*` say how much."""

from __future__ import annotations

import logging
from typing import Any

from dspace.configuration import Configuration

OURS = ("common", "crosswalks", "dspace", "identifiers", "importexport", "oai", "repository", "search", "ui")


def logging_settings(configuration: Configuration) -> dict[str, Any]:
    """Django's LOGGING. Standard error, because a command's output is its result. Raises ConfigurationError."""
    ours = _level(configuration, "loglevel.dspace")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
        "filters": {
            "line_only": {"()": "django.utils.log.CallbackFilter", "callback": without_traceback},
            "short_400": {"()": "django.utils.log.CallbackFilter", "callback": without_traceback_of_400},
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": _level(configuration, "loglevel.other")},
        "loggers": {
            **{name: {"level": ours} for name in OURS},
            # Without its own handlers: one of them would mail whole requests, passwords included, to administrators.
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            "django.request": {"filters": ["short_400"]},
            # That a task came and went, each few seconds; that one failed is an error.
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            "django.security.DisallowedHost": {"filters": ["line_only"]},
        },
    }


def without_traceback(record: logging.LogRecord) -> bool:
    """A filter: robots that ask for hosts that are not ours are worth a line, not a page."""
    record.exc_info = None
    return True


def without_traceback_of_400(record: logging.LogRecord) -> bool:
    """A filter: an address that nobody could read is no fault of the program."""
    return without_traceback(record) if getattr(record, "status_code", None) == 400 else True


def _level(configuration: Configuration, key: str) -> str:
    level = (configuration.get(key) or "WARNING").upper()
    if level not in logging.getLevelNamesMapping():
        raise configuration.error(key, f"{level!r} is not one of DEBUG, INFO, WARNING, ERROR, CRITICAL")
    return level
