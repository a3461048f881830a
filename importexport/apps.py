"""Django's entry for the importexport app."""

from django.apps import AppConfig


class ImportExportConfig(AppConfig):
    """Batch import and export."""

    name = "importexport"
    verbose_name = "Import and export"
