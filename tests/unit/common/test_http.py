"""Which addresses are asked, and that no password is sent in plain text; faults on the way: test_doi_faults.py."""

import base64
import html
import json
import re
from urllib.parse import quote

import pytest

from common.http import AddressRefused, Client, Unreachable, checked_address
from tests.doi_agencies import Reply, injecting


@pytest.mark.parametrize(
    ("address", "checked"),
    [
        ("https://agency.example.org", "https://agency.example.org"),
        ("https://agency.example.org:8443/", "https://agency.example.org:8443"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ("http://127.0.0.1:18300", "http://127.0.0.1:18300"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://[::1]:80", "http://[::1]:80"),
        ("http://localhost:18300", "http://localhost:18300"),
    ],
)
def test_https_goes_anywhere_and_http_to_this_machine(address, checked):
    assert checked_address(address) == checked


@pytest.mark.parametrize(
    "address",
    [
        "http://agency.example.org",
        "http://127.0.0.1.example.org",
        "http://localhost.example.org",
        "http://0.0.0.0",
        "http://10.0.0.1",
        "http://127.1",
        "https://user:geheim@agency.example.org",
        "https://agency.example.org/geheim",
        "https://agency.example.org?geheim",
        "https://agency.example.org:geheim",
        "https://agency.example.org:99999",
        "https://",
        "https:///geheim",
        "ftp://agency.example.org",
        "agency.example.org",
        "http://[::1",
        "",
    ],
)
def test_any_other_address_is_refused_without_repeating_it(address):
    with pytest.raises(AddressRefused) as caught:
        checked_address(address)
    assert "geheim" not in str(caught.value)


def test_credentials_go_with_the_first_request_and_stand_in_no_repr():
    with injecting(lambda request: Reply(200, b"yes")) as (injector, host):
        client = Client(f"http://{host}", user="jané", password="pässword")
        assert client.request("GET", "/a%2Fb").body == b"yes"
    [request] = injector.requests
    assert request.path == "/a%2Fb"
    assert request.headers["Authorization"] == "Basic amFuw6k6cMOkc3N3b3Jk"
    assert "ssword" not in repr(client)


def test_a_client_without_an_account_sends_none():
    with injecting(lambda request: Reply(200, b"")) as (injector, host):
        Client(f"http://{host}").request("POST", "/", body=b"x")
    assert "Authorization" not in injector.requests[0].headers


def test_the_size_of_an_answer_is_capped_before_it_is_read():
    with injecting(lambda request: Reply(200, b"x" * 1001)) as (_, host):
        assert len(Client(f"http://{host}", max_bytes=1001).request("GET", "/").body) == 1001
        with pytest.raises(Unreachable, match="larger than 1000 bytes"):
            Client(f"http://{host}", max_bytes=1000).request("GET", "/")


def test_the_reason_is_one_line_that_can_be_shown():
    with injecting(lambda request: Reply(503, b"Sorry\r\n\x1b[31m for \xff" + b"x" * 5000)) as (_, host):
        reason = Client(f"http://{host}").request("GET", "/").reason
    assert reason.startswith("503 Service Unavailable: Sorry [31m for \ufffdxxx")
    assert reason.isprintable()
    assert len(reason) < 400


def test_connections_are_kept_open_and_one_that_was_closed_meanwhile_is_opened_again():
    with injecting(lambda request: Reply(200, b"", {"Connection": "close"})) as (injector, host):
        client = Client(f"http://{host}")
        for _ in range(3):
            client.request("GET", "/")
    assert len(injector.requests) == 3


@pytest.mark.parametrize("password", ["tiger-in-the-night", "Ä€😀 pass", "two  blanks", "a&b"])
@pytest.mark.parametrize("shown", ["{}", "{}{}", "Basic {}"])
def test_no_part_of_a_password_is_shown_where_a_long_answer_is_cut(password, shown):
    piece, text = 64 * 1024, shown.format(password, html.escape(password)).encode()
    with injecting(lambda request: Reply(403, bodies.pop())) as (_, host):
        client = Client(f"http://{host}", user="u", password=password)
        for before in range(piece - len(text) - 2, piece + 2):
            bodies = [b" " * before + text + b" " * 100]
            reason = client.request("GET", "/").reason.removeprefix("403 Forbidden").lstrip(": ")
            assert all(part.strip("*") in ("", "Basic", "B", "Ba", "Bas", "Basi") for part in reason.split()), reason


@pytest.mark.parametrize("password", ["tiger-in-the-night", "two  blanks", 'a"quote & <more>', "pä/ss'word+%", "x\\y"])
@pytest.mark.parametrize("before", [0, 290, 299, 1195])
def test_a_password_that_is_repeated_is_hidden_however_it_is_written(password, before):
    forms = [password, json.dumps(password), html.escape(password), html.escape(password, quote=False), quote(password)]
    for form in forms:
        body = ("." * before + form).encode()
        with injecting(lambda request, body=body: Reply(403, body)) as (_, host):
            reason = Client(f"http://{host}", user="u", password=password).request("GET", "/").reason
        shown = reason.removeprefix("403 Forbidden: ").lstrip(".")
        assert "********".startswith(shown.strip('"')) or shown.strip('"').startswith("********"), reason


def lower(percents: str) -> str:
    return re.sub("%..", lambda match: match[0].lower(), percents)


def numbered(text: str, form: str) -> str:
    return "".join(letter if letter.isascii() and letter.isalnum() else form.format(ord(letter)) for letter in text)


# What programs escape that need not be: Rails and Gson, PHP, JavaScript, ASP.
ESCAPES = {
    "JSON that may stand in HTML": lambda text: re.sub("[<>&'=]", lambda m: rf"\u{ord(m[0]):04x}", json.dumps(text)),
    "the same in upper case": lambda text: re.sub("[<>&'=]", lambda m: rf"\u{ord(m[0]):04X}", json.dumps(text)),
    "JSON with slashes escaped": lambda text: json.dumps(text).replace("/", r"\/"),
    "percents in lower case": lambda text: lower(quote(text, safe="")),
    "percents with less escaped": lambda text: quote(text, safe="!'()*/"),
    "decimal numbers": lambda text: numbered(text, "&#{};"),
    "hexadecimal numbers": lambda text: numbered(text, "&#x{:04X};"),
    "base64": lambda text: base64.b64encode(f"user:{text}".encode()).decode(),
    "base64 without its end": lambda text: base64.b64encode(f"user:{text}".encode()).decode().rstrip("="),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(f"user:{text}".encode()).decode().rstrip("="),
    "base64 in JSON": lambda text: base64.b64encode(f"user:{text}".encode()).decode().replace("/", r"\/"),
    "base64 in a URL": lambda text: lower(quote(base64.b64encode(f"user:{text}".encode()).decode(), safe="")),
}  # fmt: skip


@pytest.mark.parametrize("way", ESCAPES)
@pytest.mark.parametrize("password", ["<a/b?c> & ~ÿ~~", "it's(true)=1/2", "😀/?>\\"])
def test_a_password_is_hidden_whatever_a_program_escapes(way, password):
    shown = ESCAPES[way](password)
    with injecting(lambda request: Reply(403, f"before {shown} after".encode())) as (_, host):
        reason = Client(f"http://{host}", user="user", password=password).request("GET", "/").reason
    assert reason.replace('"', "") == "403 Forbidden: before ******** after"


def test_a_text_that_ends_just_before_a_password_does_takes_no_longer_than_others():
    password = "пароль-из-многих-букв-и-знаков"
    with injecting(lambda request: Reply(403, f"{password[:-1]}!".encode())) as (_, host):
        reason = Client(f"http://{host}", user="user", password=password).request("GET", "/").reason
    assert reason == f"403 Forbidden: {password[:-1]}!"


def test_where_there_is_no_account_nothing_is_hidden():
    with injecting(lambda request: Reply(403, b"Og== Ogre")) as (_, host):
        assert Client(f"http://{host}").request("GET", "/").reason == "403 Forbidden: Og== Ogre"
