"""Fetches Solr from Maven Central into a folder in `var/solr`, once: `python -m tools.solr --install`."""

from pathlib import Path

from tools import maven

HERE = Path(__file__).resolve().parent
PROGRAMS = HERE.parents[1] / "var" / "solr"


class SolrUnavailable(Exception):
    """Solr can't be had or started here; the message says why."""


def installed() -> Path:
    """Return the folder of the jars and the compiled Launcher, fetched if need be. Raises SolrUnavailable."""
    try:
        return maven.installed(HERE / "pom.xml", HERE / "Launcher.java", PROGRAMS)
    except maven.Unavailable as reason:
        raise SolrUnavailable(str(reason)) from reason
