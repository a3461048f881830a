"""What the configuration makes of the provider over HTTP, and how it stands up to its surroundings."""

import threading
from dataclasses import replace

import pytest
from django.db import OperationalError, connection, connections
from django.test import Client
from lxml import etree

from oai import browsers, descriptions, running, service, views
from oai.configuration import VirtualSet
from oai.store.database import DatabaseStore
from tests import factories as make
from tests.configured import configure
from tests.unit.oai.conftest import OAI

IDENTIFY = "/oai/request?verb=Identify"
LIST = "/oai/request?verb=ListRecords&metadataPrefix=oai_dc"
CONTAINERS = "{http://www.openarchives.org/OAI/2.0/"
PAGE = {"Sec-Fetch-Dest": "document", "Accept": "text/html"}


@pytest.fixture
def with_configuration(monkeypatch):
    """Let xoai.xml say other things."""

    def change(**changes):
        changed = replace(running.current(), **changes)
        monkeypatch.setattr(service, "current", lambda: changed)
        monkeypatch.setattr(running, "current", lambda **_: changed)

    return change


def base_urls(response):
    root = etree.fromstring(response.content)
    return {root.findtext(f"{OAI}request"), root.findtext(f".//{OAI}baseURL")}


# The base URL


@pytest.mark.django_db
def test_the_base_url_is_the_one_that_was_asked(client, settings):
    settings.ALLOWED_HOSTS = ["oai.example.org"]
    response = client.get(IDENTIFY, headers={"Host": "oai.example.org:8443"}, secure=True)
    assert base_urls(response) == {"https://oai.example.org:8443/oai/request"}


@pytest.mark.django_db
def test_a_proxy_is_believed_only_where_the_settings_trust_it(client, settings):
    settings.ALLOWED_HOSTS = ["testserver", "oai.example.org"]
    forwarded = {"X-Forwarded-Host": "oai.example.org", "X-Forwarded-Proto": "https"}
    assert base_urls(client.get(IDENTIFY, headers=forwarded)) == {"http://testserver/oai/request"}
    settings.USE_X_FORWARDED_HOST = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert base_urls(client.get(IDENTIFY, headers=forwarded)) == {"https://oai.example.org/oai/request"}


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["https://oai.example.org/oai", "https://oai.example.org/oai/"])
def test_a_base_url_that_is_configured_wins(client, settings, url):
    configure(settings, {"oai.url": url})
    assert base_urls(client.get(IDENTIFY)) == {"https://oai.example.org/oai/request"}
    assert "https://oai.example.org/oai/driver" in client.get("/oai/").content.decode()


# Limits and failures


@pytest.mark.django_db(transaction=True)
def test_what_is_beyond_the_limit_is_asked_to_come_back(client, settings, monkeypatch, caplog):
    configure(settings, {"oai.concurrency": "1"})
    inside, leave = threading.Event(), threading.Event()

    def wait(_store):
        inside.set()
        leave.wait(30)
        raise OperationalError("enough")

    monkeypatch.setattr(DatabaseStore, "earliest_datestamp", wait)
    first = threading.Thread(target=lambda: Client().get(IDENTIFY))
    first.start()
    assert inside.wait(30)
    response = client.get(LIST)
    assert response.status_code == 503
    assert 0 < int(response["Retry-After"]) <= 3600
    assert {client.get(LIST).status_code for _ in range(5)} == {503}
    assert [(r.levelname, "oai.concurrency" in r.message) for r in caplog.records] == [("WARNING", True)], "once"
    monkeypatch.setattr(views, "SAY_EVERY", 0.0)
    client.get(LIST)
    assert len(caplog.records) == 2, "again after a while"
    leave.set()
    first.join()
    assert client.get(LIST).status_code == 200, "the place is free again, whatever happened to who had it"


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_died_meanwhile_costs_nobody_an_error(client):
    client.get(LIST)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    other.close()
    assert client.get(LIST).status_code == 200


@pytest.mark.django_db
def test_the_database_is_not_asked_first_whether_it_is_there(client, monkeypatch):
    checked = connections["default"]
    monkeypatch.setattr(checked, "health_check_enabled", True)
    monkeypatch.setattr(checked, "health_check_done", False)
    monkeypatch.setattr(checked, "is_usable", lambda: pytest.fail("that costs a query"))
    assert client.get(LIST).status_code == 200


# xoai.xml


