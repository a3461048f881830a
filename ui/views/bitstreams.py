"""Downloads: by UUID, and by DSpace's stable address of handle, sequence number and name."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from identifiers import services as handles
from repository.authorize import could_read_withdrawn, visible_to
from repository.constants import ObjectType
from repository.models import Bitstream
from ui.access import actor_of, checked
from ui.downloads import send
from ui.views import errors


@require_safe
def by_id(request: HttpRequest, object_id: UUID) -> HttpResponseBase:
    """Send the file with this UUID."""
    return _send(request, Bitstream.objects.filter(pk=object_id))


@require_safe
def by_sequence(request: HttpRequest, prefix: str, suffix: str, sequence: int, name: str) -> HttpResponseBase:
    """Send file number `sequence` of the item; as in DSpace the number decides, and the name is for people."""
    row = handles.lookup(checked(f"{prefix}/{suffix}"))
    if row is None or row.object_type != ObjectType.ITEM or sequence > 2**31 - 1:
        raise Http404
    return _send(request, Bitstream.objects.filter(bundle__item=row.object_id, sequence_id=sequence))


def _send(request: HttpRequest, found: "QuerySet[Bitstream]") -> HttpResponseBase:
    actor = actor_of(request)
    found = found.filter(deleted=False)
    bitstream = visible_to(actor, found).select_related("format").first()
    if bitstream:
        return send(request, bitstream)
    item_id = found.values_list("bundle__item", flat=True).first()
    if item_id and could_read_withdrawn(actor, item_id):
        return errors.gone(request)
    raise Http404
