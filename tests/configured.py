"""The configuration with other values, as if local.cfg set them."""

from typing import Any

from dspace.configuration import Configuration, Item


def configure(settings: Any, values: dict[str, str]) -> None:
    """Let keys of the configuration have other values during this test; `settings` is pytest-django's fixture."""
    entries = {key: [Item(value, "local.cfg:1")] for key, value in values.items()}
    settings.DSPACE = Configuration(dict(settings.DSPACE.entries) | entries, settings.DSPACE.environ)
