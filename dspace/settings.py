"""Django settings, made from the configuration (docs/configuration.md)."""

import os
from pathlib import Path

from dspace.configuration import Configuration
from dspace.embedded.postgres import connection_settings

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("DSPACE_VAR") or BASE_DIR / "var").resolve()
DSPACE = Configuration.load(
    BASE_DIR / "config", {**os.environ, "DSPACE_VAR": str(VAR), "DSPACE_PORT": os.environ.get("DSPACE_PORT") or "8080"}
)

DEBUG = False
SECRET_KEY = "replaced when the configuration lands"
ALLOWED_HOSTS = ["*"]
AUTH_USER_MODEL = "repository.EPerson"
LOGIN_URL = "/password-login"
LOGIN_REDIRECT_URL = "/"
ROOT_URLCONF = "dspace.urls"
WSGI_APPLICATION = "dspace.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "identifiers",
    "repository",
    "search",
    "oai",
    "importexport",
    "ui",
    "dspace",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", **connection_settings(VAR)}}
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": VAR / "files"}},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "assetstore0": {"BACKEND": "repository.bitstore.storage.AssetStorage", "OPTIONS": {"location": VAR / "assetstore"}},
}
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "static-collected"
STATICFILES_DIRS = [BASE_DIR / "static"]
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
LOCALE_PATHS = [BASE_DIR / "locale"]
CHANGE_CONSUMERS = {"search": "search.indexing.apply_changes", "oai": "oai.store.publisher.apply_changes"}
SEARCH_BACKEND = "search.postgres.PostgresBackend"
