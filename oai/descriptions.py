"""What Identify says besides, from the configuration (docs/oai.md).

In: `oai.description.file`, `oai.friends`, `oai.branding.*`, `oai.rights`. Out: the contents of the `description`
elements. Called for each Identify, so that a changed file counts at once, and by `manage.py check`. Fails: a file that
can't be used is left out, and the log says why.
"""

import logging
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from django.conf import settings
from lxml import etree

from common.xml import XMLRefused, parse_xml
from oai import identity, running
from oai.protocol import descriptions as write

log = logging.getLogger(__name__)

MAX_BYTES = 256 * 1024
_OAI = "http://www.openarchives.org/OAI/2.0/"


class DescriptionRefused(ValueError):
    """A description file that can't stand in a response; the message names it and says why."""


def descriptions() -> list[str]:
    """Return the contents of Identify's `description` elements, as XML."""
    found = [write.oai_identifier(identity.repository_identifier(), identity.sample_identifier())]
    for path in files():
        try:
            found += _read(path)
        except DescriptionRefused as error:
            log.error("left out of Identify: %s", error)
    if friends := settings.DSPACE.list("oai.friends"):
        found.append(write.friends(friends))
    if icon := settings.DSPACE.get("oai.branding.icon"):
        found.append(write.branding(_icon(icon)))
    if licence := settings.DSPACE.get("oai.rights"):
        found.append(write.rights(licence))
    return found


def problems() -> list[str]:
    """Return what is wrong with the description files, a line for each that is left out."""
    found = []
    for path in files():
        try:
            _read(path)
        except DescriptionRefused as error:
            found.append(str(error))
    return found


def files() -> Iterator[Path]:
    """Yield the files that are configured: `oai.description.file`, and those with `.0`, `.1`, … behind it."""
    folder = running.folder()
    if single := settings.DSPACE.get("oai.description.file"):
        yield folder / single
    for number in count():
        if not (name := settings.DSPACE.get(f"oai.description.file.{number}")):
            return
        yield folder / name


def _read(path: Path) -> list[str]:
    """Return the element in a file; none for an oai-identifier: ours is always right. Raises DescriptionRefused."""
    try:
        root = parse_xml(path, max_bytes=MAX_BYTES)
    except XMLRefused as error:
        raise DescriptionRefused(str(error)) from error
    except OSError as error:
        raise DescriptionRefused(f"{path}: {error.strerror}") from error
    namespace = etree.QName(root).namespace
    if namespace in (None, _OAI):  # the schema of responses wants one of another
        raise DescriptionRefused(f"{path}: the element {root.tag} has no namespace of its own")
    return [] if namespace == f"{_OAI}oai-identifier" else [etree.tostring(root, encoding="unicode")]


def _icon(url: str) -> write.Icon:
    get = settings.DSPACE.get
    sizes = {name: settings.DSPACE.int(f"oai.branding.{name}") or None for name in ("width", "height")}
    return write.Icon(url, get("oai.branding.link") or "", get("oai.branding.title") or "", **sizes)
