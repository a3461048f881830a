"""Whatever is sent to the provider: no answer is a 500, and every one in XML is a valid response."""

import string

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from lxml import etree

from identifiers.services import handle_of
from oai.protocol.requests import VERBS
from tests import factories as make
from tests.shared import oai_problems
from tests.unit.oai.conftest import OAI, oai_id

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"
REQUEST = "/oai/request"
REFUSALS = (400, 405, 413, 415)
many = hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def check(response):
    """Hold a response against the schemas, and return the codes of its errors; [] for a refusal in HTTP."""
    if response.status_code in REFUSALS:
        return []
    assert response.status_code == 200
    assert response["Content-Type"] == "text/xml;charset=UTF-8"
    if problems := oai_problems():
        assert problems(response.content) == []
    return [error.get("code") for error in etree.fromstring(response.content).findall(f"{OAI}error")]


FRAGMENTS = [
    *VERBS, "verb=", "metadataPrefix=", "oai_dc", "identifier=", "oai:", "from=", "until=", "2024-01-01", "set=",
    "com_1_2", "resumptionToken=", "&", "=", ";", "+", "%", "%00", "%FF", "%C0%80", "%ED%A0%80", "%EF%BF%BE", "%zz",
    "%F0%9F%98%80", "%25", "\x00", "\x7f", "é", "<", ">", "'", '"', "]]>", "&amp;", "#", "?", "/", "\\", " ", "\t",
    "\r\n", "../", "'||'", "%s", "{0}",
]  # fmt: skip


@many
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join))
def test_no_address_breaks_the_answer(client, query):
    check(client.get(REQUEST, QUERY_STRING=query))


@many
@given(
    st.binary(max_size=80)
    | st.lists(st.sampled_from(FRAGMENTS), max_size=12).map(lambda parts: "".join(parts).encode())
)
def test_no_form_breaks_the_answer(client, data):
    check(client.post(REQUEST, data, content_type=FORM))


@many
@given(
    st.sampled_from(list(VERBS)),
    st.dictionaries(
        st.sampled_from(["metadataPrefix", "identifier", "set", "from", "until", "resumptionToken"]),
        st.text(max_size=30)
        | st.sampled_from(["oai_dc", "col_1_2", "2024-01-01", "9999-12-31T23:59:59Z", "0001-01-01"]),
    ),
)
def test_no_values_of_arguments_break_the_answer(client, verb, arguments):
    check(client.get(REQUEST, {"verb": verb} | arguments))


@many
@given(st.data())
def test_no_header_of_the_request_breaks_the_answer(client, data):
    printable = st.text(st.sampled_from(string.printable.strip() + " é"), max_size=40)
    headers = {
        name: data.draw(printable)
        for name in ("Accept", "Accept-Encoding", "Sec-Fetch-Dest", "Cookie", "Accept-Language")
    }
    response = client.get(f"{REQUEST}?verb=Identify", headers=headers)
    assert response.status_code == 200


@pytest.mark.parametrize("altered", ["x", "", "=", "%3D", "\x00", " ", "é", "\U0001f600", "A" * 3_000])
def test_a_token_with_something_behind_it_is_refused(client, small_pages, publish, altered):
    small_pages(1)
    home = make.collection()
    for n in range(2):
        make.item(f"Item {n}", within=home)
    publish()
    first = client.get(REQUEST, {"verb": "ListRecords", "metadataPrefix": "oai_dc"})
    token = etree.fromstring(first.content).findtext(f".//{OAI}resumptionToken")
    response = client.get(REQUEST, {"verb": "ListRecords", "resumptionToken": token + altered})
    assert check(response) == (["badResumptionToken"] if altered else [])


@pytest.mark.parametrize("verb", ["GetRecord", "ListMetadataFormats"])
@pytest.mark.parametrize(
    "local_id", ["9" * 10_000, "%41" * 3_000, "1/" * 5_000, "%00", "1/2%00", "1/%FF", "1/2'--", "1/2&lt;"]
)
def test_an_identifier_that_can_not_be_ours_does_not_exist(client, verb, local_id):
    arguments = {"verb": verb, "identifier": oai_id("") + local_id}
    response = client.get(REQUEST, arguments | ({"metadataPrefix": "oai_dc"} if verb == "GetRecord" else {}))
    assert check(response) in (["idDoesNotExist"], ["badArgument"])


@pytest.mark.parametrize(
    "query",
    [
        "verb=Identify&x=" + "y" * 20_000,
        "verb=" + "x" * 20_000,
        "&".join(f"a{n}=1" for n in range(1_000)),
        "verb=Identify&" + "&".join("verb=Identify" for n in range(1_000)),
        "&" * 10_000,
        "=" * 10_000,
    ],
)
def test_too_much_of_a_request_is_an_error_of_the_protocol(client, query):
    for response in (client.get(f"{REQUEST}?{query}"), client.post(REQUEST, query, content_type=FORM)):
        assert response.status_code == 200
        assert set(check(response)) in ({"badArgument"}, {"badVerb"})


@pytest.mark.parametrize("method", ["put", "delete", "patch", "options", "trace"])
def test_other_methods_are_refused(client, method):
    response = getattr(client, method)(f"{REQUEST}?verb=Identify")
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "text/xml",
        "multipart/form-data; boundary=x",
        "multipart/form-data",
        "nonsense",
        "a/b; charset=\xff",
    ],
)
def test_other_content_types_are_refused(client, kind):
    assert client.generic("POST", REQUEST, b"verb=Identify", content_type=kind).status_code == 415


@pytest.mark.parametrize("charset", ["UTF-8", "utf-16", "nonsense", '"'])
def test_the_charset_of_a_form_does_not_matter(client, charset):
    response = client.generic("POST", REQUEST, b"verb=Identify", content_type=f"{FORM}; charset={charset}")
    assert check(response) == []
    assert response.status_code == 200


def test_oversized_requests_are_refused(client):
    assert client.post(REQUEST, b"verb=" + b"x" * 100_000, content_type=FORM).status_code == 413
    assert client.get(f"{REQUEST}?verb=" + "x" * 100_000).status_code == 413


def test_a_body_shorter_than_it_says_is_an_answer_too(client):
    response = client.post(REQUEST, b"verb=Identify", content_type=FORM, CONTENT_LENGTH="0")
    assert check(response) == ["badVerb"]


@pytest.mark.parametrize(
    "path", ["/oai/request%00", "/oai/%FF", "/oai/../oai/x", "/oai/static/%00", "/oai/static/" + "x" * 5_000]
)
def test_no_path_breaks_the_answer(client, path):
    assert client.get(path).status_code == 404


def test_a_host_that_is_not_ours_is_refused(client):
    assert client.get(f"{REQUEST}?verb=Identify", headers={"Host": "evil.example.org"}).status_code == 400
    assert client.get(f"{REQUEST}?verb=Identify", headers={"Host": 'a"><b'}).status_code == 400


def test_what_is_stored_can_not_break_the_answer(client, publish):
    item = make.item("]]> <b>&amp; \u2028 \ufffd \U0001f600 %s {0} <!-- -->")
    publish()
    identifier = oai_id(handle_of(item.pk))
    response = client.get(REQUEST, {"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": identifier})
    assert check(response) == []
    title = etree.fromstring(response.content).findtext(".//{http://purl.org/dc/elements/1.1/}title")
    assert title == "]]> <b>&amp; \u2028 \ufffd \U0001f600 %s {0} <!-- -->"
