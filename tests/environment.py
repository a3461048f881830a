"""The environment of every test run: a plugin (pytest.ini: -p), for it must be set before Django's settings load."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# A folder of its own, so that a test never meets an instance that somebody uses.
os.environ["DSPACE_VAR"] = os.environ.get("DSPACE_TEST_VAR") or str(ROOT / "var" / "test")
# Nor do the settings that somebody made for the instance of this checkout.
os.environ["DSPACE_LOCAL_CFG"] = os.devnull
# One name per run, inherited by the workers of pytest-xdist: several runs may share the server.
os.environ.setdefault("DSPACE_TEST_RUN", str(os.getpid()))
# What a test loses in a crash nobody misses. Tests of crashes start an instance of their own.
os.environ.setdefault("PGOPTIONS", "-c synchronous_commit=off")
