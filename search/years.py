"""The facet of dates: years, or ranges of years when there are too many of them. Pure; for every adapter."""

from collections.abc import Mapping

from search.backend import FacetValue

_SPANS = (1, 5, 10, 20, 50, 100, 500, 1000)


def year_ranges(years: Mapping[int, int], limit: int) -> tuple[FacetValue, ...]:
    """Return at most `limit` values, newest first, that together count every result with a year.

    A range runs from a multiple of its span (2000 to 2009), in the smallest span that fits. Choosing a range and
    asking again drills down, for fewer years then remain.
    """
    if not years:
        return ()
    span = next((s for s in _SPANS if len({year // s for year in years}) <= max(limit, 1)), 10_000)
    counts: dict[int, int] = {}
    for year, count in years.items():
        counts[year // span] = counts.get(year // span, 0) + count
    return tuple(_value(number * span, span, counts[number]) for number in sorted(counts, reverse=True))


def _value(first: int, span: int, count: int) -> FacetValue:
    if span == 1:
        return FacetValue(f"{first:04}", f"{first}", count)
    last = first + span - 1
    return FacetValue(f"[{first} TO {last}]", f"{first} – {last}", count)
