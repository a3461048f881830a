"""Fetch the harvesters. Not having Java is no error: the tests say what they skip."""

import sys

from tests.java import HERE, PROGRAMS
from tools import maven

if lack := maven.missing():
    print(f"There are no harvesters in Java to be had here ({lack}): their tests will be skipped.")
    sys.exit()
maven.installed(HERE / "pom.xml", HERE / "Harvest.java", PROGRAMS)
