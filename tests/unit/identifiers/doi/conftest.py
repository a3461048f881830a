"""A repository with DOIs, and an agency that is a dictionary."""

import io
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from dspace.configuration import Configuration, Item
from identifiers.connectors import memory
from identifiers.doi.states import State
from identifiers.models import DOI
from repository import changes

PROVIDERS = "identifiers.providers.handle.HandleProvider,identifiers.providers.doi.DOIProvider"
BASE = {
    "identifier.providers": PROVIDERS,
    "identifier.doi.connector": "memory",
    "identifier.doi.prefix": "10.12345",
    "identifier.doi.namespaceseparator": "repo-",
    "identifier.doi.concurrency": "2",
    "alert.recipient": "dois@example.org",
}


@pytest.fixture
def configure(settings) -> Callable[[dict[str, str]], None]:
    """A function that sets keys of the configuration; values are separated by commas."""

    def configure(values: dict[str, str]) -> None:
        items = {key: [Item(part, "local.cfg:1") for part in text.split(",")] for key, text in values.items()}
        settings.DSPACE = Configuration({**settings.DSPACE.entries, **items}, settings.DSPACE.environ)

    return configure


@pytest.fixture
def with_dois(settings, configure) -> None:
    """Items get DOIs, and their changes are followed."""
    configure(BASE)
    settings.CHANGE_CONSUMERS = {"doi": "identifiers.services.follow_changes"}
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def agency(with_dois, monkeypatch) -> memory.MemoryConnector:
    """The agency, which knows no DOI yet."""
    made = memory.MemoryConnector()
    monkeypatch.setattr(memory, "_shared", made)
    return made


@dataclass
class Run:
    code: int
    out: str
    err: str


def organise(*arguments: str) -> Run:
    """Call doi-organiser."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    try:
        call_command("doi_organiser", *arguments, stdout=out, stderr=err)
    except CommandError as error:
        code = error.returncode
        err.write(str(error))
    return Run(code, out.getvalue(), err.getvalue())


def everything() -> Run:
    """What the schedule runs, with words."""
    return organise("-u", "-s", "-r", "-d")


def follow() -> None:
    """Let the consumer look at what changed."""
    changes.run_all("doi", now=timezone.now)


def doi_of(item) -> DOI:
    return DOI.objects.get(object_id=item.pk)


def state_of(item) -> State:
    return State(doi_of(item).state)
