"""Downloads: by UUID, and by DSpace's stable address of handle, sequence number and name."""

from urllib.parse import quote
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from common.dates import utc_day
from identifiers import resolution
from repository.authorize import granted_to, visible_to
from repository.constants import Action, ObjectType
from repository.models import Bitstream, Item, ResourcePolicy
from ui import parameters
from ui.access import actor_of, checked, tombstone_or_404
from ui.downloads import send


@require_safe
def by_id(request: HttpRequest, object_id: UUID) -> HttpResponseBase:
    """Send the file with this UUID; one of an item that was withdrawn is gone for those who could read it."""
    bitstream = _readable(request, Bitstream.objects.filter(pk=object_id))
    if bitstream:
        return send(request, bitstream)
    granted = granted_to(actor_of(request), utc_day(timezone.now()))
    policies = ResourcePolicy.objects.filter(granted, action=Action.READ, bitstream=object_id)
    item_id = policies.values_list("bitstream__bundle__item", flat=True).first()
    if item_id is None:
        raise Http404
    return tombstone_or_404(request, Item, item_id)


@require_safe
def by_sequence(request: HttpRequest, prefix: str, suffix: str, sequence: int, name: str) -> HttpResponseBase:
    """Send file number `sequence` of the item; as in DSpace the number decides, and the name is for people."""
    handle = checked(f"{prefix}/{suffix}")
    row = resolution.row_of(handle)
    if row is None or row.object_type != ObjectType.ITEM or sequence > 2**31 - 1:
        raise Http404
    bitstream = _readable(request, Bitstream.objects.filter(bundle__item=row.object_id, sequence_id=sequence))
    if bitstream is None:  # of an item that is gone each file is, whether there was one of that number or not
        return tombstone_or_404(request, Item, row.object_id)
    if row.handle != handle:
        return HttpResponsePermanentRedirect(f"/bitstream/{quote(row.handle)}/{sequence}/{quote(name)}")
    return send(request, bitstream)


@require_safe
def by_name(request: HttpRequest, prefix: str, suffix: str, name: str) -> HttpResponseBase:
    """Send a file by the address that XMLUI gave it: `sequence` decides where it is given, else the name does."""
    sequence = parameters.number(request, "sequence", default=0, high=2**31)
    row = None if sequence else resolution.row_of(checked(f"{prefix}/{suffix}"))
    if row:
        files = Bitstream.objects.filter(bundle__item=row.object_id, sequence_id__isnull=False, deleted=False)
        readable = visible_to(actor_of(request), files.order_by("sequence_id"))
        sequence = next((file.sequence_id or 0 for file in readable if file.name == name), 0)  # which no file has
    return by_sequence(request, prefix, suffix, sequence, name)


def _readable(request: HttpRequest, found: "QuerySet[Bitstream]") -> Bitstream | None:
    return visible_to(actor_of(request), found.filter(deleted=False)).select_related("format").first()
