"""`make bench`: measure, and print a table with our figure, the goal, and DSpace 9's figure.

Needs the data sets beside the repository (see README.md there); nothing here is a test.
"""

import argparse
import statistics
import sys

from benchmarks import clients, clone, doi, handles, oai, oai_pages, search_port
from benchmarks.instance import SHARED, Instance, load_generated, load_nist, rss_mb
from benchmarks.report import note_swing, report, table

NIST, GENERATED = 20_001, 10_000


def measure_nist() -> None:
    """Import, index, harvest preparation and search with 20,001 real records."""
    with Instance("nist", 8085) as instance:
        load = load_nist(instance)
        assert load.items == NIST, load
        report("import, metadata only (NIST)", load.items / load.seconds, "items/s", 500, True, "8.5")
        report("import, peak memory (NIST)", load.peak_mb, "MB", 250, False)
        measure_passes(instance, load.items, "NIST")
        for what, goal, times in search_port.measure(instance):
            report(f"search, {what}, 4 facets, 20,001 items", statistics.median(times), "ms", goal, False)
        with instance.web() as worker:
            titles = search_port.titles(instance)
            pages = clients.latencies(instance.port, clients.searches(titles, 200))
            report("search page over HTTP, one or two words", statistics.median(pages), "ms", 150, False, "35 (REST)")
            report("web worker after that, RSS", rss_mb(worker), "MB", 150, False, "1,415")


def measure_generated() -> None:
    """The batch that the DSpace 9 was measured with: import with a file each."""
    with Instance("generated", 8086) as instance:
        load = load_generated(instance, GENERATED)
        assert load.items == GENERATED, load
        report("import, with a small file each", load.items / load.seconds, "items/s", 250, True, "8.5")
        report("import, peak memory", load.peak_mb, "MB", 250, False, "420")
        measure_passes(instance, load.items, "generated")
        version = min(instance.manage("version").seconds for _ in range(3))
        report("manage.py version", version, "s", 1, False, "8.3")


def measure_clone() -> None:
    """From `git clone` to the first page, a second start, and the memory of the whole."""
    found = clone.measure()
    report("git clone to first page", found.packages + found.first_page, "s", 180, False, "a day")
    report("of which without the download of packages", found.first_page, "s", 30, False)
    report("second make run to first page", found.again, "s", 10, False, "20")
    report("the whole embedded default after load, PSS", found.memory_mb, "MB", 450, False, "2,240")


def measure_handles() -> None:
    """The Handle server with 100,000 handles, none of which it has seen before."""
    with Instance("handles", 8087) as instance, handles.served(instance) as server:
        handles.rate(seconds=2)  # connections to the database are made
        report("Handle server, TCP, 16 connections", handles.rate(), "resolutions/s", 3_000, True)
        report("Handle server, one connection, median", statistics.median(handles.latencies()), "ms", 2, False)
        report("Handle server after that, RSS", rss_mb(server), "MB", 150, False)


def measure_passes(instance: Instance, items: int, batch: str) -> None:
    """Index and OAI store from empty: the import's marks are all there is."""
    for command, peer in ((("index-discovery", "-b"), "136"), (("oai", "import", "-c"), "227")):
        run = instance.manage(*command)
        report(f"{' '.join(command)} from empty ({batch})", items / run.seconds, "items/s", 1000, True, peer)
        report(f"{' '.join(command)}, peak memory ({batch})", run.peak_mb, "MB", 250, False)


def main(arguments: list[str]) -> int:
    """Measure the parts named on the command line, by default all."""
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measures, and prints a table with the goals.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all of them by default")
    wanted = parser.parse_args(arguments).parts or list(PARTS)
    if unknown := [name for name in wanted if name not in PARTS]:
        parser.error(f"there is no part {unknown[0]!r}")
    if not (SHARED / "data" / "gen_saf.py").exists():
        print(f"The data sets are not at {SHARED}; DSPACE_SHARED names another place.", file=sys.stderr)
        return 1
    for name in wanted:
        note_swing(name)
        PARTS[name]()
    print(table())
    return 0


PARTS = {
    "nist": measure_nist,
    "generated": measure_generated,
    "oai": oai.measure_database,
    "solr": oai.measure_solr,
    "oai500k": oai_pages.measure,
    "handles": measure_handles,
    "doi": doi.measure,
    "clone": measure_clone,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
