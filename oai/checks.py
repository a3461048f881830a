"""What `manage.py check` says about the OAI provider: mistakes in xoai.xml, its stylesheets, its description files."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.core import checks

from crosswalks import xoai
from oai import configuration, descriptions, running
from oai.configuration import Configuration, ConfigurationError
from oai.rendering import RenderingError, render

MISTAKE, DESCRIPTION, NOT_RENDERED = "oai.E001", "oai.W001", "oai.W002"
_FIELDS = ("dc.title", "dc.contributor.author", "dc.date.issued", "dc.type", "dc.language.iso", "dc.identifier.uri")


@checks.register("oai")
def check_configuration(**_: Any) -> list[checks.CheckMessage]:
    """Name each mistake with its file and line; warn of stylesheets that fail on a simple record."""
    try:
        found = configuration.load(running.folder())
    except ConfigurationError as error:
        return [checks.Error(problem, id=MISTAKE) for problem in error.problems]
    return [
        *(checks.Warning(problem, id=DESCRIPTION) for problem in descriptions.problems()),
        *(checks.Warning(problem, id=NOT_RENDERED) for problem in sorted(set(_failing(found)))),
    ]


def _failing(configuration: Configuration) -> Iterator[str]:
    """Yield what goes wrong when a simple record is rendered in each format of each context."""
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
                yield f"{error} (the format {offered.prefix} of /oai/{context.name}, tried on a simple record)"
