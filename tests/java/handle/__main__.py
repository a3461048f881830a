"""Fetch the client of the Handle System. Not having Java is no error: the tests say what they skip."""

import sys

from tests.java.handle import installed
from tools import maven

if lack := maven.missing():
    print(f"There is no Handle client in Java to be had here ({lack}): its tests will be skipped.")
    sys.exit()
installed()
