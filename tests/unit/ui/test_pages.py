"""Who gets which page: hidden, withdrawn, private and embargoed things, for strangers, readers and administrators."""

import pytest

from dspace.configuration import Configuration, Item
from repository import changes
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["client", "reader"])
def outsider(request):
    """A visitor, and somebody whose account opens nothing."""
    return request.getfixturevalue(request.param)


def test_an_open_item_shows_its_record_and_its_file(client, archive):
    page = client.get(archive.url(archive.open))
    assert page.status_code == 200
    text = page.content.decode()
    assert "Open owls" in text
    assert "Open access" in text
    assert "Open%20owls.txt" in text


def test_hidden_and_missing_are_told_apart_by_nobody(client, archive):
    hidden = [
        archive.url(archive.hidden),
        f"/items/{archive.hidden.pk}",
        f"/bitstreams/{archive.file(archive.hidden).pk}/download",
        f"{archive.url(archive.hidden).replace('handle', 'bitstream')}/1/x.txt",
        archive.url(archive.hidden_collection),
        f"/collections/{archive.hidden_collection.pk}",
        archive.url(archive.hidden_collection) + "/browse?type=title",
        f"/search?scope={archive.hidden_collection.pk}",
        archive.url(archive.withdrawn_hidden),
        f"/bitstreams/{archive.file(archive.embargoed).pk}/download",
    ]
    missing = client.get("/items/00000000-0000-4000-8000-00000000dead")
    assert missing.status_code == 404
    assert "/password-login" in missing.content.decode()
    for url in hidden:
        page = client.get(url)
        assert page.status_code == 404, url
        assert page.content == missing.content, url
        assert sorted(page.headers.items()) == sorted(missing.headers.items()), url


def test_an_account_without_rights_gets_the_same_404_for_hidden_and_missing(reader, archive):
    hidden = reader.get(archive.url(archive.hidden))
    assert hidden.status_code == 404
    assert hidden.content == reader.get("/handle/1/2").content


def test_administrators_see_what_others_do_not(administrator, archive):
    for item in (archive.hidden, archive.withdrawn, archive.private, archive.withdrawn_hidden):
        page = administrator.get(archive.url(item))
        assert page.status_code == 200
        assert item.name in page.content.decode()
    assert administrator.get(archive.url(archive.hidden_collection)).status_code == 200


def test_a_private_item_is_reached_by_its_address_only(outsider, archive):
    assert outsider.get(archive.url(archive.private)).status_code == 200
    for url in ("/", archive.url(archive.collection), archive.url(archive.community)):
        assert "Private owls" not in outsider.get(url).content.decode()


def test_an_embargoed_file_is_told_of_but_neither_named_nor_linked(outsider, archive):
    text = outsider.get(archive.url(archive.embargoed)).content.decode()
    assert 'Embargoed until <time datetime="2126-01-01">1 January 2126</time>' in text
    assert "Embargoed owls.txt" not in text
    assert str(archive.file(archive.embargoed).pk) not in text
    assert "citation_pdf_url" not in text


@pytest.mark.parametrize("page", ["/", "/community-list", "collection", "community", "/search", "/browse?type=title"])
def test_lists_and_counts_leave_out_what_the_reader_may_not_see(outsider, archive, page):
    url = archive.url(getattr(archive, page)) if page in ("collection", "community") else page
    text = outsider.get(url).content.decode()
    for name in ("Hidden owls", "Private owls", "Withdrawn owls", "Forgotten owls", "Secret drawer"):
        assert name not in text
    assert "2 items" in text or "of 2 items" in text  # open and embargoed


def test_hidden_collections_are_missing_from_the_trail_and_from_an_items_collections(client, archive):
    from tests.unit.ui.conftest import close

    close(archive.collection)
    text = client.get(archive.url(archive.open)).content.decode()
    assert "Theses" not in text
    assert archive.url(archive.collection) not in text


def test_provenance_is_for_administrators(client, administrator, archive):
    url = archive.url(archive.open) + "?show=full"
    assert "dc.description.provenance" not in client.get(url).content.decode()
    assert "dc.description.provenance" in administrator.get(url).content.decode()


def test_hostile_html_in_intro_texts_is_made_harmless(client, archive):
    from repository.models import Collection

    evil = '<script>alert(1)</script><p onclick="x()" style="top:0">Hi <a href="javascript:x()">it</a></p><h1>No</h1>'
    archive.collection.metadata["dc.description"] = [{"value": evil}]
    Collection.objects.filter(pk=archive.collection.pk).update(metadata=archive.collection.metadata)
    text = client.get(archive.url(archive.collection)).content.decode()
    assert "<p>Hi <a" in text
    for bad in ("alert(1)", "onclick", "javascript:", "style=", "<h1>No"):
        assert bad not in text


def configure(settings, key, value):
    """Set one key of the configuration for this test."""
    entries = dict(settings.DSPACE.entries) | {key: [Item(value, "local.cfg:1")]}
    settings.DSPACE = Configuration(entries, settings.DSPACE.environ)


def test_a_hidden_field_is_hidden_on_every_page_except_from_administrators(client, administrator, archive, settings):
    configure(settings, "metadata.hide.dc.contributor.author", "true")
    changes.mark_all("search", now=factories.NOW)
    changes.run("search", now=factories.NOW)
    for url in ("/", "/browse?type=title", "/search", archive.url(archive.collection)):
        assert "Open owls" in client.get(url).content.decode()
        assert "Ørsted" not in client.get(url).content.decode(), url
        assert "Ørsted" in administrator.get(url).content.decode(), url
    item = archive.url(archive.open)
    for url in (item, f"{item}?show=full"):
        assert "Ørsted" not in client.get(url).content.decode(), url


@pytest.mark.parametrize(("wanted", "shown"), [("2", 2), ("0", 3), ("-1", 3)])
def test_the_home_page_shows_as_many_items_as_configured(client, settings, wanted, shown):
    configure(settings, "recent.submissions.count", wanted)
    for number in range(3):
        factories.item(f"Owls {number}")
    assert client.get("/").content.decode().count('class="record-title"') == shown
