#!/usr/bin/env python
"""The command line of the repository: `python manage.py <command>`."""

import os
import sys


def main(argv: list[str]) -> None:
    """Run the command named in argv (hyphens as DSpace writes them)."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dspace.settings")
    from django.core.management import execute_from_command_line

    if len(argv) > 1 and not argv[1].startswith("-"):
        argv = [argv[0], argv[1].replace("-", "_"), *argv[2:]]
    execute_from_command_line(argv)


if __name__ == "__main__":
    main(sys.argv)
