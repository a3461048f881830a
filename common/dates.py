"""Dates as repositories hold them: partial (`2024`, `2024-03`), and instants in UTC."""

import re
from datetime import UTC, date, datetime

_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T.*)?)?)?")


def parse_partial(text: str) -> tuple[int, int, int] | None:
    """Return (year, month, day) of an ISO date, month and day 0 where not given; None for anything else."""
    match = _PARTIAL.fullmatch(text.strip())
    if not match:
        return None
    year, month, day = int(match[1]), int(match[2] or 0), int(match[3] or 0)
    try:
        date(year, month or 1, day or 1)
    except ValueError:
        return None
    return year, month, day


def utc_stamp(moment: datetime) -> str:
    """Return `moment` as DSpace and OAI-PMH write it: `2024-03-01T12:00:00Z`, whole seconds, UTC."""
    return moment.astimezone(UTC).isoformat()[:19] + "Z"


def utc_day(moment: datetime) -> date:
    """Return the day of `moment` in UTC, the day that policy dates are compared with."""
    return moment.astimezone(UTC).date()
