"""What `manage.py check` says about identifiers: providers, the DOI prefix, the account at the agency."""

import re
from typing import Any

from django.conf import settings
from django.core import checks
from django.utils.module_loading import import_string

from common import emails
from identifiers import connectors, objects
from identifiers.connectors import EZID_PROVIDER, datacite
from identifiers.doi import names, report
from identifiers.providers.base import Provider
from identifiers.providers.doi import PROVIDER, is_on

UNKNOWN_PROVIDER, BOTH, WRONG_PREFIX, WRONG_SEPARATOR = "doi.E001", "doi.E002", "doi.E003", "doi.E004"
NOT_TOLD, WRONG_AGENCY = "doi.E006", "doi.E007"
TEST_PREFIX, NOBODY_TOLD, DOUBTFUL, NO_TEXT = "doi.W001", "doi.W002", "doi.W003", "doi.W004"
NO_AGENCY, TEST_SYSTEM = "doi.W005", "doi.W006"

_OF_DATACITE = ("datacite_mds", "datacite_rest")
_PREFIX = re.compile(r"10\.[0-9]{4,9}(?:\.[0-9]+)*")
_SEPARATOR = re.compile(r"[-A-Za-z0-9._;()/:]*")  # what every agency accepts in a DOI


@checks.register("identifiers")
def check_identifiers(**_: Any) -> list[checks.CheckMessage]:
    """Check the providers, and where DOIs are on all that a run of doi-organiser needs."""
    messages: list[checks.CheckMessage] = []
    paths = settings.DSPACE.list("identifier.providers")
    messages += [message for path in paths if (message := _provider(path))]
    if is_on():
        if {PROVIDER, EZID_PROVIDER} <= set(paths):
            hint = "Take one of the two out: an item would get two DOIs."
            messages.append(checks.Error("identifier.providers: DOI and EZID together", hint=hint, id=BOTH))
        messages += [*_names(), *_documents(), *_agency()]
    return messages


def _provider(path: str) -> checks.CheckMessage | None:
    try:
        if issubclass(import_string(path), Provider):
            return None
        reason = "it is no Provider"
    except (ImportError, TypeError, ValueError) as error:
        reason = str(error)
    return checks.Error(f"identifier.providers: {path}: {reason}", id=UNKNOWN_PROVIDER)


def _names() -> list[checks.CheckMessage]:
    messages: list[checks.CheckMessage] = []
    prefix, separator = names.prefix(), names.stem().partition("/")[2]
    key, other = "identifier.doi.prefix", "identifier.doi.namespaceseparator"
    if names.by_ezid():
        key = other = "identifier.doi.ezid.shoulder"
    if prefix == names.TEST_PREFIX:
        text = f"{key}: {prefix} is nobody's; agencies answer for it as if all its DOIs were there"
        hint = "Set the prefix that your agency gave you: it has one for tests too."
        messages.append(checks.Warning(text, hint=hint, id=TEST_PREFIX))
    if not _PREFIX.fullmatch(prefix):
        messages.append(checks.Error(f"{key}: {prefix!r} is not like 10.12345", id=WRONG_PREFIX))
    elif _is_undivided() and not datacite.DOI.fullmatch(f"{prefix}/1"):
        text = f"{key}: {prefix} is a part of a prefix, such as other agencies give; DataCite and EZID refuse its DOIs"
        messages.append(checks.Error(text, hint="Set the prefix that your agency gave you.", id=WRONG_PREFIX))
    if not _SEPARATOR.fullmatch(separator):
        text = f"{other}: {separator!r} has a character that can't be part of a DOI"
        messages.append(checks.Error(text, hint="Letters, digits and -._;()/: can be.", id=WRONG_SEPARATOR))
    return messages


def _is_undivided() -> bool:
    """Whether the agency takes no parts of a prefix, which the DOI Handbook knows (2.2.2)."""
    return (settings.DSPACE.get("identifier.doi.connector") or "") in ("", *_OF_DATACITE, connectors.OF_EZID)


def _documents() -> list[checks.CheckMessage]:
    messages: list[checks.CheckMessage] = [checks.Error(problem, id=NOT_TOLD) for problem in objects.problems()]
    return messages + [checks.Warning(doubt, id=DOUBTFUL) for doubt in objects.doubts()]


def _agency() -> list[checks.CheckMessage]:
    messages: list[checks.CheckMessage] = []
    try:
        connectors.connector(settings.DSPACE)
    except connectors.ConnectorMisconfigured as error:
        messages.append(checks.Error(str(error), id=WRONG_AGENCY))
    if settings.DSPACE.get("identifier.doi.connector") == "memory":
        text = "identifier.doi.connector: memory registers nothing: items get DOIs that nobody can resolve"
        messages.append(checks.Warning(text, hint="It is for trying out; name that of your agency.", id=NO_AGENCY))
    elif _is_test_system() and names.prefix() != names.TEST_PREFIX:
        text = "DATACITE_HOST: DataCite's test system is told of the DOIs; nobody can resolve what it has"
        hint = "For real DOIs: mds.datacite.org or api.datacite.org; then doi-organiser --resend-all -u -d tells all."
        messages.append(checks.Warning(text, hint=hint, id=TEST_SYSTEM))
    if not settings.DSPACE.list("alert.recipient"):
        text = "alert.recipient is not set: nobody is told when the agency refuses a DOI"
        messages.append(checks.Warning(text, id=NOBODY_TOLD))
    try:
        emails.written(report.text_path(), [""] * report.PARAMETERS)
    except emails.EmailTextError as error:
        messages.append(checks.Warning(str(error), id=NO_TEXT))
    return messages


def _is_test_system() -> bool:
    if names.by_ezid() or (settings.DSPACE.get("identifier.doi.connector") or "") not in ("", *_OF_DATACITE):
        return False
    host = settings.DSPACE.get("DATACITE_HOST") or ""
    return not host or host.endswith(".test.datacite.org")
