"""The files of an item as its page shows them, and what a reader can do with them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from urllib.parse import quote
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from repository.authorize import Actor, visible_to
from repository.constants import ANONYMOUS_GROUP, Action
from repository.models import Bitstream, Item, ResourcePolicy

CONTENT_BUNDLE = "ORIGINAL"
OWN_PICTURE_BYTES = 200_000
# Bundles that people never ask for: made of the originals by media filters, or kept for machines.
_DERIVED = frozenset({"TEXT", "THUMBNAIL", "BRANDED_PREVIEW", "SWORD", "ORE", "DELETED"})


class Access(StrEnum):
    """How open something is to everybody: what the badge says."""

    OPEN = "open"
    EMBARGO = "embargo"
    RESTRICTED = "restricted"
    METADATA_ONLY = "metadata"


@dataclass(frozen=True)
class File:
    """A file of an item. `readable` is about this reader, `access` and `until` (first open day) about everybody.

    A file that the reader may not open has no name and no address here: the page says only that it exists.
    """

    bitstream: Bitstream
    bundle: str
    readable: bool
    access: Access
    until: date | None = None
    url: str = ""
    thumbnail: str = ""


def files_of(actor: Actor, item: Item, handle: str | None, *, on: date) -> list[File]:
    """Return the files of all bundles that people care for, the content first. Two queries."""
    found = list(
        Bitstream.objects.filter(bundle__item=item, deleted=False)
        .annotate(readable=Exists(visible_to(actor, Bitstream.objects.filter(pk=OuterRef("pk")))))
        .select_related("bundle", "format")
        .order_by("bundle__bundle_name", "position", "sequence_id")
    )
    if not found:
        return []
    readable = {bitstream.pk for bitstream in found if bitstream.readable}
    policies = _anonymous_policies(item, found)
    pictures = {b.name: download_url(b) for b in found if _bundle(b) == "THUMBNAIL" and b.pk in readable}
    files = []
    for bitstream in found:
        if _bundle(bitstream) in _DERIVED:
            continue
        access, until = _access(policies.get(item.pk, []), policies.get(bitstream.pk, []), on)
        seen = bitstream.pk in readable
        url = stable_url(bitstream, handle) if seen else ""
        picture = pictures.get(f"{bitstream.name}.jpg") or _own_picture(bitstream, url) if seen else ""
        files.append(File(bitstream, _bundle(bitstream), seen, access, until, url, picture))
    return sorted(files, key=lambda file: file.bundle != CONTENT_BUNDLE)


def overall_access(files: Iterable[File]) -> tuple[Access, date | None]:
    """Return what the badge of the whole item says: the least open of its content files."""
    content = [file for file in files if file.bundle == CONTENT_BUNDLE]
    for access in (Access.RESTRICTED, Access.EMBARGO):
        worst = [file for file in content if file.access == access]
        if worst:
            return access, max((file.until for file in worst if file.until), default=None)
    return (Access.OPEN if content else Access.METADATA_ONLY), None


def download_url(bitstream: Bitstream) -> str:
    """Return the address by UUID."""
    return f"/bitstreams/{bitstream.pk}/download"


def stable_url(bitstream: Bitstream, handle: str | None) -> str:
    """Return the address that people cite: DSpace's, by handle and sequence number, where there is one."""
    if not handle or handle.count("/") > 1 or bitstream.sequence_id is None or not bitstream.name:
        return download_url(bitstream)
    return f"/bitstream/{quote(handle)}/{bitstream.sequence_id}/{quote(bitstream.name, safe='')}"


def _own_picture(bitstream: Bitstream, url: str) -> str:
    """Return the address of an image that is small enough to be its own thumbnail, else nothing."""
    small = bitstream.size <= OWN_PICTURE_BYTES and bitstream.format.mimetype in (
        "image/jpeg",
        "image/png",
        "image/gif",
    )
    return url if small else ""


def _bundle(bitstream: Bitstream) -> str:
    return bitstream.bundle.bundle_name if bitstream.bundle else ""


def _anonymous_policies(item: Item, bitstreams: Sequence[Bitstream]) -> dict[UUID, list[ResourcePolicy]]:
    """Return the policies that let Anonymous read the item or its files, now or later, by object."""
    policies = ResourcePolicy.objects.filter(
        Q(item=item) | Q(bitstream__in=[b.pk for b in bitstreams]), action=Action.READ, group_id=ANONYMOUS_GROUP
    )
    result: dict[UUID, list[ResourcePolicy]] = {}
    for policy in policies:
        key = policy.item_id or policy.bitstream_id
        if key:
            result.setdefault(key, []).append(policy)
    return result


def _access(item: list[ResourcePolicy], bitstream: list[ResourcePolicy], on: date) -> tuple[Access, date | None]:
    """Return how open a file is that both its item's and its own policies must open."""
    starts = [_opens(item, on), _opens(bitstream, on)]
    if None in starts:
        return Access.RESTRICTED, None
    opens = max(start for start in starts if start)
    return (Access.OPEN, None) if opens <= on else (Access.EMBARGO, opens)


def _opens(policies: list[ResourcePolicy], on: date) -> date | None:
    """Return the first day from `on` that one of the policies counts, or None."""
    running = [policy for policy in policies if policy.end_date is None or policy.end_date >= on]
    return min((max(policy.start_date or on, on) for policy in running), default=None)
