"""Reads the configuration. First form: the defaults other parts ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class ConfigurationError(Exception):
    """A configuration that can't be used; the message names file and line."""


@dataclass(frozen=True)
class Configuration:
    """Keys and values; a value is a list of strings."""

    values: Mapping[str, list[str]]

    @classmethod
    def load(cls, config_dir: Path, environ: Mapping[str, str]) -> Configuration:
        """Defaults and the environment."""
        values = {"handle.prefix": ["123456789"], "dspace.hostname": ["localhost"], "default.locale": ["en"],
                  "dspace.url": ["http://localhost:8080"], "dspace.baseUrl": ["http://localhost:8080"],
                  "dspace.name": ["DSpace at My University"], "mail.admin": ["dspace-help@myu.edu"]}
        for name, value in environ.items():
            values[name.replace("__P__", ".").replace("__D__", "-")] = [value]
        return cls(values)

    def get(self, key: str, default: str | None = None) -> str | None:
        """The (first) value of a key."""
        return self.values.get(key, [default])[0]  # type: ignore[list-item]

    def list(self, key: str) -> list[str]:
        """All values of a key."""
        return self.values.get(key, [])

    def bool(self, key: str, default: bool = False) -> bool:
        """A switch: true, yes, on."""
        value = self.get(key)
        return default if value is None else value.lower() in ("true", "yes", "on")

    def int(self, key: str, default: int = 0) -> int:
        """A whole number."""
        value = self.get(key)
        return default if value is None else int(value)
