"""PostgreSQL's own programs on the embedded server: `python -m dspace.embedded pg_dump --file=dspace.sql`."""

import os
import subprocess
import sys

from dspace.embedded import postgres
from dspace.embedded.places import EmbeddedServerError, var_folder


def main(arguments: list[str]) -> int:
    """Run the program that the first argument names, connected to the instance's database; returns its exit status."""
    if not arguments:
        print("Usage: python -m dspace.embedded psql|pg_dump|pg_restore|... [arguments]", file=sys.stderr)
        return 2
    var = var_folder()
    try:
        with postgres.running(var):
            names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGDATABASE": "NAME"}
            settings = postgres.connection_settings(var)
            environ = {**os.environ, **{variable: settings[key] for variable, key in names.items()}}
            return subprocess.run([postgres.program(var, arguments[0]), *arguments[1:]], env=environ).returncode
    except EmbeddedServerError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
