"""`make-handle-config`: the keys and the site of the Handle server, and what the registry wants to know."""

import ipaddress
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import CommandError

from common.commands import DSpaceCommand
from identifiers import handle_config
from identifiers.handle_server import folder, keys


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
        where = options["folder"] or handle_config.where()
        address = options["address"] or self._address(may_ask=not options["noinput"])
        try:
            choices = handle_config.choices(options, address)
        except ValueError:
            raise CommandError(f"{address} is not an IP address") from None
        for written in folder.write(where, choices):
            self.stdout.write(f"Wrote {where / written}")
        if ipaddress.ip_address(choices.address).is_loopback:
            self.stdout.write(f"Only this machine reaches {address}: give --address with that of the server.")
        if choices.prefix == folder.NO_PREFIX:
            self.stdout.write(f"Send {where / 'sitebndl.zip'} to your registry. When it has assigned a prefix, set")
            self.stdout.write("handle.prefix in local.cfg and run make-handle-config again.")

    def _address(self, *, may_ask: bool) -> str:
        """Return the address of dspace.hostname; where that is this machine's own, ask on a terminal."""
        found = handle_config.own_address()
        if ipaddress.ip_address(found).is_loopback and may_ask and sys.stdin.isatty():
            return input(f"IP address that the world reaches this server at [{found}]: ").strip() or found
        return found
