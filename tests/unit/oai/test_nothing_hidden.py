"""Through the front door, in every format: what Anonymous may not see stays inside, and every record is valid."""

from dataclasses import replace
from datetime import date

import pytest
from django.utils import timezone

from identifiers.services import handle_of
from oai import running
from repository.models import Bitstream
from repository.services.policies import ANONYMOUS_READ
from tests import factories as make
from tests.unit.oai.conftest import oai_id

LATER = replace(ANONYMOUS_READ, start_date=date(2090, 7, 1))


def offered():
    return [f.prefix for f in running.current().contexts["request"].formats if f.filter is None]


@pytest.fixture
def item(publish):
    given = [
        make.new_file("open.txt", b"open"),
        make.new_file("closedname.txt", b"closed", policies=[], description="closedtext"),
        make.new_file("closedlater.txt", b"later", policies=[LATER]),
        make.new_file("closedname.txt.txt", b"extract", bundle="TEXT", policies=[]),
        make.new_file("license.txt", b"closed terms", bundle="LICENSE", policies=[]),
    ]
    made = make.item("On what is hidden", files=given)
    publish()
    return made


def test_a_file_that_visitors_may_not_read_shows_in_no_format(harvester, item):
    hidden = [found for found in Bitstream.objects.filter(bundle__item=item) if found.name != "open.txt"]
    assert len(hidden) == 4
    for prefix in offered():
        answer = harvester.bytes("GetRecord", metadataPrefix=prefix, identifier=oai_id(handle_of(item.pk)))
        assert b"On what is hidden" in answer
        assert b"closed" not in answer
        assert b"provenance" not in answer
        for bitstream in hidden:
            assert bitstream.md5.encode() not in answer
            assert str(bitstream.pk).encode() not in answer


def test_the_end_of_an_embargo_reaches_every_format(harvester, item, publish):
    publish(timezone.now().replace(year=2090, month=7, day=2))
    for prefix in ("mets", "ore", "didl", "xoai"):
        answer = harvester.bytes("GetRecord", metadataPrefix=prefix, identifier=oai_id(handle_of(item.pk)))
        assert b"closedlater.txt" in answer
        assert b"closedname" not in answer
