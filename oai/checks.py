"""What `manage.py check` says about the OAI provider: mistakes in xoai.xml, its stylesheets, its description files."""

from typing import Any

from django.core import checks

from oai import configuration, descriptions, running, trial
from oai.configuration import ConfigurationError

MISTAKE, DESCRIPTION, NOT_RENDERED = "oai.E001", "oai.W001", "oai.W002"


@checks.register("oai")
def check_configuration(**_: Any) -> list[checks.CheckMessage]:
    """Name each mistake with its file and line; warn of stylesheets that fail on a simple record."""
    try:
        found = configuration.load(running.folder())
    except ConfigurationError as error:
        return [checks.Error(problem, id=MISTAKE) for problem in error.problems]
    return [
        *(checks.Warning(problem, id=DESCRIPTION) for problem in descriptions.problems()),
        *(checks.Warning(problem, id=NOT_RENDERED) for problem in sorted({said for said, _ in trial.failures(found)})),
    ]
