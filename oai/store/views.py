"""Which lists are kept: one for each context, and one more for each of its formats that has a filter of its own.

A record is listed, deleted and stamped in each view by itself: what leaves one context stays in the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from oai.conditions import Condition, ConditionFailed, Facts
from oai.configuration import Configuration, Context, Format


@dataclass(frozen=True, slots=True)
class View:
    """The list of a context; or, with `format`, of what has that format there."""

    context: Context
    format: Format | None = None

    @property
    def name(self) -> str:
        """What the view is kept under: `request`, `request/uketd_dc`."""
        return f"{self.context.name}/{self.format.prefix}" if self.format else self.context.name

    def specs(self, facts: Facts, sets: Sequence[str], before: str | None) -> str | None:
        """Return the setSpecs that a public item is listed under, with blanks between; None when it is not listed.

        `sets` are the communities and collections it is in; the context's own sets follow them, `a` too where it is in
        `a:b` (section 2.6 of the standard). `before` are the `setSpec` elements it was listed with until now, None when
        it was not: so it stays where a condition fails.
        """
        filters = (self.context.filter, self.format.filter if self.format else None)
        if not all(_shows(f, facts, otherwise=before is not None) for f in filters):
            return None
        known = before or ""
        shown = [s.spec for s in self.context.sets if _shows(s.filter, facts, otherwise=elements(s.spec) in known)]
        own = [s.spec for s in self.context.sets if any(f"{spec}:".startswith(f"{s.spec}:") for spec in shown)]
        return " ".join([*sets, *own])


def elements(specs: str) -> str:
    """Return the `setSpec` elements of setSpecs with blanks between."""
    return f"<setSpec>{specs.replace(' ', '</setSpec><setSpec>')}</setSpec>" if specs else ""


def _shows(condition: Condition | None, facts: Facts, *, otherwise: bool) -> bool:
    try:
        return condition is None or condition.shows(facts)
    except ConditionFailed:
        return otherwise


def views_of(context: Context) -> list[View]:
    """Return the views of a context, that of the context itself first."""
    return [View(context), *(View(context, f) for f in context.formats if f.filter)]


def all_views(configuration: Configuration) -> list[View]:
    """Return the views of all contexts."""
    return [view for context in configuration.contexts.values() for view in views_of(context)]


def view_of(context: Context, prefix: str) -> View:
    """Return the view in which a context lists what it offers in this format. Raises KeyError."""
    for offered in context.formats:
        if offered.prefix == prefix:
            return View(context, offered if offered.filter else None)
    raise KeyError(prefix)
