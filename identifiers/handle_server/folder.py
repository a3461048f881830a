"""The folder of a Handle server (`handle.dir`): its keys, its site, and what the Handle software wants to know of it.

A key that is there is never written again; `config.dct` and `handle-dspace-plugin.cfg` may have been edited, so only
the prefix, or the endpoints that were asked for, are changed in them. The rest is made anew.
"""

from __future__ import annotations

import io
import json
import os
import re
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

from identifiers.handle_server import keys, templates
from identifiers.handle_server.site import QUERY, Interface, Server, Site

NO_PREFIX = "YOUR_NAMING_AUTHORITY"  # until the registry has assigned one
UDP, TCP, HTTP = 0, 1, 2
_LAST_PREFIX = re.compile(r"300:0\.NA/(\S+)")


class FolderError(Exception):
    """The folder is not that of a Handle server; the message says what to do."""


@dataclass(frozen=True)
class Choices:
    """What the world is told of the server: `address` is the one clients reach it at."""

    address: str
    port: int
    http_port: int
    prefix: str
    description: str
    organization: str
    email: str
    contact: str = ""
    phone: str = ""
    endpoints: tuple[str, ...] = ()
    endpoints_given: bool = False


def load(folder: Path) -> tuple[Site, keys.PrivateKey]:
    """Return the site and the key of the server. Raises FolderError, keys.KeyFileError and OSError."""
    if not (folder / "privkey.bin").exists():
        raise FolderError(f"{folder} has no privkey.bin: run make-handle-config first")
    key = keys.read(folder / "privkey.bin")
    site = _read_site(folder, keys.public_key(key))
    if site is None:
        raise FolderError(f"{folder} has no siteinfo.json: run make-handle-config first")
    return site, key


def write(folder: Path, choices: Choices) -> list[str]:
    """Make or complete the folder; return the names of the files that were written.

    Raises FolderError, keys.KeyFileError and OSError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = [
        name for pair in (("privkey.bin", "pubkey.bin"), ("admpriv.bin", "admpub.bin")) for name in _keys(folder, *pair)
    ]
    site = _site(folder, choices)
    contact = templates.contact_data(choices.organization, choices.email, choices.contact, choices.phone)
    files = {
        "siteinfo.json": json.dumps(site.to_json(), indent=2, ensure_ascii=False).encode() + b"\n",
        "contactdata.dct": contact.encode(),
        "sitebndl.zip": _bundle(site, (folder / "admpub.bin").read_bytes(), contact, choices.prefix),
        "config.dct": _server_configuration(folder / "config.dct", choices).encode(),
    }
    plugin = "handle-dspace-plugin.cfg"
    if choices.endpoints_given or not (folder / plugin).exists():
        files[plugin] = templates.plugin_configuration(choices.endpoints).encode()
    for name, content in files.items():
        _write(folder / name, content)
    return written + list(files)


def _keys(folder: Path, private_name: str, public_name: str) -> list[str]:
    """Make a pair of keys unless it is there; return the names of what was written."""
    private, public = folder / private_name, folder / public_name
    if private.exists():
        if public.exists():
            return []
        _write(public, keys.public_key(keys.read(private)))
        return [public_name]
    if public.exists():
        raise FolderError(f"{public} is there without {private_name}: bring that back, or move {public_name} away")
    private_bytes, public_bytes = keys.generate()
    _write(private, private_bytes, 0o600)
    _write(public, public_bytes)
    return [private_name, public_name]


def _write(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file whole or not at all, at no time readable by more people than it is to be."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)  # of a call that was killed
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _site(folder: Path, choices: Choices) -> Site:
    """Return the site; its serial number is one higher than the last one's when anything else is different."""
    public = keys.public_key(keys.read(folder / "privkey.bin"))
    ports = (TCP, choices.port), (UDP, choices.port), (HTTP, choices.http_port)
    interfaces = tuple(Interface(QUERY, protocol, port) for protocol, port in ports)
    site = Site((Server(1, choices.address, public, interfaces),), (("desc", choices.description),))
    last = _read_site(folder, public)
    if last is None or replace(site, serial=last.serial) == last:
        return replace(site, serial=last.serial if last else 1)
    return replace(site, serial=last.serial % 0xFFFF + 1)


def _read_site(folder: Path, public_key: bytes) -> Site | None:
    """Return the site of the folder, of siteinfo.json or as older software wrote it; None without one."""
    try:
        if (folder / "siteinfo.json").exists():
            return Site.from_json(json.loads((folder / "siteinfo.json").read_text(encoding="utf-8")), public_key)
        if (folder / "siteinfo.bin").exists():
            return Site.decode((folder / "siteinfo.bin").read_bytes())
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FolderError(f"{folder}: siteinfo.json is not one of a site with one server ({error})") from error
    return None


def _bundle(site: Site, admin_key: bytes, contact: str, prefix: str) -> bytes:
    """Return sitebndl.zip, which the registry gets."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("siteinfo.json", json.dumps(site.to_json(), indent=2))
        bundle.writestr("siteinfo.bin", site.encode())
        bundle.writestr("admpub.bin", admin_key)
        bundle.writestr("repl_admin", f"300:0.NA/{prefix}\n")
        bundle.writestr("contactdata.dct", contact)
    return content.getvalue()


def _server_configuration(path: Path, choices: Choices) -> str:
    """Return config.dct: a new one, or as it is with the prefix set where we set it; others that it has stay."""
    if path.exists():
        return _with_prefix(path.read_text(encoding="utf-8"), _last_prefix(path.parent), choices.prefix)
    return templates.server_configuration(choices.prefix, choices.port, choices.http_port)


def _with_prefix(configuration: str, last: str, prefix: str) -> str:
    if f'0.NA/{prefix}"' in configuration:
        return configuration
    for former in {last, NO_PREFIX}:
        configuration = configuration.replace(f'0.NA/{former}"', f'0.NA/{prefix}"')
    return configuration


def _last_prefix(folder: Path) -> str:
    """Return the prefix that the last call set: what the registry's bundle names."""
    try:
        with zipfile.ZipFile(folder / "sitebndl.zip") as bundle:
            found = _LAST_PREFIX.match(bundle.read("repl_admin").decode())
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        found = None
    return found[1] if found else NO_PREFIX
