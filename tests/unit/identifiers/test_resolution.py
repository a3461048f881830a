"""Where handles lead: to the Handle server's clients, to the remote plugin, and in the browser."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connections
from django.test import Client

from identifiers import renaming, resolution, services
from identifiers.handle_server.protocol import Code, Flag, Message, Op, ResolutionRequest, ResolutionResponse
from identifiers.models import Handle
from tests.unit.identifiers.conftest import Running, answer, request

pytestmark = pytest.mark.django_db
URL = "https://repo.example.org"
Configure = Callable[[dict[str, str]], None]


@pytest.fixture(autouse=True)
def ours(configure: Configure) -> None:
    configure({"dspace.url": URL, "handle.prefix": "10673"})


def test_handles_are_found_in_any_case_of_ascii_letters() -> None:
    services.bind("10673/abc-Ä", uuid4(), 2)

    assert resolution.resolve(["10673/ABC-Ä", "10673/abc-ä", "10673/abc", "10673/\0"]) == {"10673/ABC-Ä": "10673/abc-Ä"}


def test_of_handles_that_differ_in_case_only_each_leads_to_itself() -> None:
    services.bind("10673/abc", uuid4(), 2)
    Handle.objects.create(handle="10673/ABC", object_id=uuid4(), object_type=2, twin=1)  # as was possible once

    found = resolution.resolve(["10673/abc", "10673/ABC", "10673/Abc"])

    assert found == {"10673/abc": "10673/abc", "10673/ABC": "10673/ABC", "10673/Abc": "10673/abc"}


def test_addresses_are_under_dspace_url_and_escaped() -> None:
    assert resolution.address("10673/5") == f"{URL}/handle/10673/5"
    assert resolution.address('10673/a"<?#%') == f"{URL}/handle/10673/a%22%3C%3F%23%25"


def test_a_former_handle_leads_to_that_of_today_while_its_prefix_is_ours(configure: Configure) -> None:
    services.bind("123456789/5", uuid4(), 2)
    renaming.change_prefix("123456789", "10673")

    assert resolution.resolve(["123456789/5"]) == {}
    configure({"handle.additional.prefixes": "123456789"})
    assert resolution.resolve(["123456789/5", "123456789/6"]) == {"123456789/5": "10673/5"}
    assert resolution.prefixes() == ["10673", "123456789"]


def test_the_index_of_addresses_can_be_that_of_dspaces_server(configure: Configure) -> None:
    services.bind("10673/5", uuid4(), 2)

    assert [value.index for value in resolution.read_values(["10673/5"])["10673/5"]] == [1, 100]
    configure({"handle.server.url-index": "100"})
    assert [(v.index, v.type) for v in resolution.read_values(["10673/5"])["10673/5"]] == [
        (100, b"URL"),
        (101, b"HS_ADMIN"),
    ]


@pytest.mark.parametrize("base", ["/handleresolver", "/json/hdlresolver"])
def test_the_remote_plugin_gets_what_dspace_gives_it(client: Client, configure: Configure, base: str) -> None:
    services.bind("10673/5", uuid4(), 2)
    configure({"handle.additional.prefixes": "20.500.1"})

    assert client.get(f"{base}/resolve/10673/5").json() == [f"{URL}/handle/10673/5"]
    assert client.get(f"{base}/resolve/10673/6").content == b"null"
    assert client.get(f"{base}/resolve/").status_code == 400
    assert client.get(f"{base}/listprefixes").json() == ["10673", "20.500.1"]
    assert client.get(f"{base}/listhandles/10673").status_code == 404
    assert client.post(f"{base}/listprefixes").status_code == 405
    assert client.get(f"{base}/nonsense").status_code == 404


def test_handles_are_listed_when_that_is_allowed(client: Client, configure: Configure) -> None:
    for handle in ("10673/5", "106731/6", "10673/7"):
        services.bind(handle, uuid4(), 2)
    configure({"handle.hide.listhandles": "false"})

    assert client.get("/handleresolver/listhandles/10673").json() == ["10673/5", "10673/7"]
    renaming.change_prefix("106731", "10674")
    assert client.get("/handleresolver/listhandles/106731").json() == []
    configure({"handle.additional.prefixes": "106731"})
    assert client.get("/handleresolver/listhandles/106731").json() == ["106731/6"]
    assert client.get("/handleresolver/listhandles/").status_code == 400
    assert client.get("/handleresolver/listhandles/10%25").json() == []


def test_the_resolver_can_be_switched_off(client: Client, configure: Configure) -> None:
    configure({"handle.remote-resolver.enabled": "false"})

    assert client.get("/handleresolver/listprefixes").status_code == 404


def test_the_page_of_a_former_handle_is_that_of_today(client: Client, configure: Configure) -> None:
    item = uuid4()
    services.bind("123456789/5", item, 2)
    services.note_public(item)
    renaming.change_prefix("123456789", "10673")

    assert client.get("/handle/123456789/5").status_code == 404
    configure({"handle.additional.prefixes": "123456789"})
    response = client.get("/handle/123456789/5")
    assert (response.status_code, response["Location"]) == (301, "/handle/10673/5")


@pytest.mark.django_db(transaction=True)
def test_the_server_answers_from_the_database_and_connects_again_when_it_was_cut_off(
    start: Callable[..., Running],
) -> None:
    services.bind("10673/5", uuid4(), 2)
    services.bind("10673/x", uuid4(), 2)

    def read(handles: list[str]) -> object:
        found = resolution.read_values(handles)
        connections["default"].connection.close()  # as a database does that is started again
        return found

    connection = start(read).connect()
    for asked, shown in (("10673/5", "10673/5"), ("10673/X", "10673/x"), ("10673/5", "10673/5")):
        body = ResolutionRequest(asked.encode()).encode()
        connection.sendall(request(Message(Op.RESOLUTION, Code.REQUEST, Flag.KEEP_ALIVE, body)))
        found = ResolutionResponse.decode(answer(connection)[1].body)
        assert found.handle == asked.encode()
        assert found.values[0].data == f"{URL}/handle/{shown}".encode()
