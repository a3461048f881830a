"""The door that harvesters come in by, before Django: the same answers, and everything else handed on."""

import io
import re

import pytest
from django.db import connection
from django.test import RequestFactory, override_settings

from dspace.wsgi import application
from oai import service, views, wsgi
from oai.configuration import ConfigurationError
from tests import factories as make

pytestmark = pytest.mark.django_db(transaction=True)  # the door ends connections, as Django does
LIST = "/oai/request?verb=ListRecords&metadataPrefix=oai_dc"


class Handed(Exception):
    """What is handed on in these tests."""


def hand_on(environ, start_response):
    raise Handed


def ask(address, method="GET", door=None, **environ):
    """Return status, headers and body of what the door answers."""
    request = RequestFactory().generic(method, address, **environ)
    began = []
    body = (door or wsgi.harvesters_first(hand_on))(request.environ, lambda *given: began.append(given))
    [(status, headers)] = began
    return status, dict(headers), b"".join(body)


def without_date(data):
    return re.sub(rb"<responseDate>[^<]*", b"", data)


@pytest.fixture
def item(publish):
    item = make.item("Owls")
    publish()
    return item


def test_harvesters_get_what_the_view_gives(client, item):
    for address in (LIST, "/oai/request?verb=Nothing", "/oai/driver?verb=Identify", f"{LIST}&x=%C3%A9"):
        view, (status, headers, body) = client.get(address), ask(address)
        assert status == f"{view.status_code} {view.reason_phrase}" == "200 OK"
        assert without_date(body) == without_date(view.content)
        for name in ("Content-Type", "Content-Length", "Content-Security-Policy", "X-Content-Type-Options"):
            assert headers[name] == view[name]
        assert headers.keys().isdisjoint({"Set-Cookie", "Content-Language", "X-Frame-Options"})  # for browsers only
        assert headers["Vary"] == "Accept-Encoding"


def test_a_head_has_no_body(item):
    _, headers, body = ask(LIST, "HEAD")
    assert (int(headers["Content-Length"]) > 500, body) == (True, b"")


@pytest.mark.parametrize(
    ("address", "method"),
    [
        ("/oai/request?verb=Identify", "POST"),
        ("/oai/request?verb=Identify", "PUT"),
        ("/oai/request/?verb=Identify", "GET"),
        ("/oai/nothing?verb=Identify", "GET"),
        ("/oai/", "GET"),
        ("/oai/static/style.xsl", "GET"),
        ("/", "GET"),
    ],
)
def test_everything_else_is_handed_on(address, method):
    with pytest.raises(Handed):
        ask(address, method)


def test_what_holds_for_every_answer_holds_here():
    with override_settings(SECURE_SSL_REDIRECT=True, ALLOWED_HOSTS=["testserver"]):
        status, headers, _ = ask(LIST, door=wsgi.harvesters_first(hand_on))
    assert (status, headers["Location"]) == ("301 Moved Permanently", f"https://testserver{LIST}")


def test_a_strange_host_is_refused_as_everywhere():
    with override_settings(ALLOWED_HOSTS=["example.org"]):
        status, _, body = ask(LIST, door=application, HTTP_HOST="evil.example.com")
    assert (status, b"evil" in body) == ("400 Bad Request", False)


def test_a_mistake_of_ours_is_seen_to_by_django(monkeypatch, caplog, item):
    def fail(*_, **__):
        raise RuntimeError("a mistake")

    monkeypatch.setattr(views, "_data", fail)
    with pytest.raises(Handed):
        ask(LIST)
    status, *_ = ask(LIST, door=application)
    assert status == "500 Internal Server Error"
    assert [r.levelname for r in caplog.records if r.name == "django.request"] == ["ERROR"]


def test_without_a_good_configuration_harvesters_come_back_later(client, monkeypatch, caplog):
    def refuse():
        raise ConfigurationError(["xoai.xml: a mistake"])

    for module in (service, views, wsgi):
        monkeypatch.setattr(module, "service", refuse)
    for address in ("/oai/request?verb=Identify", "/oai/"):
        status, headers, _ = ask(address, door=application)
        assert (status, headers["Retry-After"]) == ("503 Service Unavailable", "60")


def test_refusals_are_logged_as_everywhere(caplog, item):
    status, *_ = ask("/oai/request?verb=" + "x" * views.MAX_BYTES)
    assert status == "413 Request Entity Too Large"
    assert [r.message for r in caplog.records if r.name == "django.request"] == [
        "Request Entity Too Large: /oai/request"
    ]


def test_a_connection_ends_at_its_time(item, monkeypatch):
    ask(LIST)
    before = connection.connection
    ask(LIST)
    assert connection.connection is before
    monkeypatch.setattr(connection, "close_at", 0)
    ask(LIST)
    assert connection.connection is not before


def test_pages_of_people_go_their_way(client):
    request = RequestFactory().get("/")
    began = []
    body = application(request.environ | {"wsgi.input": io.BytesIO()}, lambda *given: began.append(given))
    assert began[0][0] == "200 OK"
    assert b"<html" in b"".join(body)
