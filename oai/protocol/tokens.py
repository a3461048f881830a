"""Resumption tokens: stateless and signed (section 3.5 of the standard).

A token holds all that the next page needs: the verb, the arguments of the first request, the place the list has come
to, and figures for the harvester. It is bound to verb and context by its signature; nothing is kept on the server, so
that asking again with the same token gives the same page as far as the records are still there.
"""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from oai.protocol.errors import Code, refuse

LIFETIME = timedelta(days=2)
_SIGNATURE_BYTES = 16
_MAX_LENGTH = 2048


@dataclass(frozen=True, slots=True)
class Token:
    """What a resumption token says.

    `place` is the key of the last element sent, as its list orders them; `cursor` the number of elements sent before
    the next page; `size` the completeListSize; `expires` in whole seconds, UTC.
    """

    verb: str
    arguments: Mapping[str, str]
    place: tuple[int | str, ...]
    cursor: int
    size: int
    expires: datetime


class Tokens:
    """Writes and reads the tokens of one context, signed with a key made from `secret`."""

    def __init__(self, secret: str, context: str) -> None:
        self._key = hashlib.sha256(f"oai resumption token\0{context}\0{secret}".encode()).digest()

    def write(self, token: Token) -> str:
        """Return the text of `token`: URL-safe characters only, so that clients that forget to encode it do no harm."""
        fields = [token.verb, dict(token.arguments), token.place, token.cursor, token.size]
        content = json.dumps([*fields, int(token.expires.timestamp())], separators=(",", ":")).encode()
        return urlsafe_b64encode(self._sign(content) + content).rstrip(b"=").decode("ascii")

    def read(self, text: str, verb: str, now: datetime) -> Token:
        """Return what `text` says. Raises badResumptionToken: not ours, altered, expired, of another verb."""
        content = self._verified(text)
        if content is None:
            raise refuse(Code.BAD_RESUMPTION_TOKEN, "this is not a token of this repository")
        written_for, arguments, place, cursor, size, expires = json.loads(content)
        if written_for != verb:
            raise refuse(Code.BAD_RESUMPTION_TOKEN, f"the token belongs to {written_for}")
        token = Token(verb, arguments, tuple(place), cursor, size, datetime.fromtimestamp(expires, UTC))
        if token.expires <= now:
            raise refuse(Code.BAD_RESUMPTION_TOKEN, "the token has expired")
        return token

    def _verified(self, text: str) -> bytes | None:
        if len(text) > _MAX_LENGTH or not text.isascii():
            return None
        try:
            data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except ValueError:
            return None
        # Decoders skip foreign characters and spare bits; only the one text that we wrote for these bytes is taken.
        if urlsafe_b64encode(data).rstrip(b"=").decode("ascii") != text:
            return None
        signature, content = data[:_SIGNATURE_BYTES], data[_SIGNATURE_BYTES:]
        return content if hmac.compare_digest(signature, self._sign(content)) else None

    def _sign(self, content: bytes) -> bytes:
        # Keyed BLAKE2 (RFC 7693): shorter to compute than HMAC, and it does not let other threads in between.
        return hashlib.blake2b(content, digest_size=_SIGNATURE_BYTES, key=self._key).digest()
