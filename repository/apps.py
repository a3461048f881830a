"""Django's entry for the repository app."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class RepositoryConfig(AppConfig):
    """The core: communities, collections, items, files, people and policies."""

    name = "repository"
    verbose_name = "Repository"

    def ready(self) -> None:
        """After a migration (of a test's database too), make sure that what must exist exists."""
        post_migrate.connect(_prepare, sender=self)


def _prepare(**_: Any) -> None:
    from django.utils import timezone

    from repository.services import site

    site.prepare(now=timezone.now())
