"""The site: the servers that answer for our handles, as clients learn them (RFC 3651, 3.2.3). Plain Python.

In bytes it is the answer to GET_SITE_INFO and an HS_SITE value; in JSON the file siteinfo.json of the Handle software.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any

from identifiers.handle_server import keys
from identifiers.handle_server.protocol import NEWEST, Version
from identifiers.handle_server.wire import ProtocolError, Reader, array, text

PROTOCOLS = {0: "UDP", 1: "TCP", 2: "HTTP", 3: "HTTPS"}
ADMIN, QUERY = 1, 2
_PRIMARY, _MULTI_PRIMARY = 0x80, 0x40
_BY_WHOLE_HANDLE = 2  # how handles are spread over several servers


@dataclass(frozen=True, slots=True)
class Interface:
    """A port: `protocol` 0 UDP, 1 TCP, 2 HTTP, 3 HTTPS; `type` the bits ADMIN and QUERY."""

    type: int
    protocol: int
    port: int


@dataclass(frozen=True, slots=True)
class Server:
    """A server: its IPv4 or IPv6 address as people write it, and its public key (keys.py)."""

    server_id: int
    address: str
    public_key: bytes
    interfaces: tuple[Interface, ...]

    def encode(self) -> bytes:
        """Return its bytes inside a site."""
        packed = ipaddress.ip_address(self.address).packed.rjust(16, b"\0")
        ports = [bytes([each.type, each.protocol]) + each.port.to_bytes(4, "big") for each in self.interfaces]
        return self.server_id.to_bytes(4, "big") + packed + text(self.public_key) + array(ports)

    @classmethod
    def read(cls, reader: Reader) -> Server:
        """Read the next server. Raises ProtocolError."""
        server_id, packed, key = reader.number(), reader.take(16), reader.text()
        ports = tuple(Interface(reader.number(1), reader.number(1), reader.number()) for _ in range(reader.count()))
        address = ipaddress.ip_address(packed if any(packed[:12]) else packed[12:])
        return cls(server_id, str(address), key, ports)


@dataclass(frozen=True, slots=True)
class Site:
    """A site. `serial` grows by one with each change; `attributes` are texts such as `desc`, its description."""

    servers: tuple[Server, ...]
    attributes: tuple[tuple[str, str], ...] = ()
    serial: int = 1
    version: Version = NEWEST
    primary: bool = True
    multi_primary: bool = False
    hash_option: int = _BY_WHOLE_HANDLE
    hash_filter: bytes = b""

    def encode(self) -> bytes:
        """Return the bytes of a site."""
        flags = _PRIMARY * self.primary | _MULTI_PRIMARY * self.multi_primary
        head = b"\0\1" + bytes(self.version) + self.serial.to_bytes(2, "big") + bytes([flags, self.hash_option])
        attributes = [text(name.encode()) + text(value.encode()) for name, value in self.attributes]
        return head + text(self.hash_filter) + array(attributes) + array([each.encode() for each in self.servers])

    @classmethod
    def decode(cls, data: bytes) -> Site:
        """Read the bytes of a site. Raises ProtocolError."""
        reader = Reader(data)
        reader.number(2)  # the version of the format, 1
        version, serial = (reader.number(1), reader.number(1)), reader.number(2)
        flags, option, hash_filter = reader.number(1), reader.number(1), reader.text()
        attributes = tuple((_string(reader), _string(reader)) for _ in range(reader.count()))
        servers = tuple(Server.read(reader) for _ in range(reader.count()))
        reader.finish()
        primary, multi = bool(flags & _PRIMARY), bool(flags & _MULTI_PRIMARY)
        return cls(servers, attributes, serial, version, primary, multi, option, hash_filter)

    def to_json(self) -> dict[str, Any]:
        """Return the content of siteinfo.json."""
        return {
            "version": 1,
            "protocolVersion": f"{self.version[0]}.{self.version[1]}",
            "serialNumber": self.serial,
            "primarySite": self.primary,
            "multiPrimary": self.multi_primary,
            "attributes": [{"name": name, "value": value} for name, value in self.attributes],
            "servers": [_server_to_json(server) for server in self.servers],
        }

    @classmethod
    def from_json(cls, content: dict[str, Any], public_key: bytes) -> Site:
        """Read siteinfo.json, ours or that of the Handle software, of a site with one server, which has this key.

        Raises KeyError, TypeError and ValueError for anything else.
        """
        [server] = content["servers"]
        interfaces = tuple(_interface(each) for each in server["interfaces"])
        major, _, minor = content["protocolVersion"].partition(".")
        return cls(
            servers=(Server(int(server["serverId"]), server["address"], public_key, interfaces),),
            attributes=tuple((each["name"], each["value"]) for each in content.get("attributes", [])),
            serial=int(content["serialNumber"]),
            version=(int(major), int(minor)),
            primary=bool(content["primarySite"]),
            multi_primary=bool(content.get("multiPrimary")),
        )


def _interface(content: dict[str, Any]) -> Interface:
    kind = QUERY * bool(content["query"]) | ADMIN * bool(content["admin"])
    numbers = {name: number for number, name in PROTOCOLS.items()}
    return Interface(kind, numbers[content["protocol"]], int(content["port"]))


def _string(reader: Reader) -> str:
    try:
        return reader.text().decode()
    except UnicodeDecodeError as error:
        raise ProtocolError("a text that is not UTF-8") from error


def _server_to_json(server: Server) -> dict[str, Any]:
    interfaces = [
        {
            "query": bool(each.type & QUERY),
            "admin": bool(each.type & ADMIN),
            "protocol": PROTOCOLS.get(each.protocol, each.protocol),
            "port": each.port,
        }
        for each in server.interfaces
    ]
    key = {"format": "key", "value": keys.to_json(server.public_key)}
    return {"serverId": server.server_id, "address": server.address, "publicKey": key, "interfaces": interfaces}
