"""What this provider says of itself, from the configuration; and the names of its records and sets."""

import re
from urllib.parse import quote

from django.conf import settings

from crosswalks.xoai import RepositoryInfo

# repositoryIdentifierType of oai-identifier.xsd: a domain name of two labels at least, none beginning with a digit.
_REPOSITORY_IDENTIFIER = re.compile(r"[a-zA-Z][a-zA-Z0-9\-]*(\.[a-zA-Z][a-zA-Z0-9\-]+)+")
_NOT_A_LABEL = re.compile(r"[^a-zA-Z0-9]+")
_NOT_IN_A_SET = re.compile(r"[^A-Za-z0-9\-_.!*'()]")


def name() -> str:
    """Return the name of the repository (`dspace.name`)."""
    return str(settings.DSPACE.get("dspace.name") or "DSpace")


def admin_emails() -> list[str]:
    """Return the addresses of the administrators (`mail.admin`); a response needs one."""
    return [address.strip() for address in settings.DSPACE.list("mail.admin") if address.strip()] or [
        f"root@{repository_identifier()}"
    ]


def repository_info() -> RepositoryInfo:
    """Return what XOAI documents say of the repository."""
    return RepositoryInfo(name(), str(settings.DSPACE.get("dspace.url") or ""), admin_emails()[0])


def repository_identifier() -> str:
    """Return the second part of our identifiers: `oai.identifier.prefix`, else the host name.

    The schema wants a domain name: a bare host (`localhost`) or an address gets the domain for this machine.
    """
    wanted = settings.DSPACE.get("oai.identifier.prefix") or settings.DSPACE.get("dspace.hostname") or "localhost"
    if _REPOSITORY_IDENTIFIER.fullmatch(wanted):
        return str(wanted)
    label = _NOT_A_LABEL.sub("-", wanted).strip("-")
    return f"{label if label[:1].isalpha() else f'host-{label}'}.localdomain"


def identifier(handle: str) -> str:
    """Return the OAI identifier of the item with this handle."""
    return f"oai:{repository_identifier()}:{local_id(handle)}"


def sample_identifier() -> str:
    """Return an identifier as ours look."""
    return identifier(f"{settings.DSPACE.get('handle.prefix') or '123456789'}/1")


def local_id(handle: str) -> str:
    """Return the handle as it stands in an identifier: characters that a URI does not allow are escaped."""
    return quote(handle, safe="/-_.!~*'();:@=+$,")


def set_spec(kind: str, handle: str) -> str:
    """Return the setSpec of a community (`com`) or collection (`col`): `com_123456789_1`.

    A character that setSpec does not allow becomes `~` and its bytes in hexadecimal, so that no two handles share one.
    """
    prefix, _, suffix = handle.partition("/")
    return f"{kind}_{_escaped(prefix).replace('_', '~5F')}_{_escaped(suffix)}"


def _escaped(part: str) -> str:
    return _NOT_IN_A_SET.sub(lambda match: "".join(f"~{byte:02X}" for byte in match.group().encode()), part)
