"""Which metadata fields are for administrators only: `metadata.hide.{schema}.{element}[.{qualifier}] = true`."""

from django.conf import settings


def is_hidden(field: str) -> bool:
    """Whether the field is hidden; hiding an element hides all its qualifiers, as in DSpace."""
    schema, _, rest = field.partition(".")
    element = rest.partition(".")[0]
    names = {field, f"{schema}.{element}"}
    return any(settings.DSPACE.bool(f"metadata.hide.{name}") for name in names)