@pytest.mark.django_db
def test_a_response_is_indented_when_the_configuration_says_so(client, publish, with_configuration):
    make.item("Two  blanks")
    publish()
    flat = client.get(LIST)
    with_configuration(indented=True)
    indented = client.get(LIST)
    assert indented.content.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<?xml-stylesheet ')
    assert b"\n  <ListRecords>\n    <record>\n      <header>\n" in indented.content
    assert b"Two  blanks</dc:title>" in indented.content
    parser = etree.XMLParser(remove_blank_text=True)
    without_date = [etree.fromstring(r.content, parser)[1:] for r in (flat, indented)]
    assert [etree.tostring(e) for e in without_date[0]] == [etree.tostring(e) for e in without_date[1]]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("stylesheet", "instruction"),
    [
        ("static/style.xsl", b'<?xml-stylesheet type="text/xsl" href="static/style.xsl" title="oai_dc"?>\n'),
        (
            "https://a.example/?b&c",
            b'<?xml-stylesheet type="text/xsl" href="https://a.example/?b&amp;c" title="oai_dc"?>\n',
        ),
        ("", b""),
    ],
)
def test_a_response_names_the_stylesheet_of_the_configuration(client, with_configuration, stylesheet, instruction):
    with_configuration(stylesheet=stylesheet)
    declaration = b'<?xml version="1.0" encoding="UTF-8"?>\n'
    assert client.get(IDENTIFY).content.startswith(declaration + instruction + b"<OAI-PMH ")


@pytest.mark.django_db
def test_a_context_without_oai_dc_names_the_format_that_its_pages_link_to(client):
    assert b' href="static/style.xsl" title="oai_openaire"?>' in client.get("/oai/openaire4?verb=Identify").content


@pytest.mark.django_db
def test_the_stylesheet_of_a_context_deeper_down_is_the_same(client, with_configuration):
    context = replace(running.current().contexts["request"], name="of/others")
    with_configuration(contexts={"of/others": context})
    response = client.get("/oai/of/others?verb=Identify")
    assert b' href="../static/style.xsl" ' in response.content
    assert base_urls(response) == {"http://testserver/oai/of/others"}
    assert client.get(IDENTIFY).status_code == 404


# Browsers


def test_the_stylesheet_is_found_where_responses_say(client):
    response = client.get("/oai/static/style.xsl")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/xslt+xml"
    assert etree.fromstring(response.getvalue()).tag == "{http://www.w3.org/1999/XSL/Transform}stylesheet"


@pytest.mark.django_db
def test_a_site_s_own_stylesheet_takes_the_place_of_ours(client, own_folder):
    (own_folder / "static" / "img").mkdir(parents=True)
    (own_folder / "static" / "style.xsl").write_text("<own/>")
    (own_folder / "static" / "img" / "logo.svg").write_text("<svg/>")
    assert client.get("/oai/static/style.xsl").getvalue() == b"<own/>"
    assert client.get("/oai/static/img/logo.svg")["Content-Type"] == "image/svg+xml"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["nothing.xsl", "../xoai.xml", "..%2Fxoai.xml", "%2e%2e/xoai.xml", ".hidden", "a//b", "/etc/passwd", "img"]
)
def test_nothing_else_is_served_from_there(client, own_folder, name):
    (own_folder / "static" / "img").mkdir(parents=True)
    (own_folder / "static" / ".hidden").write_text("secret")
    assert client.get(f"/oai/static/{name}").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("header", [{"Accept": "text/html"}, {"Accept": "text/html", "Sec-Fetch-Dest": "empty"}, PAGE])
@pytest.mark.parametrize("html", ["false", "true"])
def test_only_a_browser_s_page_is_html_and_only_where_the_setting_says_so(client, settings, header, html):
    configure(settings, {"oai.html": html})
    response = client.get(IDENTIFY, headers=header)
    if html == "true" and header == PAGE:
        assert response["Content-Type"] == "text/html;charset=UTF-8"
        assert response.content.startswith(b"<!DOCTYPE html")
    else:
        assert response["Content-Type"] == "text/xml;charset=UTF-8"
        assert etree.fromstring(response.content).tag == f"{OAI}OAI-PMH"
    assert ("Sec-Fetch-Dest" in response["Vary"]) == (html == "true")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "stylesheet",
    [
        "",
        "<broken",
        '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/">'
        '<xsl:message terminate="yes">no</xsl:message></xsl:template></xsl:stylesheet>',
    ],
)
def test_a_stylesheet_that_makes_no_page_leaves_the_xml(client, settings, own_folder, stylesheet):
    configure(settings, {"oai.html": "true"})
    (own_folder / "static").mkdir()
    (own_folder / "static" / "style.xsl").write_text(stylesheet)
    response = client.get(IDENTIFY, headers=PAGE)
    assert response["Content-Type"] == "text/xml;charset=UTF-8"
    assert response.status_code == 200


def test_a_page_shows_markup_as_text_and_links_to_the_web_only():
    record = (
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2024-01-01T00:00:00Z</responseDate>'
        '<request verb="GetRecord" metadataPrefix="oai_dc" identifier="oai:a.b:1">http://a.b/oai/request</request>'
        "<GetRecord><record><header><identifier>oai:a.b:1/%25&amp;+#</identifier><datestamp>2024</datestamp></header>"
        '<metadata><oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>&lt;script&gt;alert(1)&lt;/script&gt;</dc:title>'
        "<dc:identifier>javascript:alert(1)</dc:identifier><dc:identifier>https://a.b/?c&amp;d</dc:identifier>"
        '<dc:relation>https://a.b/" onclick="alert(1)</dc:relation></oai_dc:dc></metadata></record></GetRecord>'
        "</OAI-PMH>"
    )
    page = etree.fromstring(browsers.page(record.encode()), etree.HTMLParser())
    links = [a.get("href") for a in page.iter("a")]
    assert page.findall(".//script") == []
    assert page.xpath("//*[@onclick or @style]") == []
    assert "https://a.b/?c&d" in links
    assert not any(link.startswith("javascript") for link in links)
    assert "?verb=ListMetadataFormats&identifier=oai:a.b:1/%2525%26%2B%23" in links


