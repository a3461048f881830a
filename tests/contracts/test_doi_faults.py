"""What goes wrong between us and an agency: each fault is an outage or the refusal of one DOI, and says what to do."""

import json
import threading
import time
from dataclasses import dataclass

import pytest

from common.http import Client
from identifiers.connectors import ConnectorMisconfigured, connector
from identifiers.connectors.port import (
    AgencyOutOfReach,
    AgencyRefusedLogin,
    AgencyUnavailable,
    DOIRefused,
    Refusal,
    with_doi,
)
from tests.contracts.test_doi_connectors import settings_for
from tests.doi_agencies import (
    CUT_HEADERS,
    DRIP,
    DRIPPING_HEADERS,
    PASSWORD,
    PREFIX,
    RESET,
    SILENCE,
    Injector,
    Reply,
    Tiny,
    document,
    injecting,
)

DOI = f"{PREFIX}/dspace-7"
METADATA = with_doi(document(), DOI)
URL = "https://repo.example.org/handle/123456789/7"
CALLS = {
    "is_reserved": lambda made: made.is_reserved(DOI),
    "is_registered": lambda made: made.is_registered(DOI),
    "reserve": lambda made: made.reserve(DOI, METADATA),
    "register": lambda made: made.register(DOI, METADATA, URL),
    "update": lambda made: made.update(DOI, METADATA, URL, registered=True),
    "update reserved": lambda made: made.update(DOI, METADATA, URL, registered=False),
    "hide": lambda made: made.hide(DOI),
    "show": lambda made: made.show(DOI, METADATA, URL),
    "delete": lambda made: made.delete(DOI),
}
WRITES = [name for name in CALLS if not name.startswith("is_")]
each_call = pytest.mark.parametrize("call", CALLS)


@dataclass
class Line:
    """A connector and the injector it talks to."""

    kind: str
    made: object
    injector: Injector
    agency: Tiny
    host: str


@pytest.fixture(params=["mds", "rest"])
def line(request, monkeypatch):
    monkeypatch.setattr("common.http.Client.__init__.__kwdefaults__", kwdefaults(timeout=1.0))
    agency = Tiny()
    with injecting(agency) as (injector, host):
        made = connector(settings_for(request.param, host))
        made.register(DOI, METADATA, URL)
        injector.requests.clear()
        yield Line(request.param, made, injector, agency, host)


def kwdefaults(**changes):
    return Client.__init__.__kwdefaults__ | changes


def fail_for_ever(line, fault):
    line.injector.faults, line.injector.for_ever = [fault], True


@each_call
def test_an_answer_that_is_neither_yes_nor_no_is_nobody_s_fault(line, call):
    for status in (500, 502, 503, 504, 429, 301, 302, 307, 418):
        fail_for_ever(line, Reply(status, b"Sorry", {"Location": f"http://{line.host}/elsewhere"}))
        with pytest.raises(AgencyUnavailable, match=f"127.0.0.1.*{status}") as caught:
            CALLS[call](line.made)
        assert type(caught.value) is AgencyUnavailable, "it may be about this DOI: the others are told"
    assert all("elsewhere" not in request.path for request in line.injector.requests)


@each_call
def test_an_agency_that_is_asked_too_often_is_no_wrong_address(line, call):
    fail_for_ever(line, Reply(429, b"Too many requests"))
    with pytest.raises(AgencyUnavailable, match=r"less often; lower identifier\.doi\.concurrency") as caught:
        CALLS[call](line.made)
    assert "DATACITE_HOST" not in str(caught.value)


@each_call
def test_a_wrong_password_stops_the_run(line, call):
    fail_for_ever(line, Reply(401, b"Bad credentials"))
    with pytest.raises(AgencyRefusedLogin, match=r"identifier\.doi\.user and identifier\.doi\.password"):
        CALLS[call](line.made)


@each_call
def test_a_doi_of_somebody_else_is_refused(line, call):
    fail_for_ever(line, Reply(403, b"Access is denied"))
    with pytest.raises(DOIRefused, match=r"identifier\.doi\.prefix.*/admin/dois") as caught:
        CALLS[call](line.made)
    assert caught.value.code == Refusal.FOREIGN_DOI


@pytest.mark.parametrize("call", WRITES)
def test_a_refusal_names_the_doi_and_repeats_the_reason(line, call):
    for status in (400, 413, 415, 422, 412):
        fail_for_ever(line, Reply(status, b"Creator can't be blank"))
        with pytest.raises(DOIRefused, match=r"10\.5072/dspace-7.*/admin/dois.*Creator can't be blank") as caught:
            CALLS[call](line.made)
        assert caught.value.code == (Refusal.RESERVE_FIRST if status == 412 else Refusal.BAD_REQUEST)


@pytest.mark.parametrize("call", ["reserve", "register"])
def test_a_taken_doi_is_told_apart(line, call):
    fail_for_ever(line, Reply(422, b'{"errors":[{"source":"doi","title":"This DOI has already been taken"}]}'))
    with pytest.raises(DOIRefused, match=r"/admin/dois.*namespaceseparator") as caught:
        CALLS[call](line.made)
    assert caught.value.code == Refusal.DOI_ALREADY_EXISTS


