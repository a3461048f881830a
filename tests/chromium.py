"""Where Chromium is, and how to get it: `python -m tests.chromium` (part of `make test`).

The system's own, else Debian's package when we are root, else Playwright's download.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """The path of a Chromium to drive, or None: tests that need one are skipped then."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def main() -> int:
    """Get a Chromium if there is none. Not getting one is no error: the tests say what they skip."""
    if find_chromium():
        return 0
    if shutil.which("apt-get") and os.geteuid() == 0:
        print("Installing Chromium for the browser tests (Debian's package)", flush=True)
        environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for arguments in (["update", "-qq"], ["install", "-y", "-qq", "chromium", "fonts-dejavu", "fonts-noto-core"]):
            subprocess.run(["apt-get", *arguments], env=environ, stdout=subprocess.DEVNULL, check=False)
    if not find_chromium():
        print("Installing Chromium for the browser tests (Playwright's)", flush=True)
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    if not find_chromium():
        print("There is no Chromium to be had here: the browser tests will be skipped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
