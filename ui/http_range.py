"""Which part of a file a request wants (RFC 9110, sections 13.1.5 and 14)."""

import re

from django.utils.http import parse_http_date_safe

_ONE_RANGE = re.compile(r"\s*bytes\s*=\s*([0-9]{0,18})-([0-9]{0,18})\s*", re.IGNORECASE)


class Unsatisfiable(Exception):
    """The range lies beyond the end of the file: answer 416."""


def wanted(header: str, size: int) -> tuple[int, int] | None:
    """Return the first and last byte that a Range header asks of a file of `size` bytes; None means the whole file.

    Several ranges in one request get the whole file, which section 14.2 allows: no client of today needs a
    multipart answer, and many small overlapping ranges are an attack. A header that can't be read is ignored (14.2).
    Raises Unsatisfiable.
    """
    match = _ONE_RANGE.fullmatch(header)
    if not match or not (match[1] or match[2]):
        return None
    if not match[1]:
        return _suffix(int(match[2]), size)
    first = int(match[1])
    last = int(match[2]) if match[2] else size - 1
    if match[2] and last < first:
        return None
    if first >= size:
        raise Unsatisfiable
    return first, min(last, size - 1)


def _suffix(length: int, size: int) -> tuple[int, int]:
    if not length or not size:
        raise Unsatisfiable
    return max(0, size - length), size - 1


def still_same(if_range: str, etag: str, last_modified: int) -> bool:
    """Whether an If-Range header (13.1.5) allows a part: no header, our (strong) ETag, or exactly our date."""
    if not if_range:
        return True
    if if_range.lstrip().startswith(('"', "W/")):
        return if_range.strip() == etag
    return parse_http_date_safe(if_range) == last_modified
