"""The metadata and format registries."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath

from django.db import connection, transaction
from django.db.models import QuerySet

from repository import authorize, changes
from repository.authorize import Actor
from repository.models import BitstreamFormat, MetadataField, MetadataSchema

UNKNOWN_FORMAT = "Unknown"


class UnknownField(ValueError):
    """A metadata field is not in the registry."""


class FieldExists(ValueError):
    """A field of this name is in the registry."""


class FieldInUse(ValueError):
    """A field that objects have values in is not deleted."""


@dataclass(frozen=True)
class FieldEntry:
    """A field as a registry file names it."""

    schema: str
    element: str
    qualifier: str = ""
    scope_note: str = ""


@dataclass(frozen=True)
class FormatEntry:
    """A format as a registry file describes it; `support_level` 0 unknown, 1 known, 2 supported."""

    short_description: str
    description: str
    mimetype: str
    support_level: int
    internal: bool
    extensions: tuple[str, ...] = ()


# Names of fields seen in the registry by this process. A field once seen may have been deleted since (deleting a used
# one is refused, so no value is lost); one not seen is looked up again.
_known: frozenset[str] = frozenset()  # replaced whole: threads share it


def field_names() -> list[str]:
    """Return the names of all fields, in the order they are shown in."""
    rows = MetadataField.objects.order_by("id").values_list("schema__prefix", "element", "qualifier")
    return [".".join(part for part in row if part) for row in rows]


def require_fields(names: Iterable[str]) -> None:
    """Raise UnknownField, naming them, when any of these fields is not in the registry."""
    global _known
    wanted, known = set(names), _known
    if not wanted <= known:
        known = _known = frozenset(field_names())
    if missing := sorted(wanted - known):
        raise UnknownField(f"not in the metadata registry: {', '.join(missing)}")


@transaction.atomic
def load_fields(*, acting_user: Actor, schemas: dict[str, str], fields: Iterable[FieldEntry]) -> int:
    """Add the schemas (prefix to namespace) and fields that are missing; return how many fields were added.

    Raises UnknownField for a schema that is not there, or whose namespace another has.
    """
    authorize.require_site_admin(acting_user)
    for prefix, namespace in schemas.items():
        if other := MetadataSchema.objects.filter(namespace=namespace).exclude(prefix=prefix).first():
            raise UnknownField(f"schema {prefix}: its namespace {namespace} is that of the schema {other.prefix}")
        MetadataSchema.objects.get_or_create(prefix=prefix, defaults={"namespace": namespace})
    ids = dict(MetadataSchema.objects.values_list("prefix", "id"))
    wanted = list(fields)
    if unknown := sorted({f.schema for f in wanted} - ids.keys()):
        raise UnknownField(f"no such metadata schema: {', '.join(unknown)}")
    before = MetadataField.objects.count()
    MetadataField.objects.bulk_create(
        (
            MetadataField(schema_id=ids[f.schema], element=f.element, qualifier=f.qualifier, scope_note=f.scope_note)
            for f in wanted
        ),
        ignore_conflicts=True,
    )
    return MetadataField.objects.count() - before


@transaction.atomic
def load_formats(*, acting_user: Actor, formats: Iterable[FormatEntry]) -> int:
    """Add the formats that are missing by short description; return how many were added."""
    authorize.require_site_admin(acting_user)
    before = BitstreamFormat.objects.count()
    BitstreamFormat.objects.bulk_create(
        (
            BitstreamFormat(
                short_description=f.short_description,
                description=f.description,
                mimetype=f.mimetype,
                support_level=f.support_level,
                internal=f.internal,
                extensions=[e.lower() for e in f.extensions],
            )
            for f in formats
        ),
        ignore_conflicts=True,
    )
    return BitstreamFormat.objects.count() - before


class FormatGuesser:
    """Tells formats by the extension of a file's name, as DSpace does; one query serves many names."""

    def __init__(self) -> None:
        formats = list(BitstreamFormat.objects.order_by("-id"))
        self._by_extension = {extension: f for f in formats for extension in f.extensions}
        self._unknown = next(f for f in formats if f.short_description == UNKNOWN_FORMAT)

    def guess(self, name: str) -> BitstreamFormat:
        """Return the format of a file of this name, else the one called Unknown."""
        return self._by_extension.get(PurePath(name).suffix.lstrip(".").lower(), self._unknown)


