"""What was measured, line by line: our figure, the goal, and DSpace 9's figure."""

import sys
import time

Row = tuple[str, str, str, str]
_HEAD: list[Row] = [("what", "ours", "goal", "DSpace 9"), ("---", "---", "---", "---")]
_rows: list[Row] = []


def report(what: str, figure: float, unit: str, goal: float, at_least: bool, peer: str = "") -> None:
    """Add a line and print it as soon as it is known."""
    met = figure >= goal if at_least else figure <= goal
    sign = "≥" if at_least else "≤"
    _add(what, _text(figure, unit) + ("" if met else "  MISSED"), f"{sign} {goal:,g} {unit}", peer)


def note(what: str, figure: float, unit: str) -> None:
    """Add a line that has no goal, but explains another."""
    _add(what, _text(figure, unit), "", "")


def note_swing(part: str) -> None:
    """Say how evenly this machine works just now: on a shared one a loop may take twice as long as a moment ago."""
    speeds = [_loops(0.1) for _ in range(20)]
    note(f"before {part}: a plain loop, slowest tenth of a second against the fastest", min(speeds) / max(speeds), "")


def _loops(seconds: float) -> int:
    """Return how often a loop comes round in this time."""
    end, count = time.perf_counter() + seconds, 0
    while time.perf_counter() < end:
        count += 1
    return count


def table() -> str:
    """Return what was measured, as a table in Markdown."""
    return "\n".join("| " + " | ".join(row) + " |" for row in _HEAD + _rows)


def _text(figure: float, unit: str) -> str:
    return f"{figure:,.0f} {unit}" if figure >= 100 else f"{figure:,.2f} {unit}"


def _add(*row: str) -> None:
    what, ours, goal, peer = row
    _rows.append((what, ours, goal, peer))
    print("  ".join(row), file=sys.stderr, flush=True)
