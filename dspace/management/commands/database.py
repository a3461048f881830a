"""`database`: whether it can be reached, what is in it, and bringing it up to date."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandParser
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from common.commands import DSpaceCommand


class Command(DSpaceCommand):
    """Database tasks."""

    help = "Perform database tasks: test the connection, show its state, migrate"
    examples = """
  python manage.py database test        can it be reached?
  python manage.py database info        what is in it, and which migrations have run?
  python manage.py database migrate     bring it up to date (also the first time)
"""

    def add_arguments(self, parser: CommandParser) -> None:
        """The action; `status` is DSpace's other name for `info`."""
        parser.add_argument("action", choices=["test", "info", "status", "migrate"], metavar="test|info|migrate")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do the action."""
        action = {"test": self._test, "info": self._info, "status": self._info, "migrate": self._migrate}
        action[options["action"]]()

    def _test(self) -> None:
        self.stdout.write("Attempting to connect to the database ...")
        self._describe()
        self.stdout.write("Connected successfully!")

    def _info(self) -> None:
        self._describe()
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        for app, name in sorted(executor.loader.applied_migrations):
            self.stdout.write(f"  {app}.{name}: done")
        for migration, _ in plan:
            self.stdout.write(f"  {migration.app_label}.{migration.name}: pending")
        self.stdout.write("Run `database migrate`." if plan else "The database is up to date.")

    def _describe(self) -> None:
        """Where and what the database is; raises OperationalError when it can't be reached. No password is shown."""
        place = settings.DATABASES["default"]
        with connection.cursor() as cursor:
            cursor.execute("SELECT version(), current_schema(), pg_size_pretty(pg_database_size(current_database()))")
            software, schema, size = cursor.fetchone()
        self.stdout.write(f"Database: {place['NAME']} at {place['HOST']}:{place['PORT']}")
        self.stdout.write(f"Database schema: {schema}")
        self.stdout.write(f"Database username: {place['USER']}")
        self.stdout.write(f"Database software: {software.split(',')[0]}")
        self.stdout.write(f"Database size: {size}")

    def _migrate(self) -> None:
        self.stdout.write("Migrating the database to the latest version ...")
        if schema := settings.DATABASES["default"].get("SCHEMA"):
            with connection.cursor() as cursor:
                cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {connection.ops.quote_name(schema)}")
        call_command("migrate", verbosity=1, interactive=False, stdout=self.stdout)
        self.stdout.write("Done.")
