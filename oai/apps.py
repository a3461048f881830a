"""Django's entry for the oai app."""

from django.apps import AppConfig


class OaiConfig(AppConfig):
    """The OAI-PMH data provider."""

    name = "oai"
    verbose_name = "OAI-PMH"

    def ready(self) -> None:
        """Let `manage.py check` find the checks of this app."""
        from oai import checks  # noqa: F401 (its checks are registered when it is imported)
