"""`start-handle-server`: answers the world for the handles of this repository."""

from typing import Any

from django.db import connection

from common.commands import DSpaceCommand
from identifiers import handle_config, resolution
from identifiers.handle_server import folder, keys, server

DATABASE_PATIENCE = {"connect_timeout": 3, "tcp_user_timeout": 5_000}  # seconds, milliseconds


class Command(DSpaceCommand):
    """Runs the Handle server until SIGTERM or Ctrl-C."""

    help = "Start the Handle server: TCP and UDP port 2641, HTTP port 8000"
    expected_errors = (folder.FolderError, keys.KeyFileError)
    examples = """
  python manage.py make-handle-config        once, before
  python manage.py start-handle-server
"""

    def handle(self, *args: Any, **options: Any) -> None:
        """Read the configuration and the keys, and serve."""
        site, key = folder.load(handle_config.where())
        house = server.House(read=resolution.read_values, prefixes=resolution.prefixes(), site=site, key=key)
        # All threads connect with these settings: a database that is gone must not hold one for a quarter of an hour.
        connection.settings_dict["OPTIONS"] = DATABASE_PATIENCE | connection.settings_dict["OPTIONS"]
        server.run(handle_config.place(), house, ready=self._say)

    def _say(self, port: int, http_port: int) -> None:
        prefixes = ", ".join(resolution.prefixes())
        self.stdout.write(f"Handle server for {prefixes}: TCP and UDP {port}, HTTP {http_port}")
        self.stdout.flush()
