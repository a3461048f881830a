"""The configuration: what it says, where it says so, and how the sources override each other.

The first source that has a key wins, with all its values: the environment, local.cfg, dspace.cfg with the files it
includes, and the few defaults of DSpace 6 that a local.cfg carried over from there may refer to.
docs/configuration.md has the rules.
"""

from __future__ import annotations

import builtins
import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from dspace import properties
from dspace.known_keys import part_of

TRUE, FALSE = {"true", "yes", "on"}, {"false", "no", "off"}
SECRET = re.compile(r"passw(or)?d|passphrase|secret|token|credential|api[.-]?key|private[.-]?key", re.IGNORECASE)
SECRET_IN_VALUE = re.compile(
    r"(://[^/@\s:]*:)[^/@\s]*(?=@)"  # scheme://user:password@host
    r"|(\b[\w.-]*(?:password|passwd|secret|token|api_?key)=)[^&;,\s]+",  # options of a URL or of the mail system
    re.IGNORECASE,
)
HIDDEN = "********"
REFERENCE = re.compile(r"\$(\$\{)|\$\{([^{}]*)\}")
UNESCAPED_COMMA = re.compile(r"(?<!\\),")
ENVIRONMENT = "environment variable "
# Keys of DSpace 6 that have no meaning here, but that other values in a local.cfg refer to.
CARRIED_OVER = {
    "dspace.ui": "xmlui",
    "module_dir": "modules",
    "solr.server": "http://localhost:8080/solr",
    "default.solr.server": "http://localhost:8080/solr",
}


class ConfigurationError(Exception):
    """A configuration that can't be used: one line that begins with the file and line it is about."""


@dataclass(frozen=True)
class Item:
    """One value as written, before `${…}` is filled in, and where it stands (`local.cfg:12`)."""

    text: str = field(repr=False)
    where: str


# Configuration has methods called list, bool and int, so its annotations need other names.
Strings = list[str]
Items = list[Item]
Layer = dict[str, Items]


@dataclass(frozen=True, repr=False)
class Configuration:
    """Every key with its values. Values can hold secrets, so neither repr() nor an error shows one."""

    entries: Mapping[str, Items]
    environ: Mapping[str, str]

    @classmethod
    def load(cls, config_dir: Path, environ: Mapping[str, str], local: Path | None = None) -> Configuration:
        """Read `config_dir`/dspace.cfg, local.cfg (there, or the file named) and the environment.

        Every `${…}` is looked up once, so that a mistake is found now. Raises ConfigurationError.
        """
        layers = [_from_environment(environ)]
        local_file = local or config_dir / "local.cfg"
        if local or os.path.lexists(local_file):  # a link that leads nowhere is a mistake, not an absence
            layers.append(_from_file(local_file))
        layers.append(_from_file(config_dir / "dspace.cfg"))
        layers.append(_carried_over())
        entries: Layer = {}
        for layer in layers:
            for key, items in layer.items():
                entries.setdefault(key, items)
        configuration = cls(entries, environ)
        for key in entries:
            if not _is_plain_variable(key, entries[key]):
                configuration.values(key)
        return configuration

    def get(self, key: str, default: str | None = None) -> str | None:
        """The value of a key, the first one of a list; `default` when the key is set nowhere."""
        values = self.values(key)
        return values[0] if values else default

    def list(self, key: str) -> Strings:
        """All values of a key without empty ones; [] when it is set nowhere."""
        values = self.values(key)
        if values and self.where(key).startswith(ENVIRONMENT):
            values = [value.strip().replace("\\,", ",") for value in UNESCAPED_COMMA.split(values[0])]
        return [value for value in values if value]

    def bool(self, key: str, default: bool = False) -> bool:
        """Whether a switch is on (true, yes, on). Raises ConfigurationError unless it is that or false, no, off."""
        value = (self.get(key) or "").lower()
        if value in TRUE or value in FALSE:
            return value in TRUE
        if value:
            raise self.error(key, f"{self.shown(key)!r} is not true or false")
        return default

    def int(self, key: str, default: int = 0) -> int:
        """A whole number. Raises ConfigurationError when the value is something else."""
        value = self.get(key)
        if not value:
            return default
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", value):
            raise self.error(key, f"{self.shown(key)!r} is not a whole number")
        return builtins.int(value)

    def choice(self, key: str, choices: Collection[str]) -> str:
        """A value that is one of `choices`, the first of them by default. Raises ConfigurationError."""
        value = self.get(key) or next(iter(choices))
        if value not in choices:
            raise self.error(key, f"{self.shown(key)!r} is not one of {', '.join(choices)}")
        return value

    def values(self, key: str) -> Strings:
        """The values of a key with every `${…}` filled in. Raises ConfigurationError."""
        if key not in self._resolved:
            self._resolved[key] = [self._fill(item, (key,)) for item in self.entries.get(key, [])]
        return self._resolved[key]

    def keys(self, prefix: str) -> Strings:
        """The keys that begin with `prefix`, sorted."""
        return sorted(key for key in self.entries if key.startswith(prefix))

    def where(self, key: str) -> str:
        """The file and line that set a key."""
        return self.entries[key][0].where

    def error(self, key: str, message: str) -> ConfigurationError:
        """A ConfigurationError about the value of a key."""
        return ConfigurationError(f"{self.where(key)}: {key}: {message}")

    def is_secret(self, key: str) -> builtins.bool:
        """Whether the name of a key, or of one that its value is made of, says that it is secret."""
        return self._is_secret(key, ())

    def raw(self, key: str) -> Strings:
        """The values of a key as written, `${…}` and all."""
        return [item.text for item in self.entries.get(key, [])]

    def shown(self, key: str) -> str:
        """The values of a key for people to read, secrets hidden."""
        return self.hidden(key, self.values(key))

    def hidden(self, key: str, values: Strings) -> str:
        """These values of a key for people to read, secrets hidden."""
        if self.is_secret(key):
            return HIDDEN if any(values) else ""
        return hide_secrets(", ".join(values))

    def __repr__(self) -> str:
        return f"<Configuration with {len(self.entries)} keys>"

    @cached_property
    def _resolved(self) -> dict[str, Strings]:
        return {}

    def _fill(self, item: Item, path: tuple[str, ...]) -> str:
        """The text of an item with references filled in; `path` holds the keys on the way here."""

        def value_of(match: re.Match[str]) -> str:
            escaped, name = match.groups()
            return "${" if escaped else self._look_up(name.strip(), item, path)

        return REFERENCE.sub(value_of, item.text)

    def _look_up(self, name: str, item: Item, path: tuple[str, ...]) -> str:
        if name.startswith("env:"):
            if (value := self.environ.get(name.removeprefix("env:"))) is not None:
                return value
            raise _bad_reference(item, path, f"unknown ${{{name}}}: no such environment variable")
        if name in path:
            circle = " -> ".join([*path[path.index(name) :], name])
            raise _bad_reference(item, path, f"cyclic ${{{name}}}: {circle}")
        if not self.entries.get(name):
            raise _bad_reference(item, path, f"unknown ${{{name}}}: no such key")
        return self._fill(self.entries[name][0], (*path, name))

    def _is_secret(self, key: str, path: tuple[str, ...]) -> builtins.bool:
        if SECRET.search(key):
            return True
        names = [match.group(2) for item in self.entries.get(key, []) for match in REFERENCE.finditer(item.text)]
        return any(self._is_secret(name.strip(), (*path, key)) for name in names if name and name not in path)


