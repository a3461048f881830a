"""The provider over HTTP: methods, bodies, compression, addresses; and what a page costs."""

import gzip
import re
import zlib
from io import BytesIO
from urllib.parse import urlencode, urljoin

import pytest
from django.db import DatabaseError, OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from gunicorn.http.body import Body, ChunkedReader
from gunicorn.http.unreader import IterUnreader
from lxml import etree

from identifiers.services import handle_of
from oai import views
from oai.store.database import DatabaseStore
from tests import factories as make
from tests.unit.oai.conftest import OAI, oai_id

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def item(publish):
    item = make.item("Ünïcode & <markup> \U0001f600")
    publish()
    return item


def body(response):
    """Return a response without its date."""
    root = etree.fromstring(response.content)
    root.remove(root.find(f"{OAI}responseDate"))
    return etree.tostring(root)


def test_get_and_post_give_the_same(client, item):
    query = f"verb=GetRecord&metadataPrefix=oai_dc&identifier={oai_id(handle_of(item.pk))}"
    got = client.get(f"/oai/request?{query}")
    posted = client.post("/oai/request", query, content_type=FORM)
    assert body(got) == body(posted)
    assert "Ünïcode &amp; &lt;markup&gt; \U0001f600" in got.content.decode()
    assert client.post("/oai/request", query, content_type=f"{FORM}; charset=UTF-8").status_code == 200


