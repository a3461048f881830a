"""How much a stranger may get for a datagram: its sender's address may be somebody else's, whom the answer would hit.

An answer of up to FREE times the bytes of its request is always sent: plain resolutions are. Longer ones (signatures,
site information) are taken from what is left for the sender's network, and for all networks together, and none is ever
longer than MOST times its request. Instead of what may not be sent goes a short error, after which a client of the
Handle System asks again over TCP.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict

FREE, MOST = 4, 16
PER_NETWORK, PER_NETWORK_SECOND = 16_384, 4_096  # bytes at once, bytes a second
TOGETHER, TOGETHER_SECOND = 262_144, 131_072
NETWORKS = 10_000  # that are remembered


class _Bucket:
    """Bytes that may be sent: so many at once, so many more each second."""

    __slots__ = ("_at", "_left", "_most", "_per_second")

    def __init__(self, most: int, per_second: int, now: float) -> None:
        self._most, self._per_second = most, per_second
        self._left, self._at = float(most), now

    def has(self, size: int, now: float) -> bool:
        self._left = min(self._most, self._left + (now - self._at) * self._per_second)
        self._at = now
        return self._left >= size

    def take(self, size: int) -> None:
        self._left -= size


class Allowance:
    """Decides about answers over UDP; `now` is a time in seconds that only grows."""

    def __init__(self, now: float) -> None:
        self._together = _Bucket(TOGETHER, TOGETHER_SECOND, now)
        self._networks: OrderedDict[bytes, _Bucket] = OrderedDict()

    def grants(self, address: str, asked: int, answer: int, now: float) -> bool:
        """Whether so many bytes may go to this address, for a request of `asked` bytes."""
        if answer <= FREE * asked:
            return True
        if answer > MOST * asked:
            return False
        network = self._network(address, now)
        if not (network.has(answer, now) and self._together.has(answer, now)):
            return False
        network.take(answer)
        self._together.take(answer)
        return True

    def _network(self, address: str, now: float) -> _Bucket:
        """Return the bucket of the /24 of an IPv4 address, the /56 of an IPv6 address."""
        host = ipaddress.ip_address(address.partition("%")[0])
        mapped = host.ipv4_mapped if isinstance(host, ipaddress.IPv6Address) else None
        packed = (mapped or host).packed
        name = packed[: 3 if len(packed) == 4 else 7]
        bucket = self._networks.pop(name, None) or _Bucket(PER_NETWORK, PER_NETWORK_SECOND, now)
        self._networks[name] = bucket
        if len(self._networks) > NETWORKS:
            self._networks.popitem(last=False)
        return bucket
