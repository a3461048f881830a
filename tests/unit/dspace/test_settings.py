"""What the keys become in Django: hosts and cookies, mail, stores, languages, logs, the schedule."""

import stat
from pathlib import Path

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils.translation.trans_real import DjangoTranslation

from dspace import checks, site
from dspace.broker import broker_url
from dspace.configuration import Configuration, ConfigurationError, Item
from dspace.logs import logging_settings
from dspace.mail import mail_settings
from dspace.schedule import Job, read_schedule
from dspace.stores import store_settings


def configuration(values: dict[str, str | list[str]]) -> Configuration:
    lists = {key: [value] if isinstance(value, str) else value for key, value in values.items()}
    return Configuration({key: [Item(text, "f:1") for text in texts] for key, texts in lists.items()}, {})


def web(**values: str) -> dict[str, object]:
    keys = {"dspace.baseUrl": "http://localhost:8080", "dspace.url": "http://localhost:8080"} | values
    return site.web_settings(configuration(keys))


def test_a_site_with_https_has_secure_cookies_and_leaves_http() -> None:
    settings = web(**{"dspace.baseUrl": "https://r.example.org", "dspace.url": "https://r.example.org/xmlui"})

    assert (
        settings["SESSION_COOKIE_SECURE"] is settings["CSRF_COOKIE_SECURE"] is settings["SECURE_SSL_REDIRECT"] is True
    )
    assert settings["SECURE_HSTS_SECONDS"] == 30 * 24 * 3600
    assert settings["CSRF_TRUSTED_ORIGINS"] == ["https://r.example.org"]


@pytest.mark.parametrize("prefix", ["a b", "123456789/"])
def test_a_prefix_that_no_handle_can_have_is_refused_at_once(prefix: str) -> None:
    with pytest.raises(ConfigurationError, match=r"f:1: handle\.prefix: must be"):
        web(**{"handle.prefix": prefix})


def test_a_site_without_https_works_in_a_browser() -> None:
    settings = web()

    assert (
        settings["SESSION_COOKIE_SECURE"] is settings["CSRF_COOKIE_SECURE"] is settings["SECURE_SSL_REDIRECT"] is False
    )
    assert settings["SECURE_PROXY_SSL_HEADER"] is None
    assert settings["CSRF_TRUSTED_ORIGINS"] == ["http://localhost:8080"]


def test_two_instances_on_one_machine_keep_their_people_logged_in() -> None:
    names = {web(**{"dspace.baseUrl": f"http://localhost:{port}"})["SESSION_COOKIE_NAME"] for port in (8080, 8081)}

    assert len(names) == 2
    assert web(**{"dspace.baseUrl": "https://r.example.org"})["SESSION_COOKIE_NAME"] == "dspace_session"


def test_requests_are_answered_for_the_hosts_of_the_configuration_only() -> None:
    settings = web(
        **{
            "dspace.baseUrl": "https://a.example.org:8443",
            "dspace.url": "https://b.example.org",
            "dspace.hostname": "c.example.org",
        }
    )

    assert settings["ALLOWED_HOSTS"] == [
        "127.0.0.1", "[::1]", "a.example.org", "b.example.org", "c.example.org", "localhost",
    ]  # fmt: skip


