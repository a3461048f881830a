"""DOIs for items that were archived before there were any here: `doi-organiser --mint-all`.

In: a community, a collection or all. Out: rows of DOIs to be registered, or reserved, as if the items were archived
now; no network. Fails: an item that brings the DOI of another one along is left out, with the reason.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from identifiers import objects
from identifiers.doi import following, registry
from identifiers.providers.base import Archived, IdentifierRefused


@dataclass
class Minted:
    """How many got a DOI, how many have one of somebody else, and why others got none."""

    given: int = 0
    passed_over: int = 0
    refused: list[str] = field(default_factory=list)


def expected(within: str | None) -> Minted:
    """Return what `mint` would do, as far as nothing need be written. Raises LookupError."""
    found = Minted()
    for chunk in objects.archived_without_doi(within):
        passed_over = sum(registry.is_passed_over(archived) for archived in chunk)
        found.passed_over += passed_over
        found.given += len(chunk) - passed_over
    return found


def mint(within: str | None, now: datetime, progress: Callable[[int], None]) -> Minted:
    """Give DOIs to archived objects that have none. Raises LookupError."""
    done = Minted()
    for chunk in objects.archived_without_doi(within):
        with transaction.atomic():
            _mint(chunk, done)
            ids = [archived.object_id for archived in chunk]
            following.follow(ids, now)
            objects.mark_dates(ids, now)
        progress(len(chunk))
    return done


def _mint(chunk: Iterable[Archived], done: Minted) -> None:
    for archived in chunk:
        try:
            with transaction.atomic():
                registry.archive(archived)
        except IdentifierRefused as error:
            done.refused.append(f"item {archived.object_id}: {error}")
            continue
        if registry.of_object(archived.object_id):
            done.given += 1
        else:
            done.passed_over += 1
