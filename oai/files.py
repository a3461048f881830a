"""The files of items, as far as harvesters may know of them.

In: items that are public. Out: their readable files by bundle, whether visitors may read the item's own file, and the
licence under which it was deposited. Called by oai/records.py inside the publisher's transaction: a constant number of
queries, and licences are read from local stores only, for a slow remote one would hold the transaction. Fails: not at
all; a licence that can't be read is left out, with a warning.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import NamedTuple
from urllib.parse import quote
from uuid import UUID

from django.core.files.storage import FileSystemStorage
from django.db.models import Min

from common.dates import utc_day
from crosswalks.xoai import Access, Bundle, File
from repository import bitstore
from repository.authorize import anonymous_readers
from repository.constants import ANONYMOUS_GROUP, Action
from repository.metadata import Document, Metadata
from repository.models import Bitstream, ResourcePolicy

ORIGINAL, LICENSE = "ORIGINAL", "LICENSE"
_MAX_LICENSE = 64 * 1024
_MAX_TEXTS = 256
# Licences by checksum: thousands of items share one. Never more than _MAX_TEXTS.
_texts: dict[str, bytes] = {}
_COLUMNS = (
    "bundle__item", "bundle__bundle_name", "pk", "bundle__primary_bitstream", "metadata", "format__mimetype",
    "size", "md5", "sha256", "sequence_id", "store_number", "internal_id",
)  # fmt: skip
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ItemFiles:
    """What may be said of an item's files; `has_file` counts those of ORIGINAL that visitors may not read too."""

    bundles: Sequence[Bundle]
    access: Access
    license: bytes
    has_file: bool


NONE = ItemFiles((), Access("metadata.only"), b"", has_file=False)


class _Row(NamedTuple):
    item_id: UUID
    bundle: str
    id: UUID
    primary: UUID | None
    metadata: Document
    mime_type: str
    size: int
    md5: str
    sha256: str
    sequence: int | None
    store: int
    internal_id: str


def files_of(handles: Mapping[UUID, str], base: str, now: datetime) -> dict[UUID, ItemFiles]:
    """Return the files of the items in `handles` (item to handle), those that visitors may read at `now`.

    `base` is what the addresses of files begin with. An item without any file is left out: NONE holds for it. That the
    items are public is known; asking `visible_to` for the files would test it once more, for the whole table.
    """
    day = utc_day(now)
    rows: dict[UUID, list[_Row]] = {}
    for row in _rows(handles):
        rows.setdefault(row.item_id, []).append(row)
    shown = {item_id: found for item_id, of in rows.items() if (found := _first_shown(of))}
    readable = _readable([row.id for of in rows.values() for row in of], day)
    opening = _opening([row.id for row in shown.values() if row.id not in readable], day)
    return {
        item_id: ItemFiles(
            bundles=_bundles(of, shown.get(item_id), readable, partial(_url, base, handles[item_id])),
            access=_access(shown.get(item_id), readable, opening),
            license=_license(of, readable),
            has_file=item_id in shown,
        )
        for item_id, of in rows.items()
    }


def _rows(item_ids: Iterable[UUID]) -> Iterable[_Row]:
    """Return every file of the items; bundles in the order of their names, which no database's locale decides."""
    files = Bitstream.objects.filter(bundle__item__in=list(item_ids), deleted=False)
    found = files.order_by("bundle_id", "position", "sequence_id").values_list(*_COLUMNS)
    return sorted(map(_Row._make, found), key=lambda row: row.bundle)


def _readable(bitstream_ids: Sequence[UUID], day: date) -> set[UUID]:
    """Return those of the files that visitors may read.

    A query of its own: as a condition on files PostgreSQL would rather read every policy there is.
    """
    if not bitstream_ids:
        return set()
    granted = ResourcePolicy.objects.filter(anonymous_readers(day), action=Action.READ, bitstream__in=bitstream_ids)
    return set(granted.values_list("bitstream", flat=True))


def _first_shown(rows: Sequence[_Row]) -> _Row | None:
    """Return the item's own file that is shown first: ORIGINAL's primary one, else its first."""
    own = [row for row in rows if row.bundle == ORIGINAL]
    return next((row for row in own if row.id == row.primary), own[0] if own else None)


def _opening(bitstream_ids: Sequence[UUID], day: date) -> dict[UUID, date]:
    """Return the first day on which visitors may read each of these files, for those that will be opened."""
    if not bitstream_ids:
        return {}
    later = ResourcePolicy.objects.filter(
        bitstream__in=bitstream_ids, action=Action.READ, group=ANONYMOUS_GROUP, start_date__gt=day
    )
    return dict(later.values_list("bitstream").annotate(opens=Min("start_date")).values_list("bitstream", "opens"))


def _access(shown: _Row | None, readable: Set[UUID], opening: Mapping[UUID, date]) -> Access:
    if shown is None:
        return NONE.access
    if shown.id in readable:
        return Access("open.access")
    return Access("embargo", opening[shown.id]) if shown.id in opening else Access("restricted")


def _bundles(
    rows: Sequence[_Row], shown: _Row | None, readable: Set[UUID], url: Callable[[_Row, str], str]
) -> list[Bundle]:
    files: dict[str, list[File]] = {}
    for row in rows:
        if row.id in readable:
            files.setdefault(row.bundle, []).append(_file(row, url, primary=row is shown))
    return [Bundle(name, found) for name, found in files.items()]


def _file(row: _Row, url: Callable[[_Row, str], str], *, primary: bool) -> File:
    md = Metadata(row.metadata)
    name = md.first("dc.title") or ""
    return File(
        name=name,
        source=md.first("dc.source") or "",
        description=md.first("dc.description") or "",
        mime_type=row.mime_type,
        size=row.size,
        url=url(row, name),
        checksum=row.md5,
        checksum_algorithm="MD5",
        sequence=row.sequence,
        primary=primary,
    )


def _url(base: str, handle: str, row: _Row, name: str) -> str:
    """Return the address of a file: by handle and sequence number as in DSpace, where there is such a one."""
    if row.sequence is None or not name or handle.count("/") != 1:
        return f"{base}/bitstreams/{row.id}/download"
    return f"{base}/bitstream/{quote(handle)}/{row.sequence}/{quote(name, safe='')}"


def _license(rows: Sequence[_Row], readable: Set[UUID]) -> bytes:
    """Return the text of the first file of LICENSE, if visitors may read it and it is a text of a licence's size."""
    row = next((row for row in rows if row.bundle == LICENSE), None)
    if row is None or row.id not in readable or not row.mime_type.startswith("text/") or row.size > _MAX_LICENSE:
        return b""
    text = _texts.get(row.sha256) or _read(row)
    if len(_texts) >= _MAX_TEXTS:
        _texts.clear()
    _texts[row.sha256] = text
    return text


def _read(row: _Row) -> bytes:
    try:
        storage = bitstore.storage_of(row.store)
        if not isinstance(storage, FileSystemStorage):
            return b""
        with storage.open(bitstore.name_in_store(row.internal_id)) as file:
            return bytes(file.read(_MAX_LICENSE))
    except (OSError, bitstore.NoSuchStore) as error:
        _log.warning("the licence of item %s is left out of its records: %s", row.item_id, error)
        return b""
