"""Query strings and forms that nobody's browser made: every one gets a page, none an error 500."""

import re
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from repository import changes
from repository.models import Mark
from tests import factories

pytestmark = pytest.mark.django_db

PAGES = ["/search", "/browse", "/search-filter?field=author", "/"]
HOSTILE = [
    "sort_by=nonsense&order=sideways&rpp=7",
    "page=-1",
    "page=1000000000",
    "page=99999999999999999999999999",
    "page=١",
    "page=%00",
    "query=%00",
    "query=a%00b",
    "query=" + "x" * 501,
    "query=" + "x" * 4000,
    "query=%27%22%29%28%3A%2A%26%7C%21%3C%3E%5C",
    "query=%F0%9F%A6%89%20%ED%A0%80",
    "starts_with=%00",
    "position=rubbish",
    "position=%00",
    "type=nonsense",
    "type=author&value=%00",
    "type=author&value=nobody",
    "scope=rubbish",
    "scope=%00/%00",
    "scope=00000000-0000-4000-8000-00000000dead",
    "scope=1%2F2%2F3",
    "filtertype_1=nonsense&filter_1=x",
    "filtertype_1=dateIssued&filter_1=[2000%20TO%20rubbish]",
    "filtertype_1=dateIssued&filter_1=99999999999",
    "filtertype_1=author&filter_relational_operator_1=nonsense&filter_1=x%00",
    "filtertype_9999=author&filter_9999=x",
    "&".join(f"filtertype_{n}=author&filter_{n}={n}" for n in range(30)),
]


@pytest.mark.parametrize("query", HOSTILE)
@pytest.mark.parametrize("page", PAGES)
def test_hostile_query_strings_never_break_a_page(client, archive, page, query):
    client.raise_request_exception = False
    response = client.get(page + ("&" if "?" in page else "?") + query)
    assert response.status_code in (200, 400, 404)
    assert b"</html>" in response.content


def test_a_scope_that_is_no_identifier_is_explained(client):
    client.raise_request_exception = False
    assert "There is no community or collection with such an address." in client.get("/search?scope=x").content.decode()


@pytest.mark.parametrize(
    "path",
    ["/handle/1/%00", "/handle/%00/2", "/handle/1/" + "9" * 5000, "/bitstream/1/%00/1/x", "/items/x", "/handle/1"],
)
def test_hostile_paths_are_not_found(client, path):
    client.raise_request_exception = False
    assert client.get(path).status_code == 404


def test_too_long_a_search_says_so(client):
    response = client.get("/search", {"query": "x" * 501})
    assert response.status_code == 400
    assert "500 characters are the limit" in response.content.decode()


