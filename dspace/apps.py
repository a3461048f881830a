"""Django's entry for the dspace app."""

from django.apps import AppConfig


class DSpaceConfig(AppConfig):
    """The wiring: configuration, checks, site-wide commands."""

    name = "dspace"
    verbose_name = "Site"
