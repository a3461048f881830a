"""What harvesters may know of an item's files."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crosswalks.xoai import Access
from identifiers.services import handle_of
from oai import files
from oai.files import NONE, files_of
from repository import bitstore
from repository.models import Bitstream
from repository.services.policies import ANONYMOUS_READ
from tests import factories as make

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, tzinfo=UTC)
LATER = replace(ANONYMOUS_READ, start_date=date(2090, 7, 1))


def of(item, now=NOW):
    return files_of({item.pk: handle_of(item.pk)}, "https://archive.example.org", now).get(item.pk, NONE)


def names(found):
    return {bundle.name: [file.name for file in bundle.files] for bundle in found.bundles}


def licence(content=b"Keep it.\n", **kwargs):
    return make.new_file("license.txt", content, bundle="LICENSE", **kwargs)


@pytest.fixture(autouse=True)
def no_licence_known():
    files._texts.clear()


def test_an_item_without_files_is_metadata_only():
    assert of(make.item()) == NONE
    assert of(make.item(files=[licence()])).access == Access("metadata.only")


def test_files_come_with_name_place_and_checksum():
    item = make.item(files=[make.new_file("a b.txt", b"abc", description="first", source="/in/a")])
    (bundle,) = of(item).bundles
    (file,) = bundle.files
    assert (file.name, file.size, file.description, file.source) == ("a b.txt", 3, "first", "/in/a")
    assert file.url == f"https://archive.example.org/bitstream/{handle_of(item.pk)}/1/a%20b.txt"
    assert (file.checksum_algorithm, file.checksum) == ("MD5", "900150983cd24fb0d6963f7d28e17f72")
    assert of(item).access == Access("open.access")


@pytest.mark.parametrize("lacks", ["a number", "a name"])
def test_a_file_without_number_or_name_is_found_by_its_identifier(client, lacks):
    item = make.item(files=[make.new_file("a b.txt", b"abc")])
    lacking = {"sequence_id": None} if lacks == "a number" else {"metadata": {}}
    Bitstream.objects.filter(bundle__item=item).update(**lacking)
    (bundle,) = of(item).bundles
    found = client.get(bundle.files[0].url.removeprefix("https://archive.example.org"))
    assert b"".join(found.streaming_content) == b"abc"


def test_bundles_come_in_the_order_of_their_names_and_files_in_theirs():
    given = [make.new_file(name, bundle=bundle) for bundle, name in [("b", "1"), ("TEXT", "2"), ("ä", "3"), ("b", "0")]]
    assert names(of(make.item(files=given))) == {"TEXT": ["2"], "b": ["1", "0"], "ä": ["3"]}


def test_the_primary_file_is_the_chosen_one_else_the_first_of_original():
    given = [make.new_file("1", bundle="TEXT"), make.new_file("2"), make.new_file("3")]

    def primaries(item):
        return [file.name for bundle in of(item).bundles for file in bundle.files if file.primary]

    assert primaries(make.item(files=given)) == ["2"]
    given = [make.new_file("1", bundle="TEXT"), make.new_file("2"), make.new_file("3", primary=True)]
    assert primaries(make.item(files=given)) == ["3"]


def test_an_embargoed_file_is_not_listed_until_its_day():
    item = make.item(files=[make.new_file("later.pdf", policies=[LATER]), make.new_file("now.txt", bundle="TEXT")])
    assert names(of(item)) == {"TEXT": ["now.txt"]}
    assert of(item).access == Access("embargo", date(2090, 7, 1))
    assert of(item).has_file
    opened = of(item, datetime(2090, 7, 1, tzinfo=UTC))
    assert names(opened) == {"ORIGINAL": ["later.pdf"], "TEXT": ["now.txt"]}
    assert opened.access == Access("open.access")


def test_a_file_that_will_never_be_opened_is_restricted():
    item = make.item(files=[make.new_file("secret.pdf", policies=[])])
    assert (of(item).bundles, of(item).access, of(item).has_file) == ([], Access("restricted"), True)


def test_the_primary_file_decides_on_the_access_status():
    given = [make.new_file("open.txt"), make.new_file("closed.txt", primary=True, policies=[])]
    assert of(make.item(files=given)).access == Access("restricted")


def test_the_licence_is_the_text_that_visitors_may_read():
    assert of(make.item(files=[licence()])).license == b"Keep it.\n"
    assert of(make.item(files=[licence(policies=[])])).license == b""
    assert of(make.item(files=[licence(b"x" * 100_000)])).license == b""
    assert of(make.item(files=[make.new_file("license.pdf", b"%PDF", bundle="LICENSE")])).license == b""


def test_a_licence_that_is_gone_is_left_out_with_a_warning(caplog):
    stored = bitstore.store_file(io.BytesIO(b"Gone.\n"))
    item = make.item(files=[replace(licence(), stored=stored)])
    bitstore.storage_of(stored.store_number).delete(bitstore.name_in_store(stored.internal_id))
    assert of(item).license == b""
    assert str(item.pk) in caplog.text


def test_a_licence_that_items_share_is_read_once(monkeypatch):
    made = [make.item(files=[licence()]) for _ in range(3)]
    reads = []
    monkeypatch.setattr(files, "_read", lambda row: reads.append(row) or b"Keep it.\n")
    assert [of(item).license for item in made] == [b"Keep it.\n"] * 3
    assert len(reads) == 1


def test_the_number_of_queries_does_not_depend_on_the_number_of_items():
    def queries(item_ids):
        handles = dict.fromkeys(item_ids, "10.9999/1")
        with CaptureQueriesContext(
            connection,
        ) as captured:
            files_of(handles, "", NOW)
        return len(captured)

    made = [make.item(files=[make.new_file(policies=[LATER]), licence()]).pk for _ in range(5)]
    assert queries(made) == queries(made[:1]) == 3