def test_a_form_may_come_in_chunks_of_unknown_length(client):
    chunks = {"wsgi.input": BytesIO(b"verb=Identify"), "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    assert b"<Identify>" in client.generic("POST", "/oai/request", content_type=FORM, **chunks).content
    endless = chunks | {"wsgi.input": BytesIO(b"verb=" + b"x" * 100_000)}
    assert client.generic("POST", "/oai/request", content_type=FORM, **endless).status_code == 413


@pytest.mark.parametrize("sent", [b"ZZ\r\nverb", b"-5\r\nverb", b"\r\nverb", b"D\r\nverb=", b"4\r\nverb=Identify", b""])
def test_a_form_in_broken_chunks_is_the_clients_mistake(client, sent):
    body = Body(ChunkedReader(None, IterUnreader(iter([sent] if sent else []))))  # as gunicorn gives it to us
    chunks = {"wsgi.input": body, "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    answer = client.generic("POST", "/oai/request", content_type=FORM, **chunks)
    assert (answer.status_code, answer.content) == (400, b"The request can't be read to its end.\n")


def test_a_post_needs_no_token_against_forgery(item):
    client = Client(enforce_csrf_checks=True)
    assert b"<Identify>" in client.post("/oai/request", "verb=Identify", content_type=FORM).content


def test_arguments_of_address_and_form_count_together(client):
    response = client.post("/oai/request?verb=Identify", "verb=Identify", content_type=FORM)
    assert b'code="badVerb"' in response.content


def test_head_has_the_headers_of_get_and_no_body(client, item):
    got, head = client.get("/oai/request?verb=Identify"), client.head("/oai/request?verb=Identify")
    assert head.status_code == 200
    assert head.content == b""
    assert head["Content-Type"] == "text/xml;charset=UTF-8"
    assert head["Content-Length"] == got["Content-Length"]


@pytest.mark.parametrize("method", ["put", "delete", "patch", "options"])
def test_other_methods_are_refused(client, method):
    response = getattr(client, method)("/oai/request?verb=Identify")
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize(
    ("accepted", "coding", "read"),
    [
        ("gzip", "gzip", gzip.decompress),
        ("deflate", "deflate", zlib.decompress),
        ("gzip;q=0, deflate;q=0.1", "deflate", zlib.decompress),
        ("", None, bytes),
        ("gzip;q=0, br", None, bytes),
    ],
)
def test_an_answer_is_compressed_as_it_was_asked_for(client, accepted, coding, read):
    plain = client.get("/oai/request?verb=Identify", headers={"Accept-Encoding": "identity"})
    response = client.get("/oai/request?verb=Identify", headers={"Accept-Encoding": accepted})
    assert "Accept-Encoding" in response["Vary"]
    assert response.headers.get("Content-Encoding") == coding
    assert etree.fromstring(read(response.content)).tag == etree.fromstring(plain.content).tag == f"{OAI}OAI-PMH"
    assert int(response["Content-Length"]) == len(response.content)
    head = client.head("/oai/request?verb=Identify", headers={"Accept-Encoding": accepted})
    assert head.headers.get("Content-Encoding") == coding


def test_a_harvester_is_asked_to_come_back_when_the_database_is_away(client, monkeypatch, caplog):
    def away(*_arguments, **_options):
        raise OperationalError("the database system is shutting down")

    monkeypatch.setattr(DatabaseStore, "page", away)
    monkeypatch.setattr(views, "_said", {})
    for _ in range(3):
        response = client.get("/oai/request?verb=ListRecords&metadataPrefix=oai_dc")
        assert response.status_code == 503
        assert 0 < int(response["Retry-After"]) <= 3600
    assert "the database system is shutting down" in caplog.text
    assert caplog.text.count("Traceback") == 1, "once in a while, whoever asks"


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_breaks_in_the_middle_of_a_statement_is_no_mistake_of_ours(client, monkeypatch):
    def killed(*_arguments, **_options):
        connection.ensure_connection()
        connection.connection.close()
        raise DatabaseError("server closed the connection unexpectedly")

    monkeypatch.setattr(DatabaseStore, "page", killed)
    try:
        assert client.get("/oai/request?verb=ListRecords&metadataPrefix=oai_dc").status_code == 503
    finally:
        connection.close()


def test_the_base_url_is_the_one_that_was_asked(client, settings):
    settings.ALLOWED_HOSTS = ["oai.example.org"]
    response = client.get("/oai/request?verb=Identify", headers={"Host": "oai.example.org:8443"}, secure=True)
    root = etree.fromstring(response.content)
    assert root.findtext(f".//{OAI}baseURL") == "https://oai.example.org:8443/oai/request"
    assert root.findtext(f"{OAI}request") == "https://oai.example.org:8443/oai/request"


def test_identify_follows_the_configuration(harvester):
    root = harvester.ask("Identify")
    assert root.findtext(f".//{OAI}deletedRecord") == "persistent"
    assert root.findtext(f".//{OAI}granularity") == "YYYY-MM-DDThh:mm:ssZ"
    assert root.findtext(f".//{OAI}compression") == "gzip"
    scheme = "{http://www.openarchives.org/OAI/2.0/oai-identifier}"
    prefix = root.findtext(f".//{scheme}repositoryIdentifier")
    assert oai_id("1/2") == f"oai:{prefix}:1/2"


def test_people_see_the_contexts_and_an_unknown_one_is_not_found(client):
    page = client.get("/oai/")
    assert page.status_code == 200
    assert "/oai/request" in page.content.decode()
    for path in ("/oai/nope", "/oai/nope?verb=Identify", "/oai/request/x", "/oai/REQUEST"):
        unknown = client.get(path)
        assert unknown.status_code == 404
        assert "/oai/request" in unknown.content.decode()


def queries(client, address):
    """Return the number of queries of a request that was made before, and the response to it."""
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        response = client.get(address)
    return len(asked), response


@pytest.mark.parametrize("number", [1, 20])
def test_a_page_costs_one_query_whatever_its_size(client, publish, number):
    home = make.collection()
    for n in range(number):
        make.item(f"Item {n}", within=home)
    publish()
    for verb in ("ListRecords", "ListIdentifiers"):
        assert queries(client, f"/oai/request?verb={verb}&metadataPrefix=oai_dc")[0] == 1


def test_the_first_of_several_pages_costs_one_query_more_for_the_size_of_the_list(client, publish, small_pages):
    small_pages(2)
    home = make.collection()
    for n in range(5):
        make.item(f"Item {n}", within=home)
    publish()
    number, first = queries(client, "/oai/request?verb=ListRecords&metadataPrefix=oai_dc")
    assert number == 2
    token = etree.fromstring(first.content).findtext(f".//{OAI}resumptionToken")
    assert queries(client, f"/oai/request?verb=ListRecords&resumptionToken={token}")[0] == 1


def test_a_record_costs_one_query(client, item):
    identifier = oai_id(handle_of(item.pk))
    assert queries(client, f"/oai/request?verb=GetRecord&metadataPrefix=oai_dc&identifier={identifier}")[0] == 1


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_slash_behind_a_context_makes_no_difference(client, item, method):
    sent = {"verb": "ListRecords", "metadataPrefix": "oai_dc"}
    kind = {"content_type": FORM} if method == "post" else {}
    asked = urlencode(sent) if method == "post" else sent
    answers = [getattr(client, method)(address, asked, **kind) for address in ("/oai/request", "/oai/request/")]
    assert [answer.status_code for answer in answers] == [200, 200]
    date = re.compile(rb"<responseDate>[^<]*")
    plain, slash = (date.sub(b"", answer.content) for answer in answers)
    assert plain == slash
    assert b"<record>" in slash


def test_a_slash_behind_a_context_leads_browsers_to_the_same_stylesheet(client):
    name = re.search(rb'href="([^"]+)"', client.get("/oai/request/?verb=Identify").content)[1].decode()
    files = [client.get(urljoin(address, name)) for address in ("/oai/request", "/oai/request/")]
    assert [(file.status_code, b"".join(file.streaming_content)[:5]) for file in files] == [(200, b"<?xml")] * 2


def test_a_slash_behind_what_is_no_context_is_not_found(client):
    for address in ("/oai/none/", "/oai/request//", "/oai//"):
        assert client.get(address).status_code == 404
