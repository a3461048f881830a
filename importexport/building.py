"""Creating what a structure file describes, all of it or nothing."""

from datetime import datetime

from django.db import transaction

from identifiers import services as identifiers
from importexport.structure import Node
from repository.authorize import Actor
from repository.metadata import Document, Value, document
from repository.models import Community
from repository.services import collections, communities


@transaction.atomic
def build(nodes: list[Node], *, acting_user: Actor, now: datetime, parent: Community | None = None) -> int:
    """Create the communities and collections of `nodes`, note their handles in them, and return how many they are.

    Raises NotAuthorized.
    """
    count = 0
    for node in nodes:
        metadata = _metadata(node)
        community = communities.create_community(acting_user=acting_user, metadata=metadata, parent=parent, now=now)
        node.handle = identifiers.handle_of(community.pk)
        count += 1 + build(node.communities, acting_user=acting_user, now=now, parent=community)
        for child in node.collections:
            collection = collections.create_collection(
                acting_user=acting_user, community=community, metadata=_metadata(child), now=now
            )
            child.handle = identifiers.handle_of(collection.pk)
            count += 1
    return count


def _metadata(node: Node) -> Document:
    return document((name, Value(text)) for name, text in node.fields.items())
