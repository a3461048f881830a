from django.apps import AppConfig


class IdentifiersConfig(AppConfig):
    name = "identifiers"
    default_auto_field = "django.db.models.BigAutoField"
