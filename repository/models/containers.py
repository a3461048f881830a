"""Site, communities and collections.

Texts are metadata, under the fields DSpace 6 keeps them in: dc.title (name), dc.description.abstract (short
description), dc.description (introductory text), dc.description.tableofcontents (news), dc.rights (copyright text),
dc.rights.license (licence), dc.provenance.
"""

from django.db import models

from repository.constants import ObjectType
from repository.models.base import DSpaceObject, metadata_shape
from repository.models.bitstreams import Bitstream
from repository.models.people import Group


class Site(DSpaceObject):
    """The repository itself: one row, bound to the handle `{prefix}/0` by `database migrate`."""

    type = ObjectType.SITE


class Community(DSpaceObject):
    """A community; top-level ones have no parent. A trigger refuses cycles."""

    type = ObjectType.COMMUNITY

    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="subcommunities")
    logo = models.ForeignKey(Bitstream, models.SET_NULL, null=True, blank=True, related_name="+")
    admin_group = models.ForeignKey(Group, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [metadata_shape("community")]

    def __str__(self) -> str:
        return self.name


class Collection(DSpaceObject):
    """A collection. Its groups have DSpace's names: `COLLECTION_{uuid}_ADMIN`, `_SUBMIT`, `_WORKFLOW_STEP_1`…"""

    type = ObjectType.COLLECTION

    community = models.ForeignKey(Community, models.PROTECT, related_name="collections")
    logo = models.ForeignKey(Bitstream, models.SET_NULL, null=True, blank=True, related_name="+")
    admin_group = models.ForeignKey(Group, models.SET_NULL, null=True, blank=True, related_name="+")
    submitter_group = models.ForeignKey(Group, models.SET_NULL, null=True, blank=True, related_name="+")
    template_metadata: "models.JSONField[dict, dict]" = models.JSONField(default=dict)  # type: ignore[type-arg]

    class Meta:
        constraints = [metadata_shape("collection")]

    def __str__(self) -> str:
        return self.name
