"""The Handle server beside the rest, as `make run` starts it. Nothing is mocked."""

import http.client
import json
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import closing

import psycopg2
import pytest

from dspace.embedded import postgres
from identifiers.handle_server.protocol import Code, Envelope, Message, Op, ResolutionRequest, ResolutionResponse
from tests.functional.instance import Instance, free_port, wait_for
from tests.unit.identifiers.conftest import answer, request

pytestmark = [pytest.mark.functional, pytest.mark.embedded]
SITE = "123456789/0"


@pytest.fixture(scope="module")
def ports() -> tuple[int, int]:
    return free_port(), free_port()


@pytest.fixture(scope="module")
def instance(ports: tuple[int, int]) -> Iterator[Instance]:
    keys = {"enabled": "true", "address": "127.0.0.1", "port": str(ports[0]), "http__D__port": str(ports[1])}
    instance = Instance(**{f"handle__P__server__P__{key}": value for key, value in keys.items()})
    made = instance.manage("make-handle-config", "--noinput", "--address", "192.0.2.17")
    assert made.returncode == 0, made.stderr
    instance.start()
    wait_for(lambda: "Handle server for" in (instance.var / "log" / "handle.log").read_text())
    yield instance
    instance.remove()


def json_of(port: int, handle: str) -> tuple[int, dict[str, object]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", f"/api/handles/{handle}")
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def test_it_answers_over_all_three_protocols(instance: Instance, ports: tuple[int, int]) -> None:
    question = request(Message(Op.RESOLUTION, Code.REQUEST, 0, ResolutionRequest(SITE.encode()).encode()))
    address = f"http://localhost:{instance.port}/handle/{SITE}"

    with socket.create_connection(("127.0.0.1", ports[0]), timeout=20) as connection:
        connection.sendall(question)
        assert ResolutionResponse.decode(answer(connection)[1].body).values[0].data.decode() == address
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.settimeout(20)
        sender.sendto(question, ("127.0.0.1", ports[0]))
        message = Message.decode(sender.recv(600)[Envelope.SIZE :])
        assert ResolutionResponse.decode(message.body).values[0].data.decode() == address
    status, found = json_of(ports[1], SITE)
    assert (status, found["values"][0]["data"]["value"]) == (200, address)
    assert json_of(ports[1], "123456789/999999")[0] == 404
    assert json.loads(instance.get(f"/handleresolver/resolve/{SITE}")[1]) == [address]


def test_connections_that_the_database_closes_are_opened_again(instance: Instance, ports: tuple[int, int]) -> None:
    place = postgres.connection_settings(instance.var)
    login = {"host": place["HOST"], "port": place["PORT"], "user": place["USER"], "dbname": place["NAME"]}
    for _ in range(3):
        with closing(psycopg2.connect(**login)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        assert json_of(ports[1], SITE)[0] == 200


def test_a_database_that_is_down_is_no_unknown_handle(instance: Instance, ports: tuple[int, int]) -> None:
    postmaster = postgres.find_cluster(instance.var).data / "postmaster.pid"
    os.kill(int(postmaster.read_text().split()[0]), signal.SIGINT)

    wait_for(lambda: json_of(ports[1], SITE)[0] == 503)
    assert json_of(ports[1], SITE)[1]["responseCode"] == Code.ERROR


def test_it_stops_with_the_rest(instance: Instance) -> None:
    assert instance.stop() == 0
    assert instance.processes() == set()
