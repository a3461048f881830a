"""Each stylesheet tried on a simple record, before harvesters depend on it.

In: a configuration that was just read. Out: what fails. Called by `manage.py check`, and by oai/running.py, which goes
on with the configuration before. What fails on some records only is not found here: lists leave these out.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from crosswalks import xoai
from oai.configuration import Configuration
from oai.rendering import RenderingError, render

_FIELDS = ("dc.title", "dc.contributor.author", "dc.date.issued", "dc.type", "dc.language.iso", "dc.identifier.uri")


def failures(configuration: Configuration) -> Iterator[tuple[str, RenderingError]]:
    """Yield what goes wrong with a simple record in each format of each context: in words, and the error."""
    record = xoai.ItemRecord(
        handle="123456789/1",
        identifier="oai:repository.example.org:123456789/1",
        metadata={field: [{"value": "2001"}] for field in _FIELDS},
        last_modified=datetime(2001, 1, 1, tzinfo=UTC),
    )
    document = xoai.document(record, xoai.RepositoryInfo("Repository", "", ""), xoai.elements(record))
    for context in configuration.contexts.values():
        for offered in context.formats:
            try:
                render(offered, context.transformer, document)
            except RenderingError as error:
                yield f"{error} (the format {offered.prefix} of /oai/{context.name}, tried on a simple record)", error
