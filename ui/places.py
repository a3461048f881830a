"""Communities and collections as pages show them: their addresses, the way to them, the tree."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote
from uuid import UUID

from common.text import sort_key
from identifiers import services as handles
from repository import querysets
from repository.authorize import Actor, visible_to
from repository.models import Collection, Community
from ui.counts import item_counts
from ui.texts import cut

Place = Community | Collection


@dataclass
class Node:
    """A community or collection with its address, the number of items the reader finds in it, and what is in it."""

    place: Place
    url: str
    count: int
    communities: list["Node"] = field(default_factory=list)
    collections: list["Node"] = field(default_factory=list)


@dataclass(frozen=True)
class Step:
    """A step of the trail; the last one, the page itself, has no address."""

    label: str
    url: str = ""


def place_url(place: Place, handle: str | None) -> str:
    """Return the address of the place's page."""
    if handle:
        return f"/handle/{quote(handle)}"
    return f"/{'communities' if isinstance(place, Community) else 'collections'}/{place.pk}"


def nodes(places: Iterable[Place], counts: dict[UUID, int]) -> list[Node]:
    """Return the places as nodes, in order of their names. One query, for the handles."""
    ordered = sorted(places, key=lambda place: sort_key(place.name))
    found = handles.handles_of(place.pk for place in ordered)
    return [Node(place, place_url(place, found.get(place.pk)), counts.get(place.pk, 0)) for place in ordered]


def tree(actor: Actor) -> list[Node]:
    """Return all that `actor` may see, as a tree. What stands below a hidden community moves up to where it is seen."""
    communities = {c.pk: c for c in visible_to(actor, Community.objects.all())}
    collections = list(visible_to(actor, Collection.objects.all()))
    made = {node.place.pk: node for node in nodes([*communities.values(), *collections], item_counts(actor))}
    parents = dict(Community.objects.values_list("id", "parent_id"))
    roots: list[Node] = []
    for node in made.values():
        parent = node.place.community_id if isinstance(node.place, Collection) else node.place.parent_id
        while parent and parent not in communities:
            parent = parents.get(parent)
        if not parent:
            roots.append(node)
        elif isinstance(node.place, Collection):
            made[parent].collections.append(node)
        else:
            made[parent].communities.append(node)
    return roots


def trail_to(actor: Actor, place: Place) -> list[Step]:
    """Return the steps from the top community down to `place`, without those that `actor` may not see."""
    way = way_to(actor, place)
    return steps(way, handles.handles_of(step.pk for step in way))


def steps(way: Iterable[Place], found: Mapping[UUID, str]) -> list[Step]:
    """Return the places as steps of a trail; `found` has their handles."""
    return [Step(cut(place.name), place_url(place, found.get(place.pk))) for place in way]


def way_to(actor: Actor, place: Place) -> list[Place]:
    """Return the communities above `place`, the top one first and only those that `actor` may see, and itself."""
    if isinstance(place, Collection):
        ids = querysets.ancestors_of([place.pk]).get(place.pk, [])[::-1]
    else:
        ids = [community.pk for community in querysets.path_of(place)[:-1]]
    seen = {c.pk: c for c in visible_to(actor, Community.objects.filter(pk__in=ids))}
    return [*(seen[i] for i in ids if i in seen), place]