def _bad_reference(item: Item, path: tuple[str, ...], message: str) -> ConfigurationError:
    """An error about a `${…}`; what looks like one inside a password is part of the password, so it is not shown."""
    if any(SECRET.search(key) for key in path):
        message = "unknown ${…} (write $${ for a plain ${)"
    return ConfigurationError(f"{item.where}: {path[-1]}: {message}")


def hide_secrets(text: str) -> str:
    """The text with passwords inside URLs and `password=…` options replaced."""
    return SECRET_IN_VALUE.sub(lambda match: (match.group(1) or match.group(2)) + HIDDEN, text)


def _from_environment(environ: Mapping[str, str]) -> Layer:
    """Environment variables by their key; a value is taken whole, as DSpace does: no escapes, commas belong to it."""
    return {
        name.replace("__P__", ".").replace("__D__", "-"): [Item(value, ENVIRONMENT + name)]
        for name, value in environ.items()
    }


def _is_plain_variable(key: str, items: Items) -> bool:
    """Whether this is the shell's own variable (PATH, PS1…), whose `${…}` is no business of ours."""
    return items[0].where == ENVIRONMENT + key and "." not in key


def _from_file(path: Path) -> Layer:
    """The values of a file and those it includes; a repeated key gathers its values."""
    collected: Layer = {}
    _read(path, collected, (), path.name)
    return collected


def _read(path: Path, collected: Layer, opened: tuple[Path, ...], where: str) -> None:
    """Add the values of one file. `where` is what an unreadable file is reported with."""
    for name, values, line in _entries(path, where):
        here, key = f"{path}:{line}", _full_name(path, name)
        if key != "include":
            collected.setdefault(key, []).extend(Item(value, here) for value in values)
            continue
        for value in values:
            so_far = Configuration({**_carried_over(), **collected}, {})
            included = path.parent / so_far._fill(Item(value, here), (key,))
            if included in (*opened, path):
                raise ConfigurationError(f"{here}: include: {included} includes itself")
            _read(included, collected, (*opened, path), f"{here}: include")


def _full_name(path: Path, key: str) -> str:
    """The whole name of a key: up to DSpace 5 a module's file leaves its name out, `storage` in modules/oai.cfg."""
    full = f"{path.stem}.{key}"
    left_out = path.parent.name == "modules" and part_of(key) is None and part_of(full) is not None
    return full if left_out else key


def _carried_over() -> Layer:
    return {key: [Item(value, "DSpace 6's default")] for key, value in CARRIED_OVER.items()}


def _entries(path: Path, where: str) -> Iterator[properties.Entry]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{where}: can't read {path}: {error.strerror}") from None
    try:
        yield from properties.parse(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(f"{path}:{line}: this line is not UTF-8") from None
    except properties.PropertiesError as error:
        raise ConfigurationError(f"{path}:{error.line}: {error}") from None