def guess_format(name: str) -> BitstreamFormat:
    """Return the format of one file by its name."""
    return FormatGuesser().guess(name)


_MOVE = """
UPDATE {table} SET {column} = ({column} - %(old)s)
    || jsonb_build_object(%(new)s::text, coalesce({column} -> %(new)s, '[]'::jsonb) || ({column} -> %(old)s))
WHERE id IN (SELECT id FROM {table} WHERE {column} ? %(old)s LIMIT %(limit)s FOR UPDATE)
RETURNING id
"""
_USED = "SELECT 1 FROM {table} WHERE {column} ? %s LIMIT 1"
_METADATA = [
    {"table": f"repository_{name}", "column": "metadata"}
    for name in ("community", "collection", "item", "bundle", "bitstream", "eperson", "group", "site")
] + [{"table": "repository_collection", "column": "template_metadata"}]
_MOVED_AT_ONCE = 1000  # rows of one transaction: nobody who edits waits long


def merge_field(*, acting_user: Actor, old: str, new: str, now: datetime) -> int:
    """Move the values of field `old` to the end of field `new`, wherever they are; return how many objects had any.

    Works in batches, each a transaction with the marks of its items; when it is cut off, run it again.
    Raises NotAuthorized, UnknownField, ValueError for a field and itself.
    """
    authorize.require_site_admin(acting_user)
    require_fields([old, new])
    if old == new:
        raise ValueError("a field is not merged with itself")
    return sum(_moved(place, old, new, now) for place in _METADATA)


def rename_field(*, acting_user: Actor, old: str, new: str, now: datetime) -> int:
    """Give a field another element and qualifier of its schema, with all its values; return how many objects had any.

    The field keeps its place in the order. Both names are in the registry until the last value has moved.
    Raises NotAuthorized, UnknownField, FieldExists.
    """
    authorize.require_site_admin(acting_user)
    require_fields([old])
    if new in field_names():
        raise FieldExists(f"there is a field {new} already; merge {old} into it instead")
    schema, element, qualifier = _parts(new)
    if schema != _parts(old)[0]:
        raise UnknownField(f"{new} is not of the schema of {old}")
    there = MetadataSchema.objects.get(prefix=schema).fields.create(element=element, qualifier=qualifier)
    count = merge_field(acting_user=acting_user, old=old, new=new, now=now)
    with transaction.atomic():
        there.delete()
        _row(old).update(element=element, qualifier=qualifier)
    _forget(old)
    return count


@transaction.atomic
def delete_field(*, acting_user: Actor, name: str) -> None:
    """Take a field out of the registry. Raises FieldInUse when an object has a value in it, UnknownField."""
    authorize.require_site_admin(acting_user)
    require_fields([name])
    with connection.cursor() as cursor:
        for place in _METADATA:
            cursor.execute(_USED.format(**place), [name])
            if cursor.fetchone():
                raise FieldInUse(f"{name} has values; merge it into another field first")
    _row(name).delete()
    _forget(name)


def _moved(place: dict[str, str], old: str, new: str, now: datetime) -> int:
    """Move the values of one table, batch by batch; return how many rows had any."""
    total = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_MOVE.format(**place), {"old": old, "new": new, "limit": _MOVED_AT_ONCE})
            ids = [row[0] for row in cursor.fetchall()]
            if place["table"] == "repository_item":
                changes.mark(ids, now=now, priority=changes.BULK)
        total += len(ids)
        if len(ids) < _MOVED_AT_ONCE:
            return total


def _row(name: str) -> "QuerySet[MetadataField]":
    schema, element, qualifier = _parts(name)
    return MetadataField.objects.filter(schema__prefix=schema, element=element, qualifier=qualifier)


def _parts(name: str) -> tuple[str, str, str]:
    schema, element, qualifier = ([*name.split(".", 2), "", ""])[:3]
    return schema, element, qualifier


def _forget(name: str) -> None:
    global _known
    _known = _known - {name}
