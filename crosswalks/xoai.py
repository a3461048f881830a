"""The XOAI document of an item: the one form that every OAI format is made from by XSLT.

Namespace http://www.lyncode.com/xoai: `metadata` with nested `element@name` and `field@name`, as DSpace has it, so that
stylesheets written for DSpace find what they look for. Pure functions: a record in, text out.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby
from typing import Any

from common.dates import utc_stamp
from crosswalks.markup import attribute, text

NAMESPACE = "http://www.lyncode.com/xoai"
_SCHEMA = "http://www.lyncode.com/xsd/xoai.xsd"
_NO_CONFIDENCE = -1
_CREATIVE_COMMONS = ("http://creativecommons.org/", "https://creativecommons.org/")
_NOT_A_NAME = ("http:", "https:", "info:")
# Where `document` puts what is no part of the item. Nobody's text can look like this: it is escaped.
_MODIFIED = '<field name="lastModifyDate"></field>'
_REPOSITORY = '<element name="repository"></element>'
_OPEN = (
    f'<metadata xmlns="{NAMESPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    f' xsi:schemaLocation="{NAMESPACE} {_SCHEMA}">'
)


@dataclass(frozen=True, slots=True)
class File:
    """A file that a visitor may read; `size` in bytes, `sequence` is DSpace's sid, `checksum` in hexadecimal.

    `primary`: it is the one to show first, of its bundle.
    """

    name: str
    source: str
    description: str
    mime_type: str
    size: int
    url: str
    checksum: str
    checksum_algorithm: str
    sequence: int | None
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """May visitors read the item's own file: open.access, embargo (`until` the date), restricted or metadata.only."""

    status: str
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Bundle:
    """A group of files, by the name DSpace gives it: ORIGINAL, TEXT, LICENSE…"""

    name: str
    files: Sequence[File]


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """An item as everybody may see it.

    `metadata` is `{"dc.title": [{"value", "language", "authority", "confidence"}]}` without hidden fields; `license`
    is the text under which it was deposited, as the file has it. No two bundles have the same name.
    """

    handle: str
    identifier: str
    metadata: Mapping[str, Sequence[Mapping[str, Any]]]
    last_modified: datetime
    bundles: Sequence[Bundle] = field(default=())
    access: Access | None = None
    license: bytes = b""


@dataclass(frozen=True, slots=True)
class RepositoryInfo:
    """The repository that gives the document out."""

    name: str
    url: str
    mail: str


def elements(record: ItemRecord) -> str:
    """Return what the document says of the item itself: equal texts mean that nothing a harvester sees has changed."""
    bundles = "".join(_bundle(bundle) for bundle in record.bundles)
    others = _field("handle", record.handle) + _field("identifier", record.identifier) + _MODIFIED
    others += _creative_commons(record.metadata) + _access(record.access)
    license_text = _field("bin", b64encode(record.license).decode()) if record.license else ""
    return (
        f"{''.join(_schemas(record))}{_element('bundles', bundles)}{_element('others', others)}"
        f"{_REPOSITORY}{_element('license', license_text)}"
    )


def document(record: ItemRecord, repository: RepositoryInfo, own: str) -> str:
    """Return the whole document as text; `own` is what `elements` returned for the record."""
    about = _field("url", repository.url) + _field("name", repository.name) + _field("mail", repository.mail)
    modified = _field("lastModifyDate", utc_stamp(record.last_modified))
    own = own.replace(_MODIFIED, modified, 1).replace(_REPOSITORY, _element("repository", about), 1)
    return f"{_OPEN}{own}</metadata>"


def _schemas(record: ItemRecord) -> Iterator[str]:
    """Yield one element per schema: schema > element > [qualifier] > language > fields, in the order of the names."""
    paths = sorted([(name.split(".", 2), values) for name, values in record.metadata.items() if values], key=_path)
    for schema, of_schema in groupby(paths, key=lambda entry: entry[0][0]):
        content = ""
        for name, of_element in groupby(of_schema, key=lambda entry: entry[0][1]):
            inner = [_values(path[2:], values) for path, values in of_element]
            content += _element(name, "".join(inner))
        yield _element(schema, content)


def _path(entry: tuple[list[str], Any]) -> list[str]:
    return entry[0]


def _values(qualifier: Sequence[str], values: Sequence[Mapping[str, Any]]) -> str:
    """Return the values of one field, those of a language together, languages in the order they come."""
    languages: dict[str, str] = {}
    for value in values:
        language = value.get("language") or "none"
        languages[language] = languages.get(language, "") + _value(value)
    content = "".join([_element(language, fields) for language, fields in languages.items()])
    return _element(qualifier[0], content) if qualifier else content


def _value(value: Mapping[str, Any]) -> str:
    fields = f'<field name="value">{text(value["value"])}</field>'
    if value.get("authority"):
        fields += _field("authority", value["authority"])
        if value.get("confidence", _NO_CONFIDENCE) != _NO_CONFIDENCE:
            fields += _field("confidence", str(value["confidence"]))
    return fields


def _creative_commons(metadata: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Return the Creative Commons licence of the item, if it has one, and its name, if that is known."""
    uris = [value["value"] for value in metadata.get("dc.rights.uri", ())]
    uri = next((uri for uri in uris if uri.startswith(_CREATIVE_COMMONS)), None)
    if uri is None:
        return ""
    terms = [value["value"] for value in metadata.get("dc.rights", ())]
    name = next((term for term in terms if not term.startswith(_NOT_A_NAME)), None)
    return _element("cc", _field("uri", uri) + (_field("name", name) if name else ""))


def _access(access: Access | None) -> str:
    if access is None:
        return ""
    until = _field("embargo", access.until.isoformat()) if access.until else ""
    return _element("access-status", _field("value", access.status) + until)


def _bundle(bundle: Bundle) -> str:
    files = "".join(_element("bitstream", _file(file)) for file in bundle.files)
    return _element("bundle", _field("name", bundle.name) + _element("bitstreams", files))


def _file(file: File) -> str:
    fields = _field("name", file.name)
    if file.source:
        fields += _field("originalName", file.source)
    if file.description:
        fields += _field("description", file.description)
    fields += _field("format", file.mime_type) + _field("size", str(file.size)) + _field("url", file.url)
    fields += _field("checksum", file.checksum) + _field("checksumAlgorithm", file.checksum_algorithm)
    if file.sequence is not None:
        fields += _field("sid", str(file.sequence))
    return fields + _field("primary", "true") if file.primary else fields


@lru_cache(1024)
def _tag(name: str) -> str:
    return f'<element name="{attribute(name)}">'


def _element(name: str, content: str) -> str:
    return f"{_tag(name)}{content}</element>"


def _field(name: str, value: str) -> str:
    return f'<field name="{name}">{text(value)}</field>'
