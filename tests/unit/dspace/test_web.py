"""Old addresses, and whom a login attempt is counted for."""

import pytest
from django.conf import settings
from django.contrib.auth import authenticate
from django.test import Client, RequestFactory

from dspace import logins
from tests import factories


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/xmlui/handle/123456789/1?show=full", "/handle/123456789/1?show=full"),
        ("/jspui/bitstream/1/2/3/Ein%20B%C3%BCch.pdf", "/bitstream/1/2/3/Ein%20B%C3%BCch.pdf"),
        ("/xmlui", "/"),
        ("/xmlui/", "/"),
        ("/xmlui//evil.example", "/evil.example"),
        ("/xmlui///evil.example", "/evil.example"),
        ("/xmlui/%5Cevil.example", "/%5Cevil.example"),
        ("/xmlui/%09/evil.example", "/%09/evil.example"),
    ],
)
def test_an_address_of_dspace_6_leads_to_ours_and_never_elsewhere(client: Client, old: str, new: str) -> None:
    response = client.get(old)

    assert (response.status_code, response["Location"]) == (301, new)


def test_a_login_attempt_counts_for_one_spelling_of_the_address() -> None:
    factory = RequestFactory()

    assert logins.client_username(factory.post("/"), {"username": " Ann@Example.ORG "}) == "ann@example.org"
    assert logins.client_username(factory.post("/", {"login_email": "Ann@example.org"})) == "ann@example.org"
    assert logins.client_username(factory.post("/")) == ""


def test_the_clients_address_is_what_the_nearest_proxy_says_if_there_is_one(settings: object) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="6.6.6.6, 192.0.2.7")

    settings.USE_PROXIES = False
    assert logins.client_ip(request) == "10.0.0.1"
    settings.USE_PROXIES = True
    assert logins.client_ip(request) == "192.0.2.7"


@pytest.mark.django_db
def test_after_too_many_wrong_passwords_from_one_place_the_right_one_has_to_wait(rf: RequestFactory) -> None:
    person = factories.eperson("ann@example.org", "the right one")
    factories.eperson("bob@example.org", "the right one")

    def log_in(email: str, password: str, place: str) -> object:
        return authenticate(rf.post("/password-login", REMOTE_ADDR=place), username=email, password=password)

    assert log_in("ann@example.org", "the right one", "192.0.2.1") == person
    for attempt in range(settings.AXES_FAILURE_LIMIT):
        spelling = "Ann@Example.org" if attempt % 2 else "ann@example.org"
        assert log_in(spelling, f"wrong {attempt}", "192.0.2.1") is None

    assert log_in("ann@example.org", "the right one", "192.0.2.1") is None
    assert log_in("ann@example.org", "the right one", "192.0.2.2") == person
    assert log_in("bob@example.org", "the right one", "192.0.2.1") is not None


def test_a_request_for_another_host_is_refused_with_one_line_in_the_log(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    assert client.get("/health", HTTP_HOST="evil.example").status_code == 400

    records = [record for record in caplog.records if record.name == "django.security.DisallowedHost"]
    assert [record.exc_info for record in records] == [None]
