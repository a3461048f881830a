"""Creating what a structure file describes, all of it or nothing."""

from datetime import datetime

from django.db import transaction

from identifiers import services as identifiers
from importexport.structure import Node
from repository.authorize import SYSTEM
from repository.metadata import Document, Value, document
from repository.models import Collection, Community
from repository.services import collections, communities


@transaction.atomic
def build(nodes: list[Node], *, now: datetime, parent: Community | None = None) -> int:
    """Create the communities and collections of `nodes`, note their handles in them, and return how many they are."""
    count = 0
    for node in nodes:
        community = communities.create_community(acting_user=SYSTEM, metadata=_metadata(node), parent=parent, now=now)
        node.handle = identifiers.handle_of(community.pk)
        count += 1 + build(node.communities, now=now, parent=community)
        for child in node.collections:
            child.handle = identifiers.handle_of(_collection(child, community, now).pk)
            count += 1
    return count


def _collection(node: Node, community: Community, now: datetime) -> Collection:
    return collections.create_collection(acting_user=SYSTEM, community=community, metadata=_metadata(node), now=now)


def _metadata(node: Node) -> Document:
    return document((name, Value(text)) for name, text in node.fields.items())