@pytest.mark.parametrize("address", ["", "localhost:8080", "ftp://x", "http://", "http://x:port/"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^f:1: dspace\.baseUrl: must be an address"):
        web(**{"dspace.baseUrl": address})


def test_the_secret_key_is_made_once_for_the_owners_eyes(tmp_path: Path) -> None:
    var = tmp_path / "var"

    first = site.secret_key(configuration({}), var)

    assert len(first) > 50
    assert site.secret_key(configuration({}), var) == first
    assert stat.S_IMODE((var / "secret-key").stat().st_mode) == 0o600
    assert [path.name for path in var.iterdir()] == ["secret-key"]
    assert site.secret_key(configuration({"dspace.secret-key": "mine"}), var) == "mine"


def test_an_empty_secret_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret-key").touch()

    with pytest.raises(ConfigurationError, match="empty"):
        site.secret_key(configuration({}), tmp_path)


def test_mail_goes_nowhere_without_a_server_or_when_disabled() -> None:
    for values in ({}, {"mail.server": ""}, {"mail.server": "smtp.x", "mail.server.disabled": "true"}):
        assert mail_settings(configuration(values))["EMAIL_BACKEND"].endswith("dummy.EmailBackend")


def test_javamails_options_say_how_mail_is_encrypted() -> None:
    server = {"mail.server": "smtp.x", "mail.server.username": "me", "mail.server.password": "pw"}
    starttls = {"mail.server.port": "587", "mail.extraproperties": ["mail.smtp.starttls.enable=true", "x = y"]}
    tls = {"mail.extraproperties": ["mail.smtp.socketFactory.class=javax.net.ssl.SSLSocketFactory"]}

    first, second = mail_settings(configuration(server | starttls)), mail_settings(configuration(server | tls))

    assert (first["EMAIL_USE_TLS"], first["EMAIL_USE_SSL"], first["EMAIL_PORT"]) == (True, False, 587)
    assert (second["EMAIL_USE_TLS"], second["EMAIL_USE_SSL"], second["EMAIL_PORT"]) == (False, True, 465)
    assert (first["EMAIL_HOST_USER"], first["EMAIL_HOST_PASSWORD"]) == ("me", "pw")


def test_stores_have_their_numbers() -> None:
    stores = store_settings(
        configuration(
            {
                "assetstore.dir": "/a",
                "assetstore.dir.1": "/b",
                "assetstore.backend.7": "storages.backends.s3.S3Storage",
                "assetstore.option.7.bucket_name": "files",
                "assetstore.incoming": "7",
            }
        )
    )

    assert sorted(stores) == ["assetstore0", "assetstore1", "assetstore7"]
    assert stores["assetstore0"]["OPTIONS"] == {"location": "/a"}
    assert stores["assetstore1"]["OPTIONS"] == {"location": "/b"}
    assert stores["assetstore7"] == {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {"bucket_name": "files"},
    }


def test_new_files_go_to_a_store_that_exists() -> None:
    with pytest.raises(ConfigurationError, match=r"assetstore\.incoming: there is no assetstore\.dir\.2"):
        store_settings(configuration({"assetstore.dir": "/a", "assetstore.incoming": "2"}))


def test_a_store_is_a_whole_path() -> None:
    with pytest.raises(ConfigurationError, match=r"assetstore\.dir: must be a whole path.*'files'"):
        store_settings(configuration({"assetstore.dir": "files"}))


def test_the_name_of_the_host_has_no_protocol() -> None:
    with pytest.raises(ConfigurationError, match=r"dspace\.hostname: .*'https://a.example.org'"):
        web(**{"dspace.hostname": "https://a.example.org"})


@pytest.fixture
def catalogues(tmp_path: Path) -> Path:
    """A folder with translations into some languages."""
    for name in ("pt_BR", "de", "zh_Hans", "zh_Hant", "nb", "he"):
        file = tmp_path / name / "LC_MESSAGES" / "django.mo"
        file.parent.mkdir(parents=True)
        file.touch()
    return tmp_path


def test_a_page_in_english_says_so_whatever_is_asked_for(tmp_path: Path) -> None:
    german = configuration({"default.locale": "de", "webui.supported.locales": ["de", "en"]})
    assert site.language_settings(german, tmp_path) == {"LANGUAGE_CODE": "en", "LANGUAGES": [("en", "English")]}
    with override_settings(DSPACE=german):
        told = [message.msg for message in checks.check_configuration() if message.id == checks.UNTRANSLATED]
    assert told == ["f:1: default.locale: there are no pages in 'de' yet; they are shown in English"]


def test_locales_of_java_become_languages(catalogues: Path) -> None:
    settings = site.language_settings(
        configuration({"default.locale": "pt_BR", "webui.supported.locales": ["en", "de", "pt_BR", "fr"]}), catalogues
    )

    assert settings["LANGUAGE_CODE"] == "pt-br"
    assert [code for code, _ in settings["LANGUAGES"]] == ["pt-br", "en", "de"]
    assert dict(settings["LANGUAGES"])["de"] == "Deutsch"
    with pytest.raises(ConfigurationError, match="is not a locale"):
        site.language_settings(configuration({"default.locale": "English"}))
    with pytest.raises(ConfigurationError, match="no pages in the language 'xx'"):
        site.language_settings(configuration({"default.locale": "xx"}))


@pytest.mark.parametrize("locale", ["zh_CN", "zh_TW", "no", "iw", "de_AT", "en"])
def test_locales_of_dspace_sites_are_languages_that_django_can_speak(locale: str, catalogues: Path) -> None:
    with override_settings(**site.language_settings(configuration({"default.locale": locale}), catalogues)):
        assert DjangoTranslation(settings.LANGUAGE_CODE).language() == settings.LANGUAGE_CODE


def test_the_log_is_one_stream_without_mail() -> None:
    logging = logging_settings(configuration({"loglevel.dspace": "debug", "loglevel.other": "ERROR"}))

    assert logging["root"] == {"handlers": ["console"], "level": "ERROR"}
    assert logging["loggers"]["repository"]["level"] == "DEBUG"
    assert list(logging["handlers"]) == ["console"]
    with pytest.raises(ConfigurationError, match=r"loglevel\.dspace: 'LOUD' is not one of"):
        logging_settings(configuration({"loglevel.dspace": "loud"}))


def test_the_schedule_reads_like_a_crontab() -> None:
    jobs = read_schedule(
        configuration(
            {
                "schedule.a": ["0 0", "8", "16 * * 1-5 oai import -c"],  # the comma of cron is that of a list
                "schedule.b": "every 30s repository.tasks.sweep_changes",
                "schedule.c": "",
                "schedule.d": "*/5 * 1 1 0 checker -d '1 h'",
            }
        )
    )

    assert jobs == [
        Job("a", 0, ("0", "0,8,16", "*", "*", "1-5"), ("oai", "import", "-c")),
        Job("b", 30, (), ("repository.tasks.sweep_changes",)),
        Job("d", 0, ("*/5", "*", "1", "1", "0"), ("checker", "-d", "1 h")),
    ]


@pytest.mark.parametrize(
    "line", ["0 3 * * *", "0 24 * * * x", "x 3 * * * y", "0 3 0 * * y", "every 0s x", "every day x", "0 3 * * 7 'x"]
)
def test_a_line_of_the_schedule_that_can_not_be_read_is_refused(line: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^f:1: schedule\.x: "):
        read_schedule(configuration({"schedule.x": line}))


@pytest.mark.parametrize("command", ["oia import", "repository.tasks.sweep", "os.getcwd", "nowhere.at_all", "''"])
def test_a_line_of_the_schedule_that_names_no_command_is_a_mistake(command: str) -> None:
    with override_settings(DSPACE=configuration({"schedule.x": f"every 5m {command}"})):
        [message] = [found for found in checks.check_configuration() if found.id == checks.NO_COMMAND]
    name = command.removesuffix(" import").strip("'")
    assert message.msg == f"f:1: schedule.x: {name!r} is neither a command of manage.py nor a task"
    assert message.hint == ("Did you mean oai?" if name == "oia" else None)


def test_the_schedule_may_name_any_command_and_any_task() -> None:
    lines = ["index-discovery", "index_discovery", "clearsessions", "oai.tasks.tell_solr"]
    keys = {f"schedule.{number}": f"every 5m {line}" for number, line in enumerate(lines)}
    with override_settings(DSPACE=configuration(keys)):
        assert checks.NO_COMMAND not in {message.id for message in checks.check_configuration()}


@pytest.mark.parametrize("url", ["localhost:6379/0", "redis", ":geheim@redis.example.org", "//h/0", "://h"])
def test_a_broker_without_a_scheme_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^f:1: broker\.url: must be an address such as redis://") as caught:
        broker_url(configuration({"broker.url": url}), Path())
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("url", ["redis://:geheim@h:6379/0", "redis://", "redis+socket:///run/redis.sock"])
def test_a_broker_of_ones_own_is_the_one_that_is_asked(url: str) -> None:
    assert broker_url(configuration({"broker.url": url}), Path()) == url


def test_celery_runs_the_schedule_and_loses_no_task() -> None:
    from dspace import celeryconfig

    entry = celeryconfig._entry(Job("a", 0, ("0", "3", "*", "*", "*"), ("oai", "import")))
    assert (entry["task"], entry["args"]) == ("dspace.tasks.run_command", ("oai", "import"))
    entry = celeryconfig._entry(Job("b", 30, (), ("repository.tasks.sweep_changes",)))
    assert (entry["task"], entry["args"], entry["options"]) == (
        "repository.tasks.sweep_changes", [], {"expires": 30},
    )  # fmt: skip
    assert celeryconfig.task_acks_late
    assert celeryconfig.task_reject_on_worker_lost
