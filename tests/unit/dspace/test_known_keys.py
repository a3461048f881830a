"""The list of keys that are read says what the code reads: no key is read in secret, none is claimed in vain."""

import re
from pathlib import Path

from django.conf import settings

from dspace import known_keys
from identifiers.doi import registry

OURS = ("common", "dspace", "identifiers", "repository", "search", "oai", "importexport", "ui")
READING = re.compile(r"(?:DSPACE|configuration)\.(?:get|list|bool|int|choice|values)\(\s*f?\"([^\"]+)\"")
# Only there to be referred to by other values.
REFERRED_TO = {"dspace.ui", "solr.server", "module_dir", "dspace.dir", "assetstore.option.*"}


def sources() -> str:
    folders = [Path(settings.BASE_DIR) / name for name in OURS]
    files = [path for folder in folders for path in folder.rglob("*.py") if path.name != "known_keys.py"]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def test_each_key_that_the_code_reads_is_listed_as_read() -> None:
    keys = {re.sub(r"\{[^}]*\}", "x", key) for key in READING.findall(sources())}

    assert len(keys) > 30
    assert {key for key in keys if known_keys.part_of(key) != ""} == set(), "add these to READ in dspace/known_keys.py"


def test_each_key_that_is_listed_as_read_is_read() -> None:
    code = sources()
    listed = set(known_keys.READ.split()) - REFERRED_TO

    assert {key for key in listed if f'"{key.rstrip("*")}' not in code} == set()


def test_the_choices_of_a_key_are_those_that_the_code_knows() -> None:
    assert known_keys.CHOICES["identifier.doi.on_archive"] == tuple(registry.WISHES)
