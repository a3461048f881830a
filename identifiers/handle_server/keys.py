"""Keys in the files and messages of the Handle software, and signing with them. Plain Python and `cryptography`.

privkey.bin is a four-byte number, 1 for "not encrypted", and the private key; pubkey.bin is the public key alone.
"""

from __future__ import annotations

import base64
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, padding, rsa

from identifiers.handle_server.protocol import (
    DSA_SHA256_SINCE,
    SHA256_SINCE,
    Credential,
    Envelope,
    Message,
    Version,
    signed_bytes,
)
from identifiers.handle_server.wire import ProtocolError, Reader, text

PrivateKey = rsa.RSAPrivateKey | dsa.DSAPrivateKey
BITS = 2048
_NOT_ENCRYPTED, _ENCRYPTIONS = 1, range(10)
_RSA_PRIVATE, _RSA_PUBLIC = b"RSA_PRIVCRT_KEY", b"RSA_PUB_KEY"
_DSA_PRIVATE, _DSA_PUBLIC = b"DSA_PRIV_KEY", b"DSA_PUB_KEY"


class KeyFileError(Exception):
    """The file has no key that can be used; the message names it and says what to do."""


def generate() -> tuple[bytes, bytes]:
    """Return a new RSA key as the contents of a private and of a public key file."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=BITS)
    numbers = key.private_numbers()
    public = numbers.public_numbers
    parts = [public.n, public.e, numbers.d, numbers.p, numbers.q, numbers.dmp1, numbers.dmq1, numbers.iqmp]
    private = text(_RSA_PRIVATE) + b"".join(text(_integer(part)) for part in parts)
    return _NOT_ENCRYPTED.to_bytes(4, "big") + private, public_key(key)


def read(path: Path) -> PrivateKey:
    """Return the key of a private key file, RSA or DSA. Raises KeyFileError and OSError."""
    reader = Reader(path.read_bytes())
    try:
        encryption = reader.number()
        if encryption != _NOT_ENCRYPTED and encryption in _ENCRYPTIONS:
            raise KeyFileError(f"{path} has a passphrase; the server starts without anybody there to type it")
        return _decode(reader)
    except ValueError as error:  # ProtocolError is one, and so is what cryptography raises
        raise KeyFileError(f"{path} is not a private key of the Handle System") from error


def _decode(reader: Reader) -> PrivateKey:
    kind = reader.text()
    if kind == _RSA_PRIVATE:
        n, e, d, p, q, dmp1, dmq1, iqmp = (_next(reader) for _ in range(8))
        return rsa.RSAPrivateNumbers(p, q, d, dmp1, dmq1, iqmp, rsa.RSAPublicNumbers(e, n)).private_key()
    if kind == _DSA_PRIVATE:
        x, p, q, g = (_next(reader) for _ in range(4))
        public = dsa.DSAPublicNumbers(pow(g, x, p), dsa.DSAParameterNumbers(p, q, g))
        return dsa.DSAPrivateNumbers(x, public).private_key()
    raise ProtocolError("a key of an unknown kind")


def public_key(key: PrivateKey) -> bytes:
    """Return the public part of a key as a public key file and a site have it."""
    if isinstance(key, rsa.RSAPrivateKey):
        rsa_numbers = key.public_key().public_numbers()
        kind, parts = _RSA_PUBLIC, [rsa_numbers.e, rsa_numbers.n]
    else:
        numbers = key.public_key().public_numbers()
        group = numbers.parameter_numbers
        kind, parts = _DSA_PUBLIC, [group.q, group.p, group.g, numbers.y]
    return text(kind) + bytes(2) + b"".join(text(_integer(part)) for part in parts)


def to_json(data: bytes) -> dict[str, str]:
    """Return a public key as siteinfo.json has it. Raises ProtocolError."""
    reader = Reader(data)
    kind = reader.text()
    reader.number(2)
    names = {_RSA_PUBLIC: ("RSA", "en"), _DSA_PUBLIC: ("DSA", "qpgy")}
    if kind not in names:
        raise ProtocolError("a key of an unknown kind")
    family, parts = names[kind]
    return {"kty": family, **{name: _base64(_next(reader)) for name in parts}}


def sign(key: PrivateKey, envelope: Envelope, message: Message) -> Credential:
    """Return the credential of an answer in this envelope, by the algorithm that its version knows."""
    is_rsa = isinstance(key, rsa.RSAPrivateKey)
    algorithm, name = _algorithm(envelope.version, is_rsa)
    covered = signed_bytes(envelope, message)
    if isinstance(key, rsa.RSAPrivateKey):
        return Credential(name, key.sign(covered, padding.PKCS1v15(), algorithm))
    return Credential(name, key.sign(covered, algorithm))


def credential_size(key: PrivateKey) -> int:
    """Return how many bytes a credential has at most."""
    # A DSA signature is two numbers of the subgroup's size, each with a sign, in a sequence: five bytes of tags.
    is_rsa = isinstance(key, rsa.RSAPrivateKey)
    size = key.key_size // 8 if is_rsa else 72
    return len(Credential(b"SHA-256", bytes(size)).encode())


def _algorithm(version: Version, is_rsa: bool) -> tuple[hashes.HashAlgorithm, bytes]:
    if version >= (SHA256_SINCE if is_rsa else DSA_SHA256_SINCE):
        return hashes.SHA256(), b"SHA-256"
    return hashes.SHA1(), b"SHA1"  # noqa: S303 - older clients know nothing else


def _integer(value: int) -> bytes:
    """Return a number as Java writes it: with a sign bit."""
    return value.to_bytes(value.bit_length() // 8 + 1, "big")


def _next(reader: Reader) -> int:
    return int.from_bytes(reader.text(), "big")


def _base64(value: int) -> str:
    return base64.urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8, "big")).decode().rstrip("=")
