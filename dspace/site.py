"""What the site is called on the web, its secret key and its languages, as Django settings."""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from dspace.configuration import Configuration, ConfigurationError

CATALOGUES = Path(__file__).resolve().parent.parent / "locale"
THIRTY_DAYS = 30 * 24 * 3600  # seconds
LOCALE = re.compile(r"([a-z]{2,3})(?:_([A-Za-z]{2,4}))?(?:_\w+)?")
HOST = re.compile(r"[^/\s]*")
HANDLE_PREFIX = re.compile(r"[^/\s]+")
FORMER_CODES = {"no": "nb", "iw": "he", "in": "id"}  # Java writes the last two so to this day


def web_settings(configuration: Configuration) -> dict[str, Any]:
    """The hosts this site answers for, and the protections that its protocol allows. Raises ConfigurationError."""
    if not HANDLE_PREFIX.fullmatch(configuration.get("handle.prefix") or "123456789"):
        raise configuration.error("handle.prefix", "must be a prefix like 123456789, without blanks and slashes")
    host = configuration.get("dspace.hostname") or ""
    if not HOST.fullmatch(host):
        raise configuration.error("dspace.hostname", f"must be the name of a host, without a protocol; not {host!r}")
    addresses = [address_of(configuration, key) for key in ("dspace.baseUrl", "dspace.url")]
    is_https = addresses[0].scheme == "https"
    # Browsers keep cookies by host, not by port: two instances on one machine would log each other's people out.
    instance = f"_{addresses[0].port}" if addresses[0].port else ""
    hosts = [address.hostname or "" for address in addresses]
    hosts += [host, *configuration.list("dspace.hosts.allowed")]
    return {
        # The server itself may always ask: health checks do.
        "ALLOWED_HOSTS": sorted({*filter(None, hosts), "localhost", "127.0.0.1", "[::1]"}),
        "CSRF_TRUSTED_ORIGINS": sorted({f"{address.scheme}://{address.netloc}" for address in addresses}),
        "SESSION_COOKIE_NAME": f"dspace_session{instance}",
        "CSRF_COOKIE_NAME": f"dspace_csrf{instance}",
        "SESSION_COOKIE_SECURE": is_https,
        "CSRF_COOKIE_SECURE": is_https,
        "SECURE_SSL_REDIRECT": is_https,
        "SECURE_REDIRECT_EXEMPT": [r"^health$"],
        "SECURE_HSTS_SECONDS": THIRTY_DAYS if is_https else 0,
        # TLS ends at the web server in front of us, which has to set this header on every request (docs/install.md).
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https") if is_https else None,
    }


def address_of(configuration: Configuration, key: str) -> SplitResult:
    """The URL that a key holds. Raises ConfigurationError when it is not an http(s) address."""
    address = urlsplit(configuration.get(key) or "")
    try:
        is_good = address.scheme in ("http", "https") and bool(address.hostname) and (address.port or 0) >= 0
    except ValueError:  # a port that is no number
        is_good = False
    if not is_good:
        raise configuration.error(key, "must be an address like https://repository.example.org")
    return address


def language_settings(configuration: Configuration, catalogues: Path = CATALOGUES) -> dict[str, Any]:
    """The language a page has when the browser asks for none of ours, and the languages offered.

    Only those with a catalogue: an English page must not say that it is a German one.
    """
    default = _language(configuration, "default.locale", configuration.get("default.locale") or "en")
    if not _language_info(default):  # Django would not start
        raise configuration.error("default.locale", f"there are no pages in the language {default!r}")
    supported = [
        _language(configuration, "webui.supported.locales", locale)
        for locale in configuration.list("webui.supported.locales")
    ]
    codes = [code for code in dict.fromkeys([default, *supported]) if has_pages(code, catalogues)] or ["en"]
    return {"LANGUAGE_CODE": codes[0], "LANGUAGES": [(code, _language_name(code)) for code in codes]}


def has_pages(code: str, catalogues: Path = CATALOGUES) -> bool:
    """Whether the pages are there in a language: in English, and where there is a catalogue of translations."""
    language, _, country = code.partition("-")
    names = (language, f"{language}_{country.upper() if len(country) == 2 else country.title()}")
    return language == "en" or any((catalogues / name / "LC_MESSAGES" / "django.mo").is_file() for name in names)


def _language(configuration: Configuration, key: str, locale: str) -> str:
    """Django's name for a Java locale: pt_BR is pt-br, zh_TW is zh-hant."""
    match = LOCALE.fullmatch(locale)
    if not match:
        raise configuration.error(key, f"{locale!r} is not a locale like en or pt_BR")
    language, country = FORMER_CODES.get(match[1], match[1]), (match[2] or "").lower()
    code = f"{language}-{country}" if country else language
    return str(_language_info(code).get("fallback", [code])[0])


def _language_name(code: str) -> str:
    return str(_language_info(code).get("name_local", code))


def _language_info(code: str) -> dict[str, Any]:
    """What Django knows of the language, in that country if need be; empty when it does not know it."""
    from django.conf.locale import LANG_INFO

    return LANG_INFO.get(code) or LANG_INFO.get(code.split("-")[0]) or {}


def secret_key(configuration: Configuration, var: Path) -> str:
    """The key that signs sessions: `dspace.secret-key`, else one made once and kept in `var`.

    Raises ConfigurationError.
    """
    if key := configuration.get("dspace.secret-key"):
        return key
    path = var / "secret-key"
    try:
        key = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return _make_secret_key(path)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: can't read the secret key: {error}") from None
    if not key:
        raise ConfigurationError(f"{path}: the secret key is empty; delete the file and a new one is made")
    return key


def _make_secret_key(path: Path) -> str:
    """Write a new key under a temporary name and link it into place: of two processes one wins, both use its key."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.touch(mode=0o600)
        unfinished.write_text(secrets.token_urlsafe(50) + "\n", encoding="ascii")
        with suppress(FileExistsError):  # another process was quicker
            os.link(unfinished, path)
        unfinished.unlink()
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise ConfigurationError(f"{path}: can't keep a secret key there: {error.strerror}; see DSPACE_VAR") from None