@pytest.mark.parametrize("call", ["reserve", "register", "update", "show"])
def test_an_address_that_does_not_exist_is_a_wrong_setting_and_no_fault_of_the_doi(line, call):
    fail_for_ever(line, Reply(404, b"Resource not found"))
    with pytest.raises(AgencyUnavailable, match="check DATACITE_HOST"):
        CALLS[call](line.made)


def test_an_answer_that_repeats_the_metadata_of_thousands_of_authors_is_a_whole_one(line):
    told = {"id": DOI, "type": "dois", "attributes": {"doi": DOI, "state": "findable", "xml": "x" * (4 << 20)}}
    body = json.dumps({"data": told}) if line.kind == "rest" else with_doi(document("x" * (4 << 20)), DOI)
    fail_for_ever(line, Reply(200, body.encode()))
    assert line.made.is_reserved(DOI)


@each_call
def test_half_an_answer_and_one_without_end_are_none(line, call):
    line.made._agency._max_bytes = 1 << 20
    for status in (200, 201):
        for fault in (RESET, CUT_HEADERS, Reply(status, b"x" * 100, cut=10), Reply(status, b"x" * (2 << 20))):
            fail_for_ever(line, fault)
            with pytest.raises(AgencyUnavailable, match=r"127\.0\.0\.1"):
                CALLS[call](line.made)


@pytest.mark.parametrize("call", ["is_reserved", "register"])
@pytest.mark.parametrize("fault", [SILENCE, DRIP, DRIPPING_HEADERS])
def test_no_answer_in_time_is_none(line, call, fault):
    fail_for_ever(line, fault)
    start = time.monotonic()
    with pytest.raises(AgencyUnavailable, match=r"no answer in time|did not end within|no whole answer"):
        CALLS[call](line.made)
    assert time.monotonic() - start < 10


def test_silence_is_called_no_answer_in_time(line):
    fail_for_ever(line, SILENCE)
    for _ in range(4):  # our clock and the library's end at the same time
        with pytest.raises(AgencyUnavailable, match="no answer in time"):
            line.made.is_reserved(DOI)


@pytest.mark.parametrize("call", WRITES)
def test_what_only_looks_like_a_yes_is_none(line, call):
    removes = call in ("hide", "delete")
    yes = {"mds": {204} if removes else {201}, "rest": {204} if call == "delete" else set()}[line.kind]
    for status in {200, 201, 202, 204} - yes:
        fail_for_ever(line, Reply(status, b"<html>Welcome to the network of our hotel</html>"))
        with pytest.raises(AgencyUnavailable):
            CALLS[call](line.made)


@pytest.mark.parametrize("call", ["is_reserved", "is_registered", "hide"])
def test_a_page_of_somebody_else_says_nothing_about_a_doi(line, call):
    for page in (
        b"<html>Welcome to the network of our hotel</html>",
        b"<!DOCTYPE html><p>Maintenance<br>",
        b"Sorry",
        b"https://hotel.example.org/login Please log in",
    ):
        fail_for_ever(line, Reply(200, page))
        with pytest.raises(AgencyUnavailable, match="127"):
            CALLS[call](line.made)
    assert {request.method for request in line.injector.requests} == {"GET"}, "nothing is changed upon such an answer"


@pytest.mark.parametrize("url", ["HTTPS://Other.example.org/ä", "ftp://other.example.org/1", "http://a/b\r\n"])
def test_mds_says_a_url_of_any_kind_that_datacite_takes(line, url):
    fail_for_ever(line, Reply(200, url.encode()))
    if line.kind == "mds":
        assert line.made.is_registered(DOI)


def test_rest_believes_only_an_answer_about_this_doi_in_the_state_asked_for(line):
    if line.kind == "mds":
        return
    for data in (
        b'{"data": {"id": "10.5072/other", "attributes": {"state": "findable"}}}',
        b'{"data": {"id": "10.5072/dspace-7", "attributes": {"state": "draft"}}}',
        b'{"data": {"id": "10.5072/dspace-7", "attributes": {"state": "lost"}}}',
        b'{"data": {"id": "10.5072/dspace-7", "attri',
        b"[" * 5000,
        b"[]",
        b"\xff",
    ):
        line.injector.faults = [Reply(200, data)]
        with pytest.raises(AgencyUnavailable):
            line.made.register(DOI, METADATA, URL)


def test_registering_stops_when_the_metadata_is_refused(line):
    line.agency.dois.clear()
    line.injector.faults = [Reply(422, b"Creator can't be blank")]
    with pytest.raises(DOIRefused):
        line.made.register(DOI, METADATA, URL)
    assert not line.agency.dois


def test_an_outage_between_metadata_and_url_is_made_up_for_by_the_next_try(line):
    line.agency.dois.clear()
    line.injector.when = lambda request: line.kind == "rest" or request.path == "/doi"
    line.injector.faults = [Reply(503, b"")]
    with pytest.raises(AgencyUnavailable):
        line.made.register(DOI, METADATA, URL)
    line.made.register(DOI, METADATA, URL)
    assert line.agency.dois[DOI]["state"] == "findable"


