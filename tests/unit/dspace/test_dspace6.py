"""The local.cfg of a DSpace 6 site loads as it is, and what it has no effect on is told."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import override_settings

from dspace import checks, known_keys
from dspace.configuration import Configuration, ConfigurationError
from dspace.database import database_settings
from dspace.mail import mail_settings
from dspace.site import language_settings, web_settings
from dspace.stores import store_settings

LOCAL_CFG = Path(__file__).parent / "dspace6_local.cfg"
EXAMPLE = settings.CONFIG_DIR / "local.cfg.EXAMPLE"


@pytest.fixture(scope="module")
def site() -> Configuration:
    environ = {"DSPACE_VAR": "/var/dspace", "DSPACE_PORT": "8080", "DSPACE_CONFIG": str(settings.CONFIG_DIR)}
    return Configuration.load(settings.CONFIG_DIR, environ, LOCAL_CFG)


def line_of(key: str) -> int:
    lines = LOCAL_CFG.read_text(encoding="utf-8").split("\n")
    return next(number for number, line in enumerate(lines, 1) if line.startswith(key))


def test_its_values_become_settings(site: Configuration) -> None:
    database, mail, web = database_settings(site, Path()), mail_settings(site), web_settings(site)

    assert site.get("dspace.name") == "Beispiel-Hochschule: Publikationsserver – Bücher, Daten"
    assert site.get("dspace.url") == "https://repository.example.edu/xmlui"
    assert site.get("handle.prefix") == "20.500.99999"
    assert site.get("oai.identifier.prefix") == "repository.example.edu"
    assert (database["HOST"], database["NAME"], database["PASSWORD"]) == ("localhost", "dspace", "L1brary!$ecret")
    assert store_settings(site)["assetstore1"]["OPTIONS"] == {"location": "/mnt/bigdisk/assetstore"}
    assert (mail["EMAIL_USE_TLS"], mail["EMAIL_PORT"]) == (True, 587)
    assert web["CSRF_TRUSTED_ORIGINS"] == ["https://repository.example.edu"]
    assert language_settings(site)["LANGUAGE_CODE"] == "en", "German as soon as there is a translation"


def test_each_key_without_effect_is_listed_with_its_line_and_part(site: Configuration) -> None:
    with override_settings(DSPACE=site):
        messages = {message.msg: message.id for message in checks.check_configuration()}

    def told(key: str, rest: str) -> str:
        return f"{LOCAL_CFG}:{line_of(key)}: {key} {rest}"

    to_come = "is not read; it belongs to a part to come: "
    assert not any("identifier.doi.user" in message for message in messages)
    assert messages[told("authentication-ldap.enable", to_come + "log-in")] == "dspace.W001"
    assert messages[told("webui.feed.items", to_come + "feeds and OpenSearch")] == "dspace.W001"
    assert messages[told("db.driver", "is not read; it has no meaning in this DSpace")] == "dspace.W001"
    assert messages[told("library.own.key", "is not a key that DSpace knows")] == "dspace.W002"
    assert not [text for text in messages if "dspace.name" in text or "handle.prefix" in text or "solr.server " in text]
    assert not [text for text in messages if "ecret" in text]


def test_a_mistyped_key_a_java_option_and_a_lost_comma_are_told(tmp_path: Path) -> None:
    (tmp_path / "dspace.cfg").write_text(
        "handle.prefx = 1\ndb.url = jdbc:postgresql://h/d?prepareThreshold=0\ndspace.name = Libraries, Museums\n"
        "identifier.doi.password = a,b\n"
    )
    with override_settings(DSPACE=Configuration.load(tmp_path, {"dspace__P__nmae": "x", "HOME": "/root"})):
        messages = {message.msg: message.hint for message in checks.check_configuration()}

    file = f"{tmp_path}/dspace.cfg"
    assert messages[f"{file}:1: handle.prefx is not a key that DSpace knows"] == "Did you mean handle.prefix?"
    variable = "environment variable dspace__P__nmae"
    assert messages[f"{variable}: dspace.nmae is not a key that DSpace knows"] == "Did you mean dspace.name?"
    assert f"{file}:2: the option prepareThreshold of db.url is not read; only Java knows it" in messages
    assert f"{file}:3: dspace.name has a comma and is read up to there" in messages
    assert f"{file}:4: identifier.doi.password has a comma and is read up to there" in messages
    assert not [text for text in messages if "HOME" in text]


def test_the_shipped_configuration_has_no_key_that_is_not_read(tmp_path: Path) -> None:
    passwords = {"DSPACE_DB_PASSWORD": "x", "DSPACE_MAIL_PASSWORD": "y"}
    environ = {"DSPACE_VAR": "/var/dspace", "DSPACE_PORT": "8080", "DSPACE_CONFIG": str(settings.CONFIG_DIR)}
    all_lines = tmp_path / "local.cfg"
    all_lines.write_text(re.sub(r"(?m)^#(?=\w)", "", EXAMPLE.read_text("utf-8")), "utf-8")
    for local in (Path("/dev/null"), all_lines):
        configuration = Configuration.load(settings.CONFIG_DIR, environ | passwords, local)
        with override_settings(DSPACE=configuration):
            assert checks.check_configuration() == []
    assert configuration.get("dspace.hostname") == "repository.example.org"


def test_the_example_of_a_local_configuration_changes_nothing_until_it_is_edited() -> None:
    environ = {"DSPACE_VAR": "/var/dspace", "DSPACE_PORT": "8080", "DSPACE_CONFIG": str(settings.CONFIG_DIR)}
    configuration = Configuration.load(settings.CONFIG_DIR, environ, EXAMPLE)
    assert [key for key in configuration.entries if str(EXAMPLE) in configuration.where(key)] == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("recent.submissions.count = few", "recent.submissions.count: 'few' is not a whole number"),
        ("mail.server.port = 99999999", "mail.server.port: '99999999' is not between 1 and 65535"),
        ("oai.concurrency = 0", "oai.concurrency: '0' is not between 1 and 10000"),
        ("identifier.doi.on_archive = never", "identifier.doi.on_archive: 'never' is not one of register, reserve"),
        ("metadata.hide.dc.description.provenance = perhaps", "metadata.hide.dc.description.provenance: 'perhaps' is"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_at_once(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "dspace.cfg").write_text(f"\n{line}\n")

    with pytest.raises(ConfigurationError, match=f"^{tmp_path}/dspace.cfg:2: {message}"):
        known_keys.refuse_wrong_types(Configuration.load(tmp_path, {}))


@pytest.mark.parametrize(
    ("key", "part"),
    [
        ("dspace.name", ""),
        ("assetstore.dir.12", ""),
        ("oai.identifier.prefix", ""),
        ("oai.harvester.autoStart", "harvesting"),
        ("plugin.named.org.dspace.app.mediafilter.FormatFilter", "media filters"),
        ("plugin.single.org.dspace.embargo.EmbargoSetter", "no meaning"),
        ("filter.org.dspace.app.mediafilter.PDFFilter.inputFormats", "media filters"),
        ("my.own.key", None),
        ("assetstore", None),
    ],
)
def test_a_key_belongs_to_its_part(key: str, part: str | None) -> None:
    assert known_keys.part_of(key) == part
