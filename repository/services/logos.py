"""Logos of communities and collections: bitstreams without a bundle, readable by everybody."""

from datetime import datetime
from typing import IO

from django.db import transaction

from repository import authorize, bitstore
from repository.authorize import Actor
from repository.constants import Action
from repository.metadata import Value, document
from repository.models import Bitstream, Collection, Community, ResourcePolicy
from repository.services import editing, policies, registries


def set_logo(
    *, acting_user: Actor, container: Community | Collection, stream: IO[bytes], name: str, now: datetime
) -> Bitstream:
    """Store an image as the logo of a community or collection in place of the one before. Raises NotAuthorized."""
    authorize.require(acting_user, Action.WRITE, container, now=now)
    stored = bitstore.store_file(stream)
    with transaction.atomic():
        fresh = editing.locked(container)
        discard_logo(fresh)
        logo = Bitstream.objects.create(
            metadata=document([("dc.title", Value(name))]),
            format=registries.guess_format(name),
            size=stored.size,
            md5=stored.md5,
            sha256=stored.sha256,
            store_number=stored.store_number,
            internal_id=stored.internal_id,
            last_modified=now,
        )
        ResourcePolicy.objects.bulk_create(policies.rows(logo, [policies.ANONYMOUS_READ]))
        fresh.logo = logo
        editing.save(fresh, "logo", now=now)
    return logo


def remove_logo(*, acting_user: Actor, container: Community | Collection, now: datetime) -> None:
    """Take the logo away. Raises NotAuthorized."""
    authorize.require(acting_user, Action.WRITE, container, now=now)
    with transaction.atomic():
        fresh = editing.locked(container)
        discard_logo(fresh)
        editing.save(fresh, "logo", now=now)


def discard_logo(container: Community | Collection) -> None:
    """Leave the logo's file to `cleanup`; the caller saves the container."""
    if container.logo_id:
        ResourcePolicy.objects.filter(bitstream=container.logo_id).delete()
        Bitstream.objects.filter(pk=container.logo_id).update(deleted=True)
        container.logo = None
        container.save(update_fields=["logo"])