# Identify's descriptions


def described(client):
    root = etree.fromstring(client.get(IDENTIFY).content)
    return {e[0].tag: e[0] for e in root.iter(f"{OAI}description")}


@pytest.mark.django_db
def test_identify_names_friends_an_icon_and_the_licence(client, settings):
    values = {
        "oai.friends": "https://a.example.org/oai",
        "oai.branding.icon": "https://a.example.org/icon.png?a&b",
        "oai.branding.link": "https://a.example.org/",
        "oai.branding.width": "88",
        "oai.rights": "https://creativecommons.org/publicdomain/zero/1.0/",
    }
    configure(settings, values)
    found = described(client)
    friends, branding = found[f"{CONTAINERS}friends/}}friends"], found[f"{CONTAINERS}branding/}}branding"]
    assert [e.text for e in friends] == ["https://a.example.org/oai"]
    assert [(etree.QName(e).localname, e.text) for e in branding[0]] == [
        ("url", "https://a.example.org/icon.png?a&b"),
        ("link", "https://a.example.org/"),
        ("width", "88"),
    ]
    manifest = found[f"{CONTAINERS}rights/}}rightsManifest"]
    assert manifest.get("appliesTo") == "http://www.openarchives.org/OAI/2.0/entity#metadata"
    assert manifest[0][0].get("ref") == "https://creativecommons.org/publicdomain/zero/1.0/"


@pytest.mark.django_db
def test_friends_are_valid(harvester, settings):
    configure(settings, {"oai.friends": "https://a.example.org/oai?x=y&z"})
    assert harvester.ask("Identify").findtext(f".//{CONTAINERS}friends/}}baseURL") == "https://a.example.org/oai?x=y&z"


@pytest.mark.django_db
def test_without_settings_identify_tells_of_the_identifiers_only(client):
    assert list(described(client)) == [f"{CONTAINERS}oai-identifier}}oai-identifier"]


@pytest.mark.django_db
def test_files_describe_the_repository_too_and_a_bad_one_is_left_out(client, settings, own_folder):
    (own_folder / "eprints.xml").write_text(
        '<!-- ours --><e:eprints xmlns:e="http://www.openarchives.org/OAI/1.1/eprints"/>'
    )
    (own_folder / "other.xml").write_text('<x xmlns="https://example.org/"><y>&amp;</y></x>')
    (own_folder / "identifier.xml").write_text(
        '<oai-identifier xmlns="http://www.openarchives.org/OAI/2.0/oai-identifier"><scheme>wrong</scheme></oai-identifier>'
    )
    (own_folder / "entities.xml").write_text('<!DOCTYPE x [<!ENTITY a "b">]><x xmlns="https://example.org/z">&a;</x>')
    (own_folder / "bare.xml").write_text("<x/>")
    names = ["other.xml", "identifier.xml", "nothing.xml", "entities.xml", "bare.xml"]
    files = {f"oai.description.file.{n}": name for n, name in enumerate(names)}
    configure(settings, {"oai.description.file": "eprints.xml", **files})
    found = described(client)
    assert list(found) == [
        f"{CONTAINERS}oai-identifier}}oai-identifier",
        "{http://www.openarchives.org/OAI/1.1/eprints}eprints",
        "{https://example.org/}x",
    ]
    assert found[f"{CONTAINERS}oai-identifier}}oai-identifier"][0].text == "oai"
    assert [problem.split(":")[0].rpartition("/")[2] for problem in descriptions.problems()] == names[2:]


@pytest.mark.django_db
def test_sets_are_described_by_the_text_of_their_collection(harvester, publish):
    home = make.collection("Theses")
    home.metadata = home.metadata | {"dc.description.abstract": [{"value": "Theses & more\nsince 1999"}]}
    home.save()
    root = harvester.ask("ListSets")
    description = root.findtext(f".//{OAI}setDescription//{{http://purl.org/dc/elements/1.1/}}description")
    assert description == "Theses & more\nsince 1999"
    assert len(list(root.iter(f"{OAI}setDescription"))) == 1


@pytest.mark.django_db
def test_sets_of_a_context_are_all_listed_however_they_are_ordered_in_the_file():
    sets = tuple(VirtualSet(name, name, name, None) for name in ("c", "a", "b"))
    store = DatabaseStore(replace(running.current().contexts["request"], sets=sets), "oai:test:")
    keys: list[str] = []
    for _ in sets:
        [entry], size = store.sets(after=keys[-1] if keys else None, limit=1)
        keys.append(entry.key)
        assert size == 3
    assert keys == ["0a", "0b", "0c"]
