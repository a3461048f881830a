#!/usr/bin/env python
"""The command line of DSpace: `python manage.py` lists the commands."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dspace.settings")
    from dspace.command_line import main

    main(sys.argv)
