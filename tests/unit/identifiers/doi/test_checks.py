"""`manage.py check` on the configuration of identifiers."""

import pytest

from identifiers import checks
from tests.unit.identifiers.doi.conftest import BASE, PROVIDERS


def found() -> dict[str, str]:
    return {message.id: message.msg for message in checks.check_identifiers()}


def test_handles_alone_need_nothing():
    assert found() == {}


def test_a_whole_configuration_is_quiet(with_dois):
    assert found() == {}


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("identifier.doi.prefix", "10.5072", checks.TEST_PREFIX),
        ("identifier.doi.prefix", "doi:10", checks.WRONG_PREFIX),
        ("identifier.doi.namespaceseparator", "a b", checks.WRONG_SEPARATOR),
        ("identifier.doi.metadata", "doi", checks.WRONG_FIELD),
        ("identifier.doi.on_archive", "publish", checks.WRONG_WISH),
        ("identifier.doi.filter", "nowhere.at_all", checks.WRONG_PATH),
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
