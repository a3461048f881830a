"""What `manage.py check` says about the OAI provider: mistakes in xoai.xml, its stylesheets, its description files."""

from typing import Any

from django.core import checks

from oai import configuration, descriptions, running, trial
from oai.configuration import ConfigurationError

MISTAKE, DESCRIPTION, NOTHING_MADE = "oai.E001", "oai.W001", "oai.W002"


@checks.register("oai")
def check_configuration(**_: Any) -> list[checks.CheckMessage]:
    """Name each mistake with its file and line; warn of stylesheets that make nothing of a simple record."""
    try:
        found = configuration.load(running.folder())
    except ConfigurationError as error:
        return [checks.Error(problem, id=MISTAKE) for problem in error.problems]
    tried = trial.outcome(found)
    return [
        *(checks.Error(problem, id=MISTAKE) for problem in tried.mistakes),
        *(checks.Warning(problem, id=DESCRIPTION) for problem in descriptions.problems()),
        *(checks.Warning(problem, id=NOTHING_MADE) for problem in tried.doubts),
    ]
