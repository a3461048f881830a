"""Datestamps on the wire: UTCdatetime in its two granularities (section 3.3 of the standard)."""

import re
from datetime import UTC, datetime, time
from enum import Enum
from typing import NamedTuple

GRANULARITY = "YYYY-MM-DDThh:mm:ssZ"

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SECOND = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


class Granularity(Enum):
    """How fine a date was given."""

    DAY = "YYYY-MM-DD"
    SECOND = "YYYY-MM-DDThh:mm:ssZ"


class UTCDatetime(NamedTuple):
    """A date as a harvester gave it: the first instant it names, and its granularity."""

    start: datetime
    granularity: Granularity

    @property
    def last(self) -> datetime:
        """The last second it names: a day ends at 23:59:59, for `until` is inclusive (section 2.7.1)."""
        if self.granularity is Granularity.SECOND:
            return self.start
        return datetime.combine(self.start.date(), time(23, 59, 59), UTC)


def parse(text: str) -> UTCDatetime:
    """Return the date `text` names. Raises ValueError unless it is exactly one of the two forms and a real date."""
    if _DAY.fullmatch(text):
        return UTCDatetime(datetime.fromisoformat(text).replace(tzinfo=UTC), Granularity.DAY)
    if _SECOND.fullmatch(text):
        return UTCDatetime(datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC), Granularity.SECOND)
    raise ValueError(f"{text!r} is neither {Granularity.DAY.value} nor {Granularity.SECOND.value}")


def stamp(moment: datetime) -> str:
    """Return `moment`, which must be in UTC, at the granularity of this repository."""
    return moment.isoformat()[:19] + "Z"
