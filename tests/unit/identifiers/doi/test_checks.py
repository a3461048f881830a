"""`manage.py check` on the configuration of identifiers."""

import shutil

import pytest

from identifiers import checks
from identifiers.connectors import EZID_PROVIDER
from tests.unit.identifiers.doi.conftest import BASE, PROVIDERS

pytestmark = pytest.mark.django_db


def found() -> dict[str, str]:
    return {message.id: message.msg for message in checks.check_identifiers()}


def test_handles_alone_need_nothing():
    assert found() == {}


ACCOUNT = {"identifier.doi.user": "A.B", "identifier.doi.password": "c", "identifier.doi.connector": ""}


def test_a_whole_configuration_is_quiet(with_dois, configure):
    configure(ACCOUNT | {"DATACITE_HOST": "mds.datacite.org"})
    assert found() == {}


@pytest.mark.parametrize("host", ["", "mds.test.datacite.org", "api.test.datacite.org"])
@pytest.mark.parametrize("connector", ["", "datacite_rest"])
def test_dois_that_only_a_test_system_has_are_warned_of(with_dois, configure, connector, host):
    configure(ACCOUNT | {"identifier.doi.connector": connector, "DATACITE_HOST": host})
    assert set(found()) == {checks.TEST_SYSTEM}
    configure({"identifier.doi.prefix": "10.5072"})
    assert set(found()) == {checks.TEST_PREFIX}


def test_an_agency_that_is_none_is_warned_of(with_dois):
    assert set(found()) == {checks.NO_AGENCY}


def test_a_wrong_shoulder_is_named(with_dois, configure):
    configure({"identifier.providers": EZID_PROVIDER, "identifier.doi.ezid.shoulder": "10.5072/a b"})
    assert "identifier.doi.ezid.shoulder" in found()[checks.WRONG_SEPARATOR]
    assert "identifier.doi.ezid.shoulder" in found()[checks.TEST_PREFIX]


@pytest.mark.parametrize("connector", ["", "datacite_mds", "datacite_rest", "ezid"])
def test_a_part_of_a_prefix_is_for_other_agencies(with_dois, configure, connector):
    configure(ACCOUNT | {"identifier.doi.connector": connector, "identifier.doi.prefix": "10.12345.6"})
    assert "identifier.doi.prefix: 10.12345.6" in found()[checks.WRONG_PREFIX]
    configure({"identifier.doi.connector": "identifiers.connectors.memory.connect"})
    assert found() == {}


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("identifier.doi.prefix", "10.5072", checks.TEST_PREFIX),
        ("identifier.doi.prefix", "doi:10", checks.WRONG_PREFIX),
        ("identifier.doi.namespaceseparator", "a b", checks.WRONG_SEPARATOR),
        ("identifier.doi.metadata", "doi", checks.NOT_TOLD),
        ("identifier.doi.filter", "nowhere.at_all", checks.NOT_TOLD),
        ("identifier.doi.filter", "os.getcwd", checks.NOT_TOLD),
        ("identifier.doi.connector", "datacite_mds", checks.WRONG_AGENCY),
        ("identifier.doi.connector", "nowhere.connect", checks.WRONG_AGENCY),
        ("alert.recipient", "", checks.NOBODY_TOLD),
        ("identifier.providers", PROVIDERS + ",identifiers.providers.ezid.EZIDProvider", checks.BOTH),
        ("identifier.providers", "identifiers.models.Handle", checks.UNKNOWN_PROVIDER),
        ("identifier.providers", "nowhere.Provider", checks.UNKNOWN_PROVIDER),
    ],
)
def test_what_is_wrong_is_named(configure, key, value, expected):
    configure(BASE | {key: value})
    assert key in found()[expected] or key == "alert.recipient" or expected == checks.WRONG_AGENCY


def test_a_stylesheet_that_can_t_be_used_is_named_with_its_line(configure, with_dois, tmp_path):
    path = tmp_path / "DIM2DataCite.xsl"
    configure({"crosswalk.dissemination.DataCite.stylesheet": str(path)})
    assert str(path) in found()[checks.NOT_TOLD], "there is none"
    assert found()[checks.NOT_TOLD].endswith("(no such file)")
    for line, text in ((3, "<xsl:wrong>"), (2, '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>')):
        path.write_text("\n" * (line - 1) + text)
        assert f"{path}:{line}: " in found()[checks.NOT_TOLD]


def test_a_stylesheet_of_dspace_6_is_doubted(configure, with_dois, tmp_path):
    path = tmp_path / "DIM2DataCite.xsl"
    path.write_text(
        '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/">'
        '<resource xmlns="http://datacite.org/schema/kernel-2.2"/></xsl:template></xsl:stylesheet>'
    )
    configure({"crosswalk.dissemination.DataCite.stylesheet": str(path)})
    assert "kernel-2.2" in found()[checks.DOUBTFUL]


def test_a_text_of_the_mail_that_can_t_be_used_is_named(settings, with_dois, tmp_path):
    shutil.copytree(settings.CONFIG_DIR, tmp_path / "config")
    settings.CONFIG_DIR = tmp_path / "config"
    path = settings.CONFIG_DIR / "emails" / "doi_maintenance_error"
    assert checks.NO_TEXT not in found()
    path.write_text("Subject: {9}\n")
    assert f"{path}: {{9}}" in found()[checks.NO_TEXT]
    path.unlink()
    assert str(path) in found()[checks.NO_TEXT]
