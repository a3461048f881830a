"""A store of an older version: harvesters of the new one find what they had, and nothing is withheld."""

import pytest
from django.core.management import call_command
from lxml import etree

from oai import tasks
from oai.models import Clock
from tests import factories as make
from tests.unit.oai.conftest import OAI

pytestmark = pytest.mark.django_db


def answer(client, address):
    response = client.get(address)
    assert response.status_code == 200, "nobody is asked to come back"
    root = etree.fromstring(response.content)
    return [e.get("code") for e in root.iter(f"{OAI}error")] or len(list(root.iter(f"{OAI}header")))


def test_a_list_that_nobody_fills_any_more_is_filled_after_the_next_upgrade(publish, client):
    make.item()
    publish()
    tasks.follow_configuration()
    publish()
    lost = ["driver driver", "request"]
    lists = [name for name in Clock.objects.get().lists if name != lost[0]]
    Clock.objects.update(lists=lists, new_lists=lost[1:], filled_by=None, whole_from=None, configuration="before")
    tasks.follow_configuration()
    publish()
    assert answer(client, "/oai/driver?set=driver&verb=ListRecords&metadataPrefix=oai_dc") == ["noRecordsMatch"]
    assert answer(client, "/oai/request?verb=ListRecords&metadataPrefix=oai_dc") == 1


def test_after_the_upgrade_sets_are_as_they_were_with_records_and_without(publish, client):
    make.item(metadata=make.md(dc_title="On owls", dc_type="Thesis"))
    publish()
    tasks.follow_configuration()
    publish()
    call_command("migrate", "oai", "0004", verbosity=0)
    call_command("migrate", verbosity=0)
    Clock.objects.update(configuration="that of the version before")
    found = {"/oai/driver?set=driver&": ["noRecordsMatch"], "/oai/driver?": ["noRecordsMatch"], "/oai/request?": 1}
    for look in (lambda: None, tasks.follow_configuration, publish):
        look()
        for address, expected in found.items():
            assert answer(client, address + "verb=ListRecords&metadataPrefix=oai_dc") == expected


def test_after_the_upgrade_solr_still_knows_the_store(publish):
    make.item()
    publish()
    call_command("migrate", "oai", "0007", verbosity=0)
    call_command("migrate", verbosity=0)
    after = Clock.objects.get()
    assert after.copies_since == after.earliest, "by which it was known before"
