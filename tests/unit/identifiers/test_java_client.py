"""The Handle System's own client understands the server, and believes its signatures."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.java import handle as java
from tests.unit.identifiers.conftest import PREFIX, Running, serving
from tools import maven

pytestmark = pytest.mark.skipif(maven.missing() is not None, reason="needs Java 17 and Maven for the Handle client")

KNOWN, UNKNOWN, FOREIGN = f"{PREFIX}/5", f"{PREFIX}/absent", "20.500.1/5"
Ask = Callable[..., list[dict[str, Any]]]
OVER = ("tcp", "udp", "http")


@pytest.fixture(scope="module")
def running(handle_folder: Path) -> Iterator[Running]:
    """One server for all questions."""
    with serving(handle_folder) as server:
        yield server


@pytest.fixture(scope="module")
def ask(running: Running) -> Iterator[Ask]:
    """Ask a question over one protocol, by default over all three."""
    with java.client(running.folder / "siteinfo.json") as answers:

        def ask(**question: str) -> list[dict[str, Any]]:
            over = [question.pop("over")] if "over" in question else OVER
            ports = {"tcp": running.port, "udp": running.port, "any": running.port, "http": running.http_port}
            return answers([java.Question(over=name, port=ports[name], **question) for name in over])

        yield ask


def test_it_resolves_a_handle_to_its_address_and_its_administrator(ask: Ask) -> None:
    for found in ask(handle=KNOWN):
        assert found["responseCode"] == 1
        address, administrator = found["values"]
        assert (address["index"], address["type"]) == (1, "URL")
        assert address["data"]["value"] == f"https://repo.example.org/handle/{KNOWN}"
        assert (administrator["index"], administrator["type"]) == (100, "HS_ADMIN")
        assert administrator["data"]["value"]["handle"] == f"0.NA/{PREFIX}"
        assert administrator["data"]["value"]["index"] == 300


@pytest.mark.parametrize("version", ["2.1", "2.5", "2.6", "2.7", "2.8", "2.10", "2.11"])
def test_it_verifies_certified_answers_of_every_version(ask: Ask, version: str) -> None:
    for found in ask(handle=KNOWN, flags="certify,digest", version=version):
        assert found.get("exception") is None
        assert (found["responseCode"], found["signature"] > 250) == (1, True)


def test_it_verifies_certified_site_information_and_errors(ask: Ask) -> None:
    for question in ({"what": "site"}, {"handle": UNKNOWN}, {"handle": FOREIGN}, {"what": "create", "handle": KNOWN}):
        for found in ask(flags="certify,digest", **question):
            assert found.get("exception") is None
            assert found["signature"] > 250


def test_it_learns_the_site(ask: Ask, running: Running) -> None:
    for found in ask(what="site", flags="digest"):
        assert found["site"] == running.site.to_json()


def test_an_unknown_handle_a_foreign_one_and_administration_have_their_codes(
    ask: Ask,
) -> None:
    assert [found["responseCode"] for found in ask(handle=UNKNOWN)] == [100] * 3
    assert [found["responseCode"] for found in ask(handle=FOREIGN)] == [301] * 3
    assert [found["responseCode"] for found in ask(what="create", handle=KNOWN)] == [5] * 3


def test_it_gets_the_values_it_asks_for(ask: Ask) -> None:
    def indexes(**question: str) -> list[int]:
        [found] = ask(over="tcp", handle=KNOWN, **question)
        return [value["index"] for value in found.get("values", [])]

    assert indexes(types="URL") == [1]
    assert indexes(types="hs_admin") == [100]
    assert indexes(indexes="100") == [100]
    assert indexes(types="URL", indexes="100") == [1, 100]
    assert indexes(types="EMAIL") == []


def test_an_answer_of_several_packets_arrives_over_udp(ask: Ask) -> None:
    [found] = ask(over="udp", handle=f"{PREFIX}/" + "x" * 1500, flags="digest")

    assert found["values"][0]["data"]["value"].endswith("x" * 1500)


def test_when_it_has_had_its_share_over_udp_it_asks_over_tcp(ask: Ask, running: Running) -> None:
    assert any("exception" in ask(over="udp", what="site")[0] for _ in range(1_000))

    [found] = ask(over="any", what="site")
    assert found["site"] == running.site.to_json()
