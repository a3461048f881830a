"""`oai import --restamp` on a store of some thousand records, and a harvester that looks all the time."""

import time
from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from oai.models import Membership
from oai.store.publisher import apply_changes
from tests import factories as make
from tests.unit.oai.conftest import OAI, Harvester, let_the_second_pass, look_again
from tests.unit.oai.conftest import handle_of as handle_of_header

pytestmark = pytest.mark.django_db(transaction=True)

COPIES = 3000
_COPY = """
WITH made AS (
    INSERT INTO oai_record (item, local_id, deleted, digest, document, about)
    SELECT gen_random_uuid(), local_id || '.' || n, false, digest, document, about
    FROM oai_record, generate_series(2, %s) AS n RETURNING id, local_id
)
INSERT INTO oai_membership (record_id, view, spec, datestamp, deleted, digest, local_id, sets)
SELECT made.id, view, spec, datestamp, false, digest, made.local_id, sets FROM made, oai_membership
"""


def restamp():
    try:
        call_command("oai", "import", "--restamp", stdout=StringIO())
    finally:
        connection.close()


def test_no_record_is_out_of_lists_for_more_than_two_seconds(client, own_folder):
    item = make.item()
    with transaction.atomic():
        apply_changes([item.pk], timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(_COPY, [COPIES])
    let_the_second_pass()
    path = own_folder / "xoai.xml"
    path.write_text(path.read_text().replace('maxListIdentifiersSize="100"', 'maxListIdentifiersSize="9999"'))
    look_again()
    harvester = Harvester(client, validating=False)
    before = set(Membership.objects.values_list("datestamp", flat=True))
    last_seen, longest = {}, 0.0
    with ThreadPoolExecutor(1) as other:
        work, end = other.submit(restamp), None
        while end is None or time.monotonic() < end:
            asked = time.monotonic()
            root = harvester.ask("ListIdentifiers", metadataPrefix="oai_dc")
            seen = [handle_of_header(header) for header in root.iter(f"{OAI}header")]
            longest = max([longest, *(asked - last_seen.get(handle, asked) for handle in seen)])
            last_seen |= dict.fromkeys(seen, time.monotonic())
            if work.done() and end is None:
                end = time.monotonic() + 2
        work.result()
    assert len(seen) == len(last_seen) == COPIES
    assert before.isdisjoint(Membership.objects.values_list("datestamp", flat=True)), "all were restamped"
    assert longest <= 2
