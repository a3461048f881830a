"""Django's entry for the oai app."""

from django.apps import AppConfig


class OaiConfig(AppConfig):
    """The OAI-PMH data provider."""

    name = "oai"
    verbose_name = "OAI-PMH"
