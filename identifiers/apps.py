from django.apps import AppConfig


class IdentifiersConfig(AppConfig):
    name = "identifiers"
    verbose_name = "Identifiers"
    default_auto_field = "django.db.models.BigAutoField"