@pytest.mark.parametrize(
    "next_page", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_log_in_never_leads_to_another_site(client, next_page):
    factories.eperson("ada@example.org")
    form = {"username": "Ada@Example.org", "password": "correct horse battery", "next": next_page}
    response = client.post("/password-login", form)
    assert response.status_code == 302
    assert response["Location"] == "/"


def test_log_in_leads_back_to_the_page_it_was_asked_from(client):
    page = client.get("/password-login", headers={"referer": "http://testserver/handle/1/2?show=full"})
    assert 'name="next" value="/handle/1/2?show=full"' in page.content.decode()
    for elsewhere in ("https://evil.example/handle/1/2", "http://testserver//evil.example/", "rubbish", "http://["):
        page = client.get("/password-login", headers={"referer": elsewhere})
        assert 'name="next"' not in page.content.decode()


def test_a_wrong_password_is_refused_without_saying_what_was_wrong(client):
    factories.eperson("ada@example.org")
    messages = []
    for email in ("ada@example.org", "nobody@example.org", "x" * 10_000 + "@example.org"):
        page = client.post("/password-login", {"username": email, "password": "wrong"})
        assert page.status_code == 200
        messages.append("do not match" in page.content.decode())
    assert messages == [True, True, True]


def test_no_cache_keeps_the_pages_of_somebody_who_is_logged_in(client):
    assert "Cache-Control" not in client.get("/").headers
    client.force_login(factories.eperson(), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/").headers["Cache-Control"] == "private, no-cache"


def test_too_many_wrong_passwords_close_the_log_in(client, settings):
    settings.AXES_FAILURE_LIMIT = 3
    factories.eperson("ada@example.org")
    wrong = {"username": "ada@example.org", "password": "wrong"}
    statuses = [client.post("/password-login", wrong).status_code for _ in range(4)]
    assert statuses[-1] == 429
    page = client.post("/password-login", {"username": "ada@example.org", "password": "correct horse battery"})
    assert page.status_code == 429
    assert "Too many attempts" in page.content.decode()


def test_addresses_of_older_pages_lead_to_search(client, archive):
    for path in ("/discover", "/simple-search"):
        response = client.get(path, {"query": "owls & more", "rpp": "20"})
        assert response.status_code == 301
        assert response["Location"] == "/search?query=owls+%26+more&rpp=20"
    assert client.get(archive.url(archive.open) + "/").status_code == 200


def test_robots_are_kept_from_endless_combinations(client):
    assert "Disallow: /search" in client.get("/robots.txt").content.decode()


def test_a_request_for_another_host_gets_a_page(client, settings):
    settings.ALLOWED_HOSTS = ["repository.example.org"]
    response = client.get("/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert "evil.example" not in response.content.decode()


def test_logging_out_wants_a_post(reader):
    assert reader.get("/logout").status_code == 405
    assert "reader@example.org" in reader.get("/").content.decode()
    assert reader.post("/logout").status_code == 302
    assert "reader@example.org" not in reader.get("/").content.decode()


def test_a_form_from_elsewhere_gets_a_page_of_ours():
    response = Client(enforce_csrf_checks=True).post("/password-login", {"username": "a", "password": "b"})
    assert response.status_code == 403
    assert "came from elsewhere" in response.content.decode()


def test_no_page_allows_or_contains_anything_inline(client, archive):
    for url in ("/", "/community-list", archive.url(archive.open), "/search", "/browse", "/password-login", "/nothing"):
        response = client.get(url)
        policy = response["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        text = response.content.decode()
        assert " style=" not in text
        assert "<style" not in text
        assert "<script" not in text
        assert "https://" not in text.split("<body")[0].replace("https://doi.org", "")


def test_a_crash_gets_a_page_that_needs_nothing(client, monkeypatch):
    def crash(*args, **kwargs):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("ui.views.home.item_counts", crash)
    client.raise_request_exception = False
    response = client.get("/")
    assert response.status_code == 500
    assert "Something went wrong" in response.content.decode()
    assert "secret detail" not in response.content.decode()


def test_health_tells_how_long_changes_wait(client, archive):
    assert client.get("/health").json() == {
        "status": "ok",
        "database": "ok",
        "consumers": {
            "search": {"oldest_mark_seconds": None, "failing": 0},
            "oai": {
                "oldest_mark_seconds": pytest.approx(
                    client.get("/health").json()["consumers"]["oai"]["oldest_mark_seconds"], abs=60
                ),
                "failing": 0,
            },
        },
    }
    assert client.get("/health").json()["consumers"]["oai"]["oldest_mark_seconds"] > 0


def test_health_counts_what_fails_also_while_it_pauses(client, archive):
    later = timezone.now() + timedelta(hours=1)
    Mark.objects.create(consumer="search", object_id=uuid4(), due=later, attempts=3, error="no")
    assert client.get("/health").json()["consumers"]["search"] == {"oldest_mark_seconds": None, "failing": 1}


def test_health_says_so_when_the_database_is_gone(client, monkeypatch):
    def down(*args, **kwargs):
        raise OperationalError("connection refused")

    monkeypatch.setattr("ui.views.health.Mark.objects.filter", down)
    response = client.get("/health")
    assert response.status_code == 503
    assert response.json() == {"status": "error", "database": "error"}


@pytest.mark.parametrize("handle", ["123456789/a#b?c%d", "10.1000/x/y/z"])
def test_strange_handles_lead_to_their_pages_and_files(client, handle):
    item = factories.item(handle=handle, files=[factories.new_file("a.txt", b"owls")])
    home = client.get("/").content.decode()
    page = client.get(re.search(r'class="record-title"><a href="([^"]*)"', home)[1])
    assert page.status_code == 200
    assert item.name in page.content.decode()
    file = client.get(re.search(r'class="file-name" href="([^"]*)"', page.content.decode())[1])
    assert b"".join(file.streaming_content) == b"owls"


@pytest.mark.django_db
def test_after_the_log_in_nobody_lands_at_the_log_out(client):
    factories.administrator("a@example.org")
    given = {"username": "a@example.org", "password": "correct horse battery", "next": "/logout"}
    assert client.post("/password-login", given).url == "/"


def test_without_the_database_search_engines_are_asked_to_come_back(client, monkeypatch):
    def down(*args, **kwargs):
        raise OperationalError("connection refused")

    monkeypatch.setattr("ui.views.home.visible_to", down)
    client.raise_request_exception = False
    response = client.get("/")
    assert (response.status_code, response["Retry-After"]) == (503, "60")
    text = response.content.decode()
    assert "Not available at the moment" in text
    assert "has been recorded" not in text


def test_every_value_that_is_linked_leads_somewhere_however_long(client):
    item = factories.item(metadata=factories.md(dc_title="Wordy", dc_subject=["owl " * 600 + "end", "ů" * 1500]))
    changes.run("search", now=factories.NOW)
    for url in (f"/items/{item.pk}", "/search", "/browse?type=subject"):
        text = client.get(url).content.decode()
        links = [
            unescape(link) for link in re.findall(r'href="([^"]*(?:value|filter_1)=owl[^"]*|[^"]*=%C5%AF[^"]*)"', text)
        ]
        assert len(links) == 1, url
        assert len(links[0]) < 8000
        found = client.get(links[0] if links[0].startswith("/") else url.split("?")[0] + links[0])
        assert found.status_code == 200, url
        assert ">Wordy<" in found.content.decode(), url
        assert "ůůů" in text
