"""What a harvester asks: arguments held against the grammar of their verb, strictly (sections 3.1 and 4)."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oai.protocol import dates
from oai.protocol.errors import Code, Fault, ProtocolError, refuse

MAX_LENGTH = 16 * 1024  # characters of all arguments together
TOKEN = "resumptionToken"  # noqa: S105 (the name of an argument, no password)


@dataclass(frozen=True, slots=True)
class Grammar:
    """The arguments of a verb; `token` says whether a resumptionToken may stand instead of all others."""

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    token: bool = False


_LIST = Grammar(required=("metadataPrefix",), optional=("from", "until", "set"), token=True)
VERBS = {
    "Identify": Grammar(),
    "ListMetadataFormats": Grammar(optional=("identifier",)),
    "ListSets": Grammar(token=True),
    "GetRecord": Grammar(required=("identifier", "metadataPrefix")),
    "ListIdentifiers": _LIST,
    "ListRecords": _LIST,
}

_UNRESERVED = r"[A-Za-z0-9\-_.!~*'()]+"
_URI_CHARACTER = r"(?:[A-Za-z0-9\-._~/@!$&'()*+,;=:?]|%[0-9A-Fa-f]{2})"
_SCHEME = r"[A-Za-z][A-Za-z0-9+.\-]*"
# RFC 3986 as far as identifiers need it; whatever fails could not be echoed as the anyURI the schema asks for.
_URI = re.compile(
    rf"{_SCHEME}:(?!//){_URI_CHARACTER}+"  # oai:host:1, urn:…
    rf"|{_SCHEME}://[A-Za-z0-9.\-]+(?::[0-9]{{1,5}})?(?:[/?]{_URI_CHARACTER}*)?"  # http://host:80/…
    rf"|(?![^/?]*:)(?!//){_URI_CHARACTER}+"  # a relative reference: legal, though never one of ours
)
_SYNTAX = {
    "metadataPrefix": re.compile(_UNRESERVED),
    "set": re.compile(rf"{_UNRESERVED}(?::{_UNRESERVED})*"),
    "identifier": _URI,
}


@dataclass(frozen=True, slots=True)
class Request:
    """A request whose form is right: a verb of the protocol and its arguments, decoded."""

    verb: str
    arguments: Mapping[str, str]

    def get(self, name: str) -> str | None:
        """Return the argument, or None where it was not given."""
        return self.arguments.get(name)


def parse(pairs: Sequence[tuple[str, str]]) -> Request:
    """Return the request that the decoded (name, value) pairs of a query or form make.

    Raises ProtocolError: badVerb, or badArgument with all faults found.
    """
    if sum(len(name) + len(value) for name, value in pairs) > MAX_LENGTH:
        raise refuse(Code.BAD_ARGUMENT, "the request is too long")
    verb = _verb([value for name, value in pairs if name == "verb"])
    arguments = [(name, value) for name, value in pairs if name != "verb"]
    faults = _faults(VERBS[verb], arguments)
    if faults:
        raise ProtocolError([Fault(Code.BAD_ARGUMENT, message) for message in faults])
    return Request(verb, dict(arguments))


def _verb(given: Sequence[str]) -> str:
    if len(given) != 1:
        raise refuse(Code.BAD_VERB, "the verb is repeated" if given else "the verb is missing")
    if given[0] not in VERBS:
        raise refuse(Code.BAD_VERB, "this is not a verb of OAI-PMH")
    return given[0]


def _faults(grammar: Grammar, arguments: Sequence[tuple[str, str]]) -> list[str]:
    """Return what is wrong with the arguments, in words. Names and values of strangers are not repeated there."""
    counts = Counter(name for name, _ in arguments)
    given = dict(arguments)
    known = {*grammar.required, *grammar.optional, *([TOKEN] if grammar.token else [])}
    if not known.issuperset(counts):
        return ["an argument is not one of this verb"]
    faults = [f"{name} is repeated" for name, count in counts.items() if count > 1]
    faults += [f"{name} is empty" for name, value in given.items() if not value]
    if TOKEN in given:
        return faults + (["resumptionToken excludes all other arguments"] if len(given) > 1 else [])
    faults += [f"{name} is missing" for name in grammar.required if name not in given]
    return faults or _malformed(given)


def _malformed(given: Mapping[str, str]) -> list[str]:
    faults = [
        f"{name} has characters or a form that the protocol does not allow"
        for name, pattern in _SYNTAX.items()
        if name in given and not pattern.fullmatch(given[name])
    ]
    return faults + _date_faults(given)


def _date_faults(given: Mapping[str, str]) -> list[str]:
    parsed: dict[str, dates.UTCDatetime] = {}
    faults = []
    for name in ("from", "until"):
        if name in given:
            try:
                parsed[name] = dates.parse(given[name])
            except ValueError:
                faults.append(f"{name} is not a date of the form YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ")
    if len(parsed) < 2:
        return faults
    if parsed["from"].granularity is not parsed["until"].granularity:
        return ["from and until differ in granularity"]
    return ["from is later than until"] if parsed["from"].start > parsed["until"].start else []
