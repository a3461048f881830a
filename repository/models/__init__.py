"""The tables of the core. Only `repository.services` writes them."""

from repository.models.bitstreams import Bitstream, Bundle
from repository.models.changes import Mark
from repository.models.containers import Collection, Community, Site
from repository.models.items import Item, ItemCollection
from repository.models.people import EPerson, Group, GroupMember, GroupNesting
from repository.models.policies import ResourcePolicy
from repository.models.registries import BitstreamFormat, MetadataField, MetadataSchema

__all__ = [
    "Bitstream",
    "BitstreamFormat",
    "Bundle",
    "Collection",
    "Community",
    "EPerson",
    "Group",
    "GroupMember",
    "GroupNesting",
    "Item",
    "ItemCollection",
    "Mark",
    "MetadataField",
    "MetadataSchema",
    "ResourcePolicy",
    "Site",
]
