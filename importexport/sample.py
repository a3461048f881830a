"""Loading the project's own sample archive (`sample/`) into an empty repository."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from importexport import importing, lookup
from importexport.building import build
from importexport.importing import plan_metadata, stored_files, targets
from importexport.saf.folder import item_folders, read_item
from importexport.structure import Node, read_structure
from repository.authorize import SYSTEM
from repository.constants import ANONYMOUS_GROUP, Action
from repository.models import Bitstream, Collection, Community, Item
from repository.services import groups, install, items, logos
from repository.services.policies import PolicySpec, replace_policies


class SampleError(ValueError):
    """The sample archive is damaged."""


@dataclass(frozen=True)
class _Sample:
    folder: Path
    extra: dict[str, Any]  # sample.toml: what the other files can't say
    handles: dict[str, str]  # path of names -> handle
    now: datetime


@transaction.atomic
def load(folder: Path, *, now: datetime) -> int:
    """Load the sample archive and return how many items it has; 0 when there is a community already.

    All of it or nothing. Raises SampleError, and what reading its parts raises.
    """
    if Community.objects.exists():
        return 0
    nodes = read_structure(folder / "structure.xml")
    build(nodes, acting_user=SYSTEM, now=now)
    extra = tomllib.loads((folder / "sample.toml").read_text("utf-8"))
    sample = _Sample(folder, extra, dict(_paths(nodes, "")), now)
    for name in extra["groups"]:
        groups.create_group(acting_user=SYSTEM, name=name, now=now)
    for path, logo in extra["logos"].items():
        _set_logo(sample, path, logo)
    return sum(_load_collection(sample, slug) for slug in extra["collections"])


def _paths(nodes: list[Node], above: str) -> Iterator[tuple[str, str]]:
    for node in nodes:
        path = f"{above} > {node.texts['name']}" if above else node.texts["name"]
        yield path, node.handle or ""
        yield from _paths([*node.communities, *node.collections], path)


def _collection(sample: _Sample, slug: str) -> Collection:
    return lookup.find_collection(sample.handles[sample.extra["collections"][slug]])


def _set_logo(sample: _Sample, path: str, logo: str) -> None:
    handle = sample.handles[path]
    try:
        container: Community | Collection = lookup.find_community(handle)
    except lookup.NotFound:
        container = lookup.find_collection(handle)
    with (sample.folder / logo).open("rb") as stream:
        logos.set_logo(acting_user=SYSTEM, container=container, stream=stream, name=Path(logo).name, now=sample.now)


def _load_collection(sample: _Sample, slug: str) -> int:
    folders = item_folders(sample.folder / slug)
    for name in folders:
        key = f"{slug}/{name}"
        try:
            item = _load_item(sample, slug, name, sample.extra["mapped"].get(key, []))
        except importing.REFUSALS as error:
            raise SampleError(f"sample/{key}: {importing.reason_of(error)}") from error
        if key in sample.extra["embargoed"]:
            _embargo(item, sample.extra["embargoed"][key], sample.now)
        if key in sample.extra["withdrawn"]:
            items.withdraw(acting_user=SYSTEM, item=item, now=sample.now)
    return len(folders)


def _load_item(sample: _Sample, slug: str, name: str, mapped: list[str]) -> Item:
    request = importing.AddRequest(
        source=sample.folder / slug, collections=[_collection(sample, s) for s in (slug, *mapped)]
    )
    plan = read_item(request.source / name)
    return install.add_item(
        acting_user=SYSTEM,
        collections=targets(request, plan),
        metadata=plan_metadata(plan, {}),
        files=stored_files(request, plan),
        now=sample.now,
    )


def _embargo(item: Item, until: date, now: datetime) -> None:
    """Close the item's files until that day."""
    opened = PolicySpec(Action.READ, group_id=ANONYMOUS_GROUP, start_date=until, name="embargo")
    for bitstream in Bitstream.objects.filter(bundle__item=item, bundle__bundle_name="ORIGINAL"):
        replace_policies(acting_user=SYSTEM, obj=bitstream, action=Action.READ, specs=[opened], now=now)
