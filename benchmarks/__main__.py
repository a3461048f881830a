"""`make bench`: measure, and print a table with our figure, the goal, and DSpace 9's figure.

Needs the data sets beside the repository (see README.md there); nothing here is a test.
"""

import statistics
import sys

from benchmarks import clients, clone, handles, search_port
from benchmarks.instance import SHARED, Instance, load_generated, load_nist, rss_mb

NIST, GENERATED = 20_001, 10_000
Row = tuple[str, str, str, str]
rows: list[Row] = []


def report(what: str, figure: float, unit: str, goal: float, at_least: bool, peer: str = "") -> None:
    """Add a line and print it as soon as it is known."""
    met = figure >= goal if at_least else figure <= goal
    sign = "≥" if at_least else "≤"
    ours = f"{figure:,.0f} {unit}" if figure >= 100 else f"{figure:,.2f} {unit}"
    rows.append((what, ours + ("" if met else "  MISSED"), f"{sign} {goal:,g} {unit}", peer))
    print("  ".join(rows[-1]), file=sys.stderr, flush=True)


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
    """The batch that the DSpace 9 was measured with: import with a file each, and the harvest."""
    with Instance("generated", 8086) as instance:
        load = load_generated(instance, GENERATED)
        assert load.items == GENERATED, load
        report("import, with a small file each", load.items / load.seconds, "items/s", 250, True, "8.5")
        report("import, peak memory", load.peak_mb, "MB", 250, False, "420")
        measure_passes(instance, load.items, "generated")
        with instance.web() as worker:
            clients.harvest(instance.port)
            harvests = [clients.harvest(instance.port) for _ in range(5)]
            assert {h.records for h in harvests} == {load.items}
            best = sorted(harvests, key=lambda h: h.rate)[len(harvests) // 2]
            report("ListRecords, one worker, page 100", best.rate, "records/s", 30_000, True, "3,100 (24,000–41,000)")
            drift = statistics.median(h.last / h.first for h in harvests)
            report("page time, last 20 over first 20", drift, "", 1.2, False, "1.13")
            report("web worker after that, RSS", rss_mb(worker), "MB", 150, False, "1,415")
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


def table() -> str:
    """Return what was measured, as a table in Markdown."""
    head: list[Row] = [("what", "ours", "goal", "DSpace 9"), ("---", "---", "---", "---")]
    return "\n".join("| " + " | ".join(row) + " |" for row in head + rows)


def main(wanted: list[str]) -> int:
    """Measure the parts named on the command line (nist, generated, handles, clone), by default all."""
    if not (SHARED / "data" / "gen_saf.py").exists():
        print(f"The data sets are not at {SHARED}; DSPACE_SHARED names another place.", file=sys.stderr)
        return 1
    parts = {"nist": measure_nist, "generated": measure_generated, "handles": measure_handles, "clone": measure_clone}
    for name in wanted or parts:
        parts[name]()
    print(table())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
