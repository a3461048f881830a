"""Where files are kept: the `assetstore.*` keys as entries of Django's STORAGES."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from dspace.configuration import Configuration

FILES = "repository.bitstore.storage.AssetStorage"
KEY = re.compile(r"assetstore\.(?:dir|backend)\.([0-9]{1,4})")


def store_settings(configuration: Configuration) -> dict[str, dict[str, Any]]:
    """One entry `assetstoreN` for each store: 0 is `assetstore.dir`, N is `assetstore.dir.N` or `assetstore.backend.N`.

    `assetstore.backend.N` names another storage class (the S3 one of django-storages, say) and
    `assetstore.option.N.NAME` its options. Raises ConfigurationError when `assetstore.incoming` names no store.
    """
    numbers = {0, *(int(match[1]) for key in configuration.keys("assetstore.") if (match := KEY.fullmatch(key)))}
    stores = {f"assetstore{number}": _store(configuration, number) for number in sorted(numbers)}
    incoming = configuration.int("assetstore.incoming")
    if incoming not in numbers:
        raise configuration.error("assetstore.incoming", f"there is no assetstore.dir.{incoming}")
    return stores


def _store(configuration: Configuration, number: int) -> dict[str, Any]:
    options: dict[str, Any] = {
        key.removeprefix(f"assetstore.option.{number}."): configuration.get(key)
        for key in configuration.keys(f"assetstore.option.{number}.")
    }
    key = f"assetstore.dir.{number}" if number else "assetstore.dir"
    directory = configuration.get(key)
    if directory:
        if not Path(directory).is_absolute():  # it would be another folder for whoever starts elsewhere
            raise configuration.error(key, f"must be a whole path, from the root; not {directory!r}")
        options["location"] = directory
    return {"BACKEND": configuration.get(f"assetstore.backend.{number}") or FILES, "OPTIONS": options}
