"""Downloads: ranges, conditional requests, names, what may be shown inside the browser."""

import hashlib

import pytest
from django.utils.http import http_date

from repository import bitstore
from repository.models import BitstreamFormat
from tests import factories
from ui import downloads, http_range

pytestmark = pytest.mark.django_db

CONTENT = bytes(range(256)) * 1000


def body(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


@pytest.fixture
def get(client):
    """Download a file named and typed as told; returns the response and its whole body."""

    def download(name="data.bin", content=CONTENT, method="get", **headers):
        new = factories.new_file(name, content)
        if getattr(download, "url", None) is None or download.name != name:
            item = factories.item(files=[new])
            download.url = f"/bitstreams/{item.bundles.get().bitstreams.get().pk}/download"
            download.name = name
        response = getattr(client, method)(download.url, headers=headers)
        return response, body(response)

    return download


def test_a_download_is_the_file_with_its_checksum(get):
    response, content = get()
    assert response.status_code == 200
    assert content == CONTENT
    assert response["Content-Length"] == str(len(CONTENT))
    assert response["ETag"] == f'"{hashlib.sha256(CONTENT).hexdigest()}"'
    assert response["Accept-Ranges"] == "bytes"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_head_tells_the_same_and_sends_nothing(get):
    response, content = get(method="head")
    assert response.status_code == 200
    assert response["Content-Length"] == str(len(CONTENT))
    assert content == b""


@pytest.mark.parametrize(
    ("header", "status", "part"),
    [
        ("bytes=0-99", 206, slice(0, 100)),
        ("bytes=255900-", 206, slice(255900, None)),
        ("bytes=-10", 206, slice(-10, None)),
        ("bytes=0-999999999", 206, slice(0, None)),
        ("bytes=0-0,5-9", 200, slice(0, None)),  # several ranges: the whole file, as RFC 9110 14.2 allows
        ("bytes=9-5", 200, slice(0, None)),
        ("lines=1-2", 200, slice(0, None)),
        ("bytes=a-b", 200, slice(0, None)),
        ("bytes=-", 200, slice(0, None)),
    ],
)
def test_ranges(get, header, status, part):
    response, content = get(range=header)
    assert response.status_code == status
    assert content == CONTENT[part]
    if status == 206:
        first = len(CONTENT) + (part.start or 0) if (part.start or 0) < 0 else part.start
        assert response["Content-Range"] == f"bytes {first}-{first + len(content) - 1}/{len(CONTENT)}"


@pytest.mark.parametrize("header", ["bytes=256000-", "bytes=-0", "bytes=999999-9999999"])
def test_a_range_beyond_the_end_is_refused_with_the_size(get, header):
    response, content = get(range=header)
    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{len(CONTENT)}"
    assert content == b""


def test_unchanged_files_are_not_sent_again(get):
    first, _ = get()
    unchanged = get(**{"if-none-match": first["ETag"]})[0]
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged["Content-Length"] == first["Content-Length"]
    assert get(**{"if-modified-since": first["Last-Modified"]})[0].status_code == 304
    assert get(**{"if-none-match": '"other"'})[0].status_code == 200
    assert get(**{"if-match": '"other"'})[0].status_code == 412


def test_if_range_gives_the_whole_file_when_it_changed(get):
    first, _ = get()
    for same in (first["ETag"], first["Last-Modified"]):
        assert get(range="bytes=0-9", **{"if-range": same})[0].status_code == 206
    for other in ('"other"', "W/" + first["ETag"], http_date(0), "rubbish"):
        assert get(range="bytes=0-9", **{"if-range": other})[0].status_code == 200


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("data.bin", 'attachment; filename="data.bin"'),
        ("Übersicht 2024.bin", "attachment; filename*=utf-8''%C3%9Cbersicht%202024.bin"),
        ("数据.bin", "attachment; filename*=utf-8''%E6%95%B0%E6%8D%AE.bin"),
        ('a"b\\c/d.bin', 'attachment; filename="a_b_c_d.bin"'),
        ("a\r\nSet-Cookie: x=1.bin", 'attachment; filename="a__Set-Cookie: x=1.bin"'),
    ],
)
def test_names_arrive_whole_and_break_no_header(get, name, expected):
    assert get(name)[0]["Content-Disposition"] == expected


