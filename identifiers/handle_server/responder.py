"""From a request to its answer, whatever it came over. Plain Python."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from identifiers.handle_server import keys
from identifiers.handle_server.protocol import (
    MAX_HANDLE,
    NEWEST,
    Code,
    Envelope,
    ErrorResponse,
    Flag,
    Message,
    Op,
    ResolutionRequest,
    ResolutionResponse,
    request_digest,
)
from identifiers.handle_server.site import Site
from identifiers.handle_server.values import HandleValue, chosen, folded
from identifiers.handle_server.wire import ProtocolError, text

ANSWER_EXPIRES = 12 * 3600  # seconds
_KEPT = Flag.AUTHORITATIVE | Flag.CERTIFY | Flag.CACHE_CERTIFY | Flag.PUBLIC_ONLY | Flag.DIGEST | Flag.NO_REFERRAL
_MESSAGES = {
    Code.ERROR: "the repository can't be asked just now; try again later",
    Code.NOT_SUPPORTED: "this server answers questions only; the repository makes and changes its handles itself",
    Code.HANDLE_NOT_FOUND: "there is no such handle",
    Code.INVALID_HANDLE: "that is not a handle",
    Code.VALUES_NOT_FOUND: "the handle has no such value",
    Code.NOT_RESPONSIBLE: "this server does not answer for the prefix of that handle",
    Code.SESSION_TIMEOUT: "there is no such session",
}

Find = Callable[[str], Awaitable[Sequence[HandleValue] | None]]
Reply = tuple[Envelope, bytes]
Grants = Callable[[int], bool]


class Unavailable(Exception):
    """The handles can't be looked up now; nothing is said about whether a handle exists."""


@dataclass(frozen=True)
class Resolution:
    """How a resolution went, and the values that were asked for."""

    code: Code
    values: Sequence[HandleValue] = ()


class Responder:
    """Answers requests for the handles of `prefixes`, as the first server of `site`, signing with `key`.

    `find` returns all values of a handle, None when there is no such handle, and raises Unavailable; `signing` is where
    signatures are made, for one takes a millisecond.
    """

    def __init__(
        self,
        *,
        find: Find,
        prefixes: Collection[str],
        site: Site,
        key: keys.PrivateKey,
        signing: Executor | None = None,
    ) -> None:
        self._find, self._key, self._signing = find, key, signing
        self._prefixes = {folded(prefix) for prefix in prefixes}
        self._site_info, self._serial = site.encode(), site.serial
        self._credential_size = keys.credential_size(key)

    async def answer(
        self, envelope: Envelope, data: bytes, *, keep_alive: bool = False, grants: Grants | None = None
    ) -> Reply | None:
        """Return the answer to a message, as an envelope and what stands behind it; None when it is not a request.

        To answer an answer would let two servers talk to each other for ever. `keep_alive` says that the connection
        stays open when the request wants that; `grants` says whether so many bytes may be the answer, before they are
        signed: who may not have them shall not have them made.
        """
        if envelope.encrypted:  # in a session that we never gave
            return await self._reply(envelope, None, Code.SESSION_TIMEOUT, _error(Code.SESSION_TIMEOUT))
        try:
            if envelope.compressed:
                raise ProtocolError("compressed messages are not read")
            request = Message.decode(data)
            if request.code != Code.REQUEST:
                return None
            code, body = await self._carry_out(request, in_session=bool(envelope.session_id))
        except ProtocolError as error:
            return refusal(envelope, str(error))
        return await self._reply(envelope, request, code, body, keep_alive=keep_alive, grants=grants)

    async def resolve(self, handle: bytes, indexes: Sequence[int] = (), types: Sequence[bytes] = ()) -> Resolution:
        """Return the values of a handle that are asked for."""
        try:
            name = handle.decode()
        except UnicodeDecodeError:
            return Resolution(Code.INVALID_HANDLE)
        if not name or len(handle) > MAX_HANDLE:
            return Resolution(Code.INVALID_HANDLE)
        if folded(name.partition("/")[0]) not in self._prefixes:
            return Resolution(Code.NOT_RESPONSIBLE)
        try:
            found = await self._find(name)
        except Unavailable:
            return Resolution(Code.ERROR)
        if found is None:
            return Resolution(Code.HANDLE_NOT_FOUND)
        values = chosen(found, indexes, types)
        return Resolution(Code.SUCCESS if values else Code.VALUES_NOT_FOUND, values)

    async def _carry_out(self, request: Message, *, in_session: bool) -> tuple[Code, bytes]:
        if in_session:
            return Code.SESSION_TIMEOUT, _error(Code.SESSION_TIMEOUT)
        if request.op == Op.RESOLUTION:
            asked = ResolutionRequest.decode(request.body)
            found = await self.resolve(asked.handle, asked.indexes, asked.types)
            if found.code == Code.SUCCESS:
                return found.code, ResolutionResponse(asked.handle, tuple(found.values)).encode()
            return found.code, _error(found.code)
        if request.op == Op.GET_SITE_INFO:
            return Code.SUCCESS, self._site_info
        return Code.NOT_SUPPORTED, _error(Code.NOT_SUPPORTED)

    async def _reply(
        self,
        envelope: Envelope,
        request: Message | None,
        code: Code,
        body: bytes,
        *,
        keep_alive: bool = False,
        grants: Grants | None = None,
    ) -> Reply:
        flags = request.flags & _KEPT if request else 0
        if request and keep_alive:
            flags |= request.flags & Flag.KEEP_ALIVE
        if request and flags & Flag.DIGEST:
            body = request_digest(envelope.answer_version, request) + body
        expires = int(time.time()) + ANSWER_EXPIRES
        message = Message(request.op if request else Op.NONE, code, flags, body, self._serial, 0, expires)
        answer_envelope, plain = _envelope(envelope), message.encode()
        size = len(plain) + (self._credential_size if flags & Flag.CERTIFY else 0)
        if grants and not grants(size):
            return refusal(envelope, "ask over TCP", Code.ERROR)
        if not flags & Flag.CERTIFY:
            return answer_envelope, plain
        loop = asyncio.get_running_loop()
        credential = await loop.run_in_executor(self._signing, keys.sign, self._key, answer_envelope, message)
        return answer_envelope, message.header_and_body() + text(credential.encode())


def refusal(envelope: Envelope, reason: str, code: Code = Code.PROTOCOL_ERROR) -> Reply:
    """Return the answer to what is not a message of the protocol, or can't be answered for a reason like that."""
    expires = int(time.time()) + ANSWER_EXPIRES
    message = Message(Op.NONE, code, 0, ErrorResponse(reason).encode(), expiration=expires)
    return _envelope(envelope), message.encode()


def whole(reply: Reply) -> bytes:
    """Return an answer as it goes over a stream."""
    envelope, message = reply
    return replace(envelope, length=len(message)).encode() + message


def message_for(code: Code) -> str:
    """Return what a code means, for people."""
    return _MESSAGES[code]


def _envelope(envelope: Envelope) -> Envelope:
    """Return the envelope of an answer, its length still open."""
    return Envelope(envelope.answer_version, envelope.request_id, 0, NEWEST, envelope.session_id)


def _error(code: Code) -> bytes:
    return ErrorResponse(_MESSAGES[code]).encode()
