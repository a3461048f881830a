"""Which metadata fields are for administrators only: `metadata.hide.{schema}.{element}[.{qualifier}] = true`."""

from django.conf import settings


def is_hidden(field: str) -> bool:
    """Whether exactly this field is hidden: hiding an element leaves its qualified fields visible, as in DSpace 6."""
    return bool(settings.DSPACE.bool(f"metadata.hide.{field}"))
