"""Each stylesheet tried on a simple record, before harvesters depend on it.

In: a configuration that was just read. Out: what fails. Called by `manage.py check`, and by oai/running.py, which goes
on with the configuration before. What fails on some records only is not found here: lists leave these out.
"""

from datetime import UTC, datetime
from typing import NamedTuple

from crosswalks import xoai
from oai.configuration import Configuration
from oai.rendering import NothingMade, RenderingError, render

_FIELDS = ("dc.title", "dc.contributor.author", "dc.date.issued", "dc.type", "dc.language.iso", "dc.identifier.uri")


class Outcome(NamedTuple):
    """In words, with line and element of xoai.xml: what fails, and what makes nothing, as it may mean to."""

    mistakes: list[str]
    doubts: list[str]


def outcome(configuration: Configuration) -> Outcome:
    """Return how a simple record fares in each format of each context."""
    record = xoai.ItemRecord(
        handle="123456789/1",
        identifier="oai:repository.example.org:123456789/1",
        metadata={field: [{"value": "2001"}] for field in _FIELDS},
        last_modified=datetime(2001, 1, 1, tzinfo=UTC),
    )
    document = xoai.document(record, xoai.RepositoryInfo("Repository", "", ""), xoai.elements(record))
    found = Outcome([], [])
    for context in configuration.contexts.values():
        for offered in context.formats:
            try:
                render(offered, context.transformer, document)
            except RenderingError as error:
                kind = found.doubts if isinstance(error, NothingMade) else found.mistakes
                kind.append(f"{offered.where}: {error} (tried on a simple record, for /oai/{context.name})")
    return found
