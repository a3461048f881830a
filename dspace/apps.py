"""Django's entry for the dspace app."""

from django.apps import AppConfig


class DSpaceConfig(AppConfig):
    """The wiring: configuration, checks, site-wide commands."""

    name = "dspace"
    verbose_name = "Site"

    def ready(self) -> None:
        """Register the checks."""
        from dspace import checks  # noqa: F401 - importing them registers them
