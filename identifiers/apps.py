"""Django's entry for the identifiers app."""

from django.apps import AppConfig


class IdentifiersConfig(AppConfig):
    """Persistent identifiers."""

    name = "identifiers"

    def ready(self) -> None:
        """Register the checks."""
        from identifiers import checks  # noqa: F401 - importing them registers them
