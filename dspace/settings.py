"""Django's settings, made from the configuration (docs/configuration.md says which key becomes what)."""

import os
import sys
from datetime import timedelta
from pathlib import Path

from dspace.broker import broker_url
from dspace.configuration import Configuration, ConfigurationError
from dspace.database import database_settings
from dspace.embedded.places import port_of
from dspace.known_keys import refuse_wrong_types
from dspace.logs import logging_settings
from dspace.mail import mail_settings
from dspace.schedule import read_schedule
from dspace.site import CATALOGUES, language_settings, secret_key, web_settings
from dspace.stores import store_settings

BASE_DIR = Path(__file__).resolve().parent.parent
CONFIG_DIR = BASE_DIR / "config"
VAR = Path(os.environ.get("DSPACE_VAR") or BASE_DIR / "var").absolute()

# The adapters of the search port, by the name they have in discovery.backend.
SEARCH_BACKENDS = {"postgres": "search.postgres.PostgresBackend"}


def _load() -> Configuration:
    defaults = {"DSPACE_PORT": port_of(VAR), "DSPACE_LOCAL_CFG": ""}
    environ = {**defaults, **os.environ, "DSPACE_VAR": str(VAR), "DSPACE_CONFIG": str(CONFIG_DIR)}
    local = environ["DSPACE_LOCAL_CFG"]
    return Configuration.load(CONFIG_DIR, environ, Path(local) if local else None)


try:
    DSPACE = _load()
    refuse_wrong_types(DSPACE)
    SECRET_KEY = secret_key(DSPACE, VAR)
    DATABASES = {"default": database_settings(DSPACE, VAR)}
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # files are kept in the stores only
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        **store_settings(DSPACE),
    }
    SCHEDULE = read_schedule(DSPACE)
    LOGGING = logging_settings(DSPACE)
    BROKER_URL = broker_url(DSPACE, VAR)
    SEARCH_BACKEND = SEARCH_BACKENDS[DSPACE.choice("discovery.backend", SEARCH_BACKENDS)]
    OAI_SOLR_URL = DSPACE.get("oai.solr.url") if DSPACE.choice("oai.storage", ["database", "solr"]) == "solr" else None
    USE_PROXIES = DSPACE.bool("useProxies")
    globals().update(web_settings(DSPACE) | language_settings(DSPACE) | mail_settings(DSPACE))
except ConfigurationError as error:
    # One line and exit code 1, whoever loads the settings: manage.py, gunicorn, celery.
    sys.exit(str(error))

# --- The web ---
DEBUG = False  # its pages would show settings and local variables
ROOT_URLCONF = "dspace.urls"
WSGI_APPLICATION = "dspace.wsgi.application"
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
EVERY_ANSWER = ["django.middleware.security.SecurityMiddleware", "ui.middleware.SecurityHeadersMiddleware"]
MIDDLEWARE = [
    *EVERY_ANSWER,  # those to harvesters too, who pass by all others (oai/wsgi.py)
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
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# No STATIC_ROOT: files are served from where they are: one step less to install, and none to forget after an upgrade.
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 600  # seconds
WHITENOISE_ALLOW_ALL_ORIGINS = False
# Whether sub-domains of the institution's host use https, and whether browsers preload that, is not ours to say.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
LOCALE_PATHS = [CATALOGUES]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- People ---
AUTH_USER_MODEL = "repository.EPerson"
LOGIN_URL = "/password-login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
SESSION_COOKIE_AGE = 12 * 3600  # seconds
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Ten wrong passwords for one e-mail address from one place: half an hour's rest.
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=30)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "dspace.logins.client_username"
AXES_CLIENT_IP_CALLABLE = "dspace.logins.client_ip"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True  # who logged in when and from where is not kept
AXES_SENSITIVE_PARAMETERS = ["username"]  # it may be a password typed in the wrong place; the address is in the log
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_LOCKOUT_CALLABLE = "ui.views.errors.locked_out"
CSRF_FAILURE_VIEW = "ui.views.errors.csrf_failure"

# --- Background work ---
# Celery reads its configuration from here when somebody first asks it for anything.
os.environ.setdefault("CELERY_CONFIG_MODULE", "dspace.celeryconfig")

# --- Parts that are looked up by path, so that none imports one above it ---
IDENTIFIED_OBJECTS = "dspace.identified.describe"
CHANGE_CONSUMERS = {"search": "search.indexing.apply_changes", "oai": "oai.store.publisher.apply_changes"}
# Where only handles are given nobody is marked for, and archiving costs nothing more.
if set(DSPACE.list("identifier.providers")) - {"identifiers.providers.handle.HandleProvider"}:
    CHANGE_CONSUMERS["doi"] = "identifiers.services.follow_changes"