@pytest.mark.parametrize(
    ("name", "inline"),
    [("a.pdf", True), ("a.png", True), ("a.txt", True), ("a.html", False), ("a.svg", False), ("a.xml", False)],
)
def test_only_harmless_types_open_in_the_browser(get, name, inline):
    response, _ = get(name, content=b"<script>alert(1)</script>")
    assert response["Content-Disposition"].startswith("inline" if inline else "attachment")
    assert "default-src 'none'" in response["Content-Security-Policy"]
    if not name.endswith(".pdf"):
        assert "sandbox" in response["Content-Security-Policy"]


def test_a_format_with_a_strange_type_can_not_break_the_header(client):
    item = factories.item(files=[factories.new_file("x.bin", b"x")])
    bitstream = item.bundles.get().bitstreams.get()
    BitstreamFormat.objects.filter(pk=bitstream.format_id).update(mimetype="text/html\r\nX: y")
    assert client.get(f"/bitstreams/{bitstream.pk}/download")["Content-Type"] == "application/octet-stream"


def test_the_web_server_in_front_can_send_the_file(client, monkeypatch):
    item = factories.item(files=[factories.new_file("x.bin", b"x")])
    bitstream = item.bundles.get().bitstreams.get()
    monkeypatch.setattr(downloads, "accelerator", lambda: "/assets")
    response = client.get(f"/bitstreams/{bitstream.pk}/download")
    i = bitstream.internal_id
    assert response["X-Accel-Redirect"] == f"/assets/0/{i[:2]}/{i[2:4]}/{i[4:6]}/{i}"
    assert response.content == b""


def test_a_file_that_its_store_has_lost_is_an_error_and_not_half_an_answer(client):
    item = factories.item(files=[factories.new_file("x.bin", b"x")])
    bitstream = item.bundles.get().bitstreams.get()
    bitstore.storage_of(bitstream.store_number).delete(bitstore.name_in_store(bitstream.internal_id))
    client.raise_request_exception = False
    response = client.get(f"/bitstreams/{bitstream.pk}/download")
    assert response.status_code == 500
    assert b"</html>" in response.content


def test_dspaces_stable_address_leads_to_the_file(client, archive):
    url = archive.url(archive.open).replace("/handle/", "/bitstream/")
    assert body(client.get(f"{url}/1/Open%20owls.txt")).startswith(b"Open owls")
    assert client.get(f"{url}/2/Open%20owls.txt").status_code == 404
    assert client.get(f"{url}/99999999999999999999/x").status_code == 404


def test_the_addresses_of_xmlui_lead_to_the_file(client, administrator, archive):
    url = archive.url(archive.open).replace("/handle/", "/bitstream/handle/")
    for address in ("Open%20owls.txt?sequence=1&isAllowed=y", "renamed.txt?sequence=1", "Open%20owls.txt"):
        assert body(client.get(f"{url}/{address}")).startswith(b"Open owls")
    for address in ("Open%20owls.txt?sequence=2", "Open%20owls.txt?sequence=99999999999", "other.txt"):
        assert client.get(f"{url}/{address}").status_code == 404
    embargoed = archive.url(archive.embargoed).replace("/handle/", "/bitstream/handle/")
    name = archive.file(archive.embargoed).name
    assert client.get(f"{embargoed}/{name}").content == client.get("/bitstream/handle/123456789/nothing/x").content
    assert body(administrator.get(f"{embargoed}/{name}")).startswith(b"Embargoed owls")
    assert client.get("/bitstream/handle/123456789/nothing/x").status_code == 404


def test_administrators_download_embargoed_files(client, administrator, archive):
    url = f"/bitstreams/{archive.file(archive.embargoed).pk}/download"
    assert client.get(url).status_code == 404
    assert body(administrator.get(url)).startswith(b"Embargoed owls")


def test_an_empty_file_has_no_ranges():
    assert http_range.wanted("rubbish", 0) is None
    with pytest.raises(http_range.Unsatisfiable):
        http_range.wanted("bytes=0-", 0)
