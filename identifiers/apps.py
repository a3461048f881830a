"""Django's entry for the identifiers app."""

from django.apps import AppConfig


class IdentifiersConfig(AppConfig):
    """Persistent identifiers."""

    name = "identifiers"
