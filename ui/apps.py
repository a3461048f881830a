"""Django's entry for the ui app."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    """What a person sees in a browser."""

    name = "ui"
    verbose_name = "Pages"
