"""`python -m tools.solr`: a Solr for this checkout, until Ctrl-C. Its index is kept in var/solr/home."""

import argparse
import contextlib
import signal
import sys
from pathlib import Path

from dspace.embedded.places import var_folder
from tools.maven import missing
from tools.solr.install import SolrUnavailable, installed
from tools.solr.server import running


def main() -> int:
    """Run Solr in the foreground, or only fetch it."""
    parser = argparse.ArgumentParser(prog="python -m tools.solr", description=__doc__)
    parser.add_argument("--port", type=int, default=8983, help="0: any free one")
    parser.add_argument("--home", type=Path, default=var_folder() / "solr" / "home")
    parser.add_argument("--install", action="store_true", help="only fetch it, where there is Java and Maven")
    options = parser.parse_args()
    try:
        return _install() if options.install else _run(options.home.resolve(), options.port)
    except SolrUnavailable as error:
        print(error, file=sys.stderr)
        return 1


def _install() -> int:
    """Not having Java is no error: the tests say what they skip."""
    if lack := missing():
        print(f"There is no Solr to be had here ({lack}): its tests will be skipped.")
        return 0
    installed()
    return 0


def _run(home: Path, port: int) -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt), running(home, port) as address:
        print(f"Solr answers at {address} (oai.solr.url). Ctrl-C stops it.", flush=True)
        signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(main())
