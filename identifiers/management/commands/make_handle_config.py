"""`make-handle-config`: the keys and the site of the Handle server, and what the registry wants to know."""

import ipaddress
import socket
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import CommandError

from common.commands import DSpaceCommand
from identifiers import services
from identifiers.handle_server import folder, keys

NOBODYS_PREFIX = "123456789"


class Command(DSpaceCommand):
    """Makes the folder of the Handle server; called again, it brings it up to date and leaves its keys alone."""

    help = "Make keys, site information and configuration of the Handle server"
    expected_errors = (folder.FolderError, keys.KeyFileError)
    examples = """
  python manage.py make-handle-config                           in handle.dir
  python manage.py make-handle-config --address 192.0.2.17      the address that the world reaches it at
  python manage.py make-handle-config --prefix 10673            when the prefix has been assigned
  python manage.py make-handle-config --endpoint https://a.example.org/handleresolver \\
                                      --endpoint https://b.example.org/handleresolver
"""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The folder, and everything that is told to the world; the configuration knows most of it."""
        parser.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="where (handle.dir)")
        parser.add_argument("--noinput", "--no-input", action="store_true", help="never ask")
        parser.add_argument("--address", help="IP address that clients reach it at (that of dspace.hostname)")
        parser.add_argument("--prefix", help="prefix that the registry has assigned (handle.prefix)")
        parser.add_argument("--description", help="description of the server")
        parser.add_argument("--organization", help="name of the organization (dspace.name)")
        parser.add_argument("--contact", default="", help="a person's name")
        parser.add_argument("--phone", default="", help="a telephone number, digits only")
        parser.add_argument("--email", help="e-mail address (mail.admin)")
        parser.add_argument(
            "--endpoint", action="append", metavar="URL", help="for handle-dspace-plugin.cfg; may be repeated (ours)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the folder and say what was written, and what comes next."""
        configured = settings.DSPACE
        name = options["organization"] or configured.get("dspace.name") or "DSpace"
        where = options["folder"] or Path(configured.get("handle.dir") or "handle-server")
        address = _checked(options["address"] or self._address(may_ask=not options["noinput"]))
        choices = folder.Choices(
            address=address,
            port=configured.int("handle.server.port", 2641),
            http_port=configured.int("handle.server.http-port", 8000),
            prefix=options["prefix"] or _assigned_prefix(),
            description=options["description"] or f"{name} Handle Server",
            organization=name,
            email=options["email"] or configured.get("mail.admin") or "",
            contact=options["contact"],
            phone=options["phone"],
            endpoints=tuple(options["endpoint"] or [f"{configured.get('dspace.url')}/handleresolver"]),
            endpoints_given=bool(options["endpoint"]),
        )
        for written in folder.write(where, choices):
            self.stdout.write(f"Wrote {where / written}")
        if ipaddress.ip_address(address).is_loopback:
            self.stdout.write(f"Only this machine reaches {address}: give --address with that of the server.")
        if choices.prefix == folder.NO_PREFIX:
            self.stdout.write(f"Send {where / 'sitebndl.zip'} to your registry. When it has assigned a prefix, set")
            self.stdout.write("handle.prefix in local.cfg and run make-handle-config again.")

    def _address(self, *, may_ask: bool) -> str:
        """Return the address of dspace.hostname; where that is this machine's own, ask on a terminal."""
        try:
            found = socket.getaddrinfo(settings.DSPACE.get("dspace.hostname"), None)[0][4][0]
        except OSError:
            found = "127.0.0.1"
        if ipaddress.ip_address(str(found)).is_loopback and may_ask and sys.stdin.isatty():
            return input(f"IP address that the world reaches this server at [{found}]: ").strip() or str(found)
        return str(found)


def _checked(address: str) -> str:
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        raise CommandError(f"{address} is not an IP address") from None


def _assigned_prefix() -> str:
    return folder.NO_PREFIX if services.prefix() == NOBODYS_PREFIX else services.prefix()
