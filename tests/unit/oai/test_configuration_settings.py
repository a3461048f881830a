"""The settings of config/modules/oai.cfg, with and without `oai.` before them, as DSpace 6 and DSpace 4 write them."""

import shutil

import pytest
from django.conf import settings

from dspace import checks
from dspace.configuration import Configuration

# Each example of DSpace's documentation, with what its references come to here.
SETTINGS = {
    "storage": ("solr", "solr"),
    "solr.url": ("${default.solr.server}/oai", "http://localhost:8080/solr/oai"),
    "identifier.prefix": ("${dspace.hostname}", "localhost"),
    "config.dir": ("${dspace.dir}/config/crosswalks/oai", "/srv/dspace/config/crosswalks/oai"),
    "cache.dir": ("${dspace.dir}/var/oai", "/srv/dspace/var/oai"),
    "url": ("${dspace.baseUrl}/oai", "http://localhost:8080/oai"),
    "bitstream.baseUrl": ("${dspace.url}", "http://localhost:8080"),
}


@pytest.fixture
def load(tmp_path):
    """Return the configuration with another modules/oai.cfg, or with a local.cfg."""

    def load(module=None, local=None):
        folder = tmp_path / "config"
        shutil.copytree(settings.CONFIG_DIR, folder, ignore=shutil.ignore_patterns("local.cfg"))
        if module is not None:
            (folder / "modules" / "oai.cfg").write_text(module)
        if local is not None:
            (folder / "local.cfg").write_text(local)
        environ = {"DSPACE_PORT": "8080", "DSPACE_VAR": "/srv/dspace", "DSPACE_CONFIG": str(folder)}
        return Configuration.load(folder, environ)

    return load


@pytest.mark.parametrize("prefix", ["oai.", ""])
def test_a_setting_of_the_module_is_accepted_with_and_without_the_name_of_the_module(load, prefix):
    lines = "".join(f"{prefix}{name} = {value}\n" for name, (value, _) in SETTINGS.items())
    found = load(module=lines)
    assert {name: found.get(f"oai.{name}") for name in SETTINGS} == {
        name: value for name, (_, value) in SETTINGS.items()
    }


def test_the_other_settings_of_dspace_4_are_known_by_their_whole_names_too(load):
    found = load(module="harvester.autoStart = false\ndescription.file = description.xml\ncache.enabled = true\n")
    assert {"oai.harvester.autoStart", "oai.description.file", "oai.cache.enabled"} <= set(found.entries)


def test_a_key_that_has_its_whole_name_stays_as_it_is(load):
    found = load(module="dspace.name = Owls\nmail.admin = owl@example.org\noai.url = http://example.org/oai\n")
    assert "Owls" in found.values("dspace.name")
    assert "oai.dspace.name" not in found.entries


def test_outside_the_file_of_the_module_the_name_is_needed(load):
    found = load(local="oai.storage = solr\nstorage = nothing\n")
    assert found.get("oai.storage") == "solr"
    assert found.get("storage") == "nothing"


def test_local_cfg_comes_before_the_module_however_that_is_written(load):
    found = load(module="identifier.prefix = a.example.org\n", local="oai.identifier.prefix = b.example.org\n")
    assert found.get("oai.identifier.prefix") == "b.example.org"


def test_what_comes_with_the_repository_is_all_read(load, settings):
    settings.DSPACE = load()
    assert [message for message in checks.check_configuration() if "oai" in message.msg] == []
