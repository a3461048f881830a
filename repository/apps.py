"""Django's entry for the repository app."""

from django.apps import AppConfig


class RepositoryConfig(AppConfig):
    """The core: communities, collections, items, files, people and policies."""

    name = "repository"
