"""Items as harvesters may see them now, each with its XOAI document: what is kept, and rendered, is made of this."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from common.xml import parse_xml
from crosswalks import xoai
from crosswalks.xoai import RepositoryInfo
from oai import identity
from oai.records import PublicItem, public_items

# Nobody's text can look like this: it is escaped.
_MODIFIED = re.compile('<field name="lastModifyDate">[^<]*</field>')

About = Callable[[Sequence[UUID]], Mapping[UUID, str]]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A public item; `digest` (64 bits, signed) changes with everything that a harvester sees of it but its sets.

    `about` are finished `about` elements (section 2.5 of the standard), mostly none.
    """

    item: PublicItem
    digest: int
    about: str
    _own: str
    _repository: RepositoryInfo

    def document(self, before: str = "") -> str:
        """Return the XOAI document, with the date of `before`, where that is one of the same digest.

        The date is no part of the digest: a later one would come to harvesters under the old datestamp.
        """
        made = xoai.document(self.item.record, self._repository, self._own)
        kept = _MODIFIED.search(before)
        return _MODIFIED.sub(kept[0], made, count=1) if kept else made


def compile_items(item_ids: Sequence[UUID], now: datetime) -> list[Compiled]:
    """Return those of the items that harvesters may see at `now`; in a constant number of queries.

    Raises XMLRefused for `about` elements that are not well-formed.
    """
    repository = identity.repository_info()
    public = public_items(item_ids, now)
    abouts = _abouts([item.item_id for item in public])
    return [_compiled(item, abouts.get(item.item_id, ""), repository) for item in public]


def _compiled(item: PublicItem, about: str, repository: RepositoryInfo) -> Compiled:
    if about:
        parse_xml(f"<abouts>{about}</abouts>".encode())  # else it would break every list; the item's mark has the error
    own = xoai.elements(item.record)
    digest = hashlib.blake2b((own + about).encode(), digest_size=16).digest()[:8]
    return Compiled(item, int.from_bytes(digest, signed=True), about, own, repository)


def _abouts(item_ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """Ask `OAI_ABOUT`, a dotted path, for the `about` elements of these items: provenance of harvested ones, say."""
    path: str | None = getattr(settings, "OAI_ABOUT", None)
    if path is None or not item_ids:
        return {}
    about: About = import_string(path)
    return about(item_ids)