@each_call
def test_a_password_that_the_agency_repeats_stands_in_no_message(line, call):
    token = line.made._agency._headers["Authorization"].split()[1]
    fail_for_ever(line, Reply(503, f"you sent {PASSWORD} and {token}".encode()))
    with pytest.raises(AgencyUnavailable) as caught:
        CALLS[call](line.made)
    shown = f"{caught.value} {caught.value!r} {caught.value.__cause__!r} {line.made!r} {line.made._agency!r}"
    assert PASSWORD not in shown
    assert token not in shown


@pytest.mark.parametrize(
    "doi", ["10.5072/a\nurl=https://evil.example", "10.5072/a b", "10.5072/..", "10.5072/", "5", ""]
)
@pytest.mark.parametrize("call", ["reserve", "register", "delete", "is_reserved"])
def test_what_is_no_doi_is_not_sent(line, call, doi):
    more = {"reserve": (METADATA,), "register": (METADATA, URL)}.get(call, ())
    with pytest.raises(DOIRefused) as caught:
        getattr(line.made, call)(doi, *more)
    assert caught.value.code == Refusal.BAD_REQUEST
    assert not line.injector.requests


@pytest.mark.parametrize(
    "url", ["https://repo.example.org/\nurl=https://evil.example", "/handle/1", "javascript:1", ""]
)
def test_what_is_no_url_is_not_sent(line, url):
    for send in (line.made.register, line.made.show, lambda *given: line.made.update(*given, registered=True)):
        with pytest.raises(DOIRefused, match=r"dspace\.url"):
            send(DOI, METADATA, url)
    assert not line.injector.requests


@each_call
def test_nobody_at_the_address_stops_the_run(line, call):
    made = connector(settings_for(line.kind, "127.0.0.1:1"))
    with pytest.raises(AgencyOutOfReach, match=r"127\.0\.0\.1:1: can't be reached \((?!_)"):
        CALLS[call](made)


def test_many_threads_share_a_connector(line):
    def work(number):
        doi = f"{PREFIX}/thread-{number}"
        line.made.register(doi, with_doi(document(), doi), URL)

    threads = [threading.Thread(target=work, args=[number]) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sum(known["state"] == "findable" for known in line.agency.dois.values()) == 17


def test_proxies_and_password_files_of_the_environment_are_not_used(line, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login else password where")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    made = connector(settings_for(line.kind, line.host))
    assert made.is_registered(DOI)


# Settings


@pytest.mark.parametrize("kind", ["mds", "rest"])
@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"DATACITE_HOST": "mds.example.org"}, "DATACITE_SCHEME, DATACITE_HOST: .*https only"),
        ({"DATACITE_SCHEME": "ftp"}, "DATACITE_SCHEME"),
        ({"DATACITE_HOST": "user:geheim@mds.example.org", "DATACITE_SCHEME": "https"}, "DATACITE_HOST"),
        ({"DATACITE_HOST": "mds.example.org/doi", "DATACITE_SCHEME": "https"}, "DATACITE_HOST"),
        ({"DATACITE_HOST": "mds.example.org:port", "DATACITE_SCHEME": "https"}, "DATACITE_HOST"),
        ({"identifier.doi.password": ""}, r"identifier\.doi\.password"),
        ({"identifier.doi.user": "a:b"}, r"identifier\.doi\.user"),
        ({"DATACITE_METADATA_PATH": "/a b/", "DATACITE_REST_PATH": "/a?b"}, "DATACITE_(METADATA|REST)_PATH"),
    ],
)
def test_a_setting_that_can_not_be_used_is_named(kind, changes, key):
    with pytest.raises(ConnectorMisconfigured, match=key) as caught:
        connector(settings_for(kind, "127.0.0.1:9", **changes))
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(("kind", "host"), [("mds", "mds.test.datacite.org"), ("rest", "api.test.datacite.org")])
def test_the_default_is_the_test_system_over_https(kind, host):
    settings = settings_for(kind, "", DATACITE_SCHEME="")
    assert connector(settings)._agency.address == f"https://{host}"


@pytest.mark.parametrize("name", ["datacite", "no.such.module", "common.xml.nothing", ".", "json", "os.getcwd"])
def test_an_unknown_connector_is_named(name):
    with pytest.raises(ConnectorMisconfigured, match=r"identifier\.doi\.connector"):
        connector({"identifier.doi.connector": name})


def test_a_connector_of_somebody_else_is_loaded_by_its_dotted_path(tmp_path, monkeypatch):
    (tmp_path / "our_agency.py").write_text(
        "class Ours:\n"
        "    def __init__(self, settings):\n"
        "        self.desk = settings.get('our.desk')\n"
        "    def is_reserved(self, doi):\n"
        "        return doi == self.desk\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    made = connector({"identifier.doi.connector": "our_agency.Ours", "our.desk": "10.1/x"})
    assert made.is_reserved("10.1/x")
