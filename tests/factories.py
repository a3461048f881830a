"""Objects for tests, made through the services, as every door makes them."""

import io
import itertools
from datetime import UTC, datetime
from typing import Any

from repository import bitstore
from repository.authorize import SYSTEM, Actor, actor_for
from repository.metadata import Document, Value, document
from repository.models import Collection, Community, EPerson, Item
from repository.services import collections, communities, epeople, install

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
_numbers = itertools.count(1)


def md(**fields: str | list[str]) -> Document:
    """`md(dc_title="A", dc_subject=["x", "y"])`: underscores are dots."""
    return document(
        (name.replace("_", "."), Value(value))
        for name, values in fields.items()
        for value in ([values] if isinstance(values, str) else values)
    )


def community(title: str = "Faculty of Arts", *, parent: Community | None = None, **kwargs: Any) -> Community:
    return communities.create_community(
        acting_user=SYSTEM, metadata=md(dc_title=title), parent=parent, now=NOW, **kwargs
    )


def collection(title: str = "Theses", *, within: Community | None = None, **kwargs: Any) -> Collection:
    return collections.create_collection(
        acting_user=SYSTEM, community=within or community(), metadata=md(dc_title=title), now=NOW, **kwargs
    )


def new_file(name: str = "thesis.txt", content: bytes = b"All about it.\n", **kwargs: Any) -> install.NewFile:
    return install.NewFile(name=name, stored=bitstore.store_file(io.BytesIO(content)), **kwargs)


def item(
    title: str = "On owls",
    *,
    within: Collection | None = None,
    also_in: tuple[Collection, ...] = (),
    files: list[install.NewFile] | None = None,
    metadata: Document | None = None,
    now: datetime = NOW,
    **kwargs: Any,
) -> Item:
    """An archived item, readable by everybody."""
    return install.add_item(
        acting_user=SYSTEM,
        collections=[within or collection(), *also_in],
        metadata=metadata
        or md(dc_title=title, dc_contributor_author="Ørsted, Åse", dc_date_issued="2024-05", dc_type="Article"),
        files=files or [],
        now=now,
        **kwargs,
    )


def eperson(email: str | None = None, password: str | None = "correct horse battery") -> EPerson:
    return epeople.create_eperson(
        acting_user=SYSTEM,
        email=email or f"person{next(_numbers)}@example.org",
        password=password,
        first_name="Ada",
        last_name="Reader",
        now=NOW,
    )


def administrator(email: str = "admin@example.org") -> EPerson:
    person = eperson(email)
    epeople.make_administrator(acting_user=SYSTEM, eperson=person)
    return person


def actor(person: EPerson) -> Actor:
    return actor_for(person)
