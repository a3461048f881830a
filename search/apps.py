"""Django's entry for the search app."""

from django.apps import AppConfig


class SearchConfig(AppConfig):
    """Search and browse behind one port."""

    name = "search"
    verbose_name = "Search"
