"""What DataCite's two interfaces share: whose account, what may be sent, and what an answer means.

Status codes as in DataCite's API reference and MDS API guide: 401 wrong account, 403 a DOI of somebody else's,
400, 413, 415 and 422 refused metadata, 412 not reserved yet. Anything else is the agency's trouble, not the DOI's.
"""

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import NoReturn
from urllib.parse import quote

from common.http import AddressRefused, Answer, Client, NotConnected, Unreachable
from identifiers.connectors import ConnectorMisconfigured, Settings
from identifiers.connectors.port import AgencyOutOfReach, AgencyRefusedLogin, AgencyUnavailable, DOIRefused, Refusal

MAX_BYTES = 32 * 1024 * 1024  # of an answer: it repeats the metadata, twice and longer; thousands of authors fit
# What DataCite takes for a DOI; it goes into URLs and into a body of lines.
DOI = re.compile(r"10\.\d{4,9}/[-._;()/:a-zA-Z0-9*~$=]+", re.ASCII)
URL = re.compile(r"https?://[!-~]+")  # printable ASCII: no blanks, no line ends
_REFUSED = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}
_TAKEN = "already been taken"
# What /admin/dois can do about it.
FOREIGN = "then /admin/dois tries this one again, or gives the item another if the agency never had it"


def client(settings: Settings, default_host: str) -> Client:
    """Return what asks the agency that the configuration names. Raises ConnectorMisconfigured."""
    scheme = settings.get("DATACITE_SCHEME") or "https"
    host = settings.get("DATACITE_HOST") or default_host
    user, password = settings.get("identifier.doi.user") or "", settings.get("identifier.doi.password") or ""
    if not user or not password:
        raise ConnectorMisconfigured("identifier.doi.user and identifier.doi.password: set what the agency gave you")
    if ":" in user:
        raise ConnectorMisconfigured("identifier.doi.user: the name of an account has no colon")
    try:
        return Client(f"{scheme}://{host}", user=user, password=password, max_bytes=MAX_BYTES)
    except AddressRefused as error:
        raise ConnectorMisconfigured(f"DATACITE_SCHEME, DATACITE_HOST: {error}") from error


def path_setting(settings: Settings, key: str, default: str) -> str:
    """Return a path with a slash at both ends. Raises ConnectorMisconfigured."""
    path = settings.get(key) or default
    if not re.fullmatch(r"[-/.\w~]+", path, re.ASCII):
        raise ConnectorMisconfigured(f"{key}: {path!r} is no path such as {default}")
    return f"/{path.strip('/')}/".replace("//", "/")


def ask(
    agency: Client, method: str, path: str, doi: str, *, body: bytes | None = None, content_type: str = ""
) -> Answer:
    """Send a request to `path` and return the answer, unless it is one that says the same whatever was asked.

    Raises AgencyUnavailable, AgencyRefusedLogin; DOIRefused for a DOI that is none or is somebody else's.
    """
    headers = {"Content-Type": content_type} if body is not None else {}
    try:
        answer = agency.request(method, path, body=body, headers=headers)
    except NotConnected as error:
        raise AgencyOutOfReach(str(error)) from error
    except Unreachable as error:
        raise AgencyUnavailable(str(error)) from error
    if answer.status == HTTPStatus.UNAUTHORIZED:
        raise AgencyRefusedLogin(
            f"{agency.address} does not accept identifier.doi.user and identifier.doi.password ({answer.reason})"
        )
    if answer.status == HTTPStatus.FORBIDDEN:
        raise DOIRefused(
            Refusal.FOREIGN_DOI,
            f"{doi} belongs to another account, or its prefix is not one of yours: compare identifier.doi.prefix with "
            f"the prefixes of your account; {FOREIGN} ({answer.reason})",
        )
    return answer


def segment(doi: str) -> str:
    """Return the DOI as the end of a path; where its slashes could be taken for those of a path, they are encoded."""
    checked(doi)
    prefix, _, suffix = doi.partition("/")
    is_plain = all(part.strip(".") for part in suffix.split("/"))
    return f"{prefix}/{quote(suffix, safe='/' if is_plain else '')}"


def checked(doi: str, url: str | None = None) -> None:
    """Raise DOIRefused unless this can be sent: a DOI of DataCite's alphabet, an absolute URL, each of one line."""
    if not DOI.fullmatch(doi) or not doi.partition("/")[2].strip("."):
        raise DOIRefused(Refusal.BAD_REQUEST, f"{doi!r} is no DOI that agencies take: letters, digits, -._;()/:*~$=")
    if url is not None and not URL.fullmatch(url):
        raise DOIRefused(Refusal.BAD_REQUEST, f"{doi}: {url!r} is no absolute URL; set dspace.url")


@dataclass(frozen=True)
class Advice:
    """What to look at when the agency refuses a DOI as taken, what it was told, or an address that is none."""

    taken: str = "set identifier.doi.namespaceseparator for those to come"
    told: str = "correct the item's metadata or DIM2DataCite.xsl"
    where: str = "check DATACITE_HOST and the paths"


def refuse(agency: Client, doi: str, answer: Answer, advice: Advice = Advice()) -> NoReturn:
    """Raise what an answer means that did not say yes: DOIRefused, else AgencyUnavailable."""
    if answer.status == HTTPStatus.PRECONDITION_FAILED:
        raise DOIRefused(
            Refusal.RESERVE_FIRST,
            f"{doi}: the agency wants its metadata first; /admin/dois has both sent again ({answer.reason})",
        )
    if answer.status in _REFUSED and _TAKEN in answer.reason:
        raise DOIRefused(
            Refusal.DOI_ALREADY_EXISTS,
            f"{doi} is taken at the agency: another program uses your prefix; /admin/dois has what can be done; "
            f"{advice.taken} ({answer.reason})",
        )
    if answer.status in _REFUSED:
        raise DOIRefused(
            Refusal.BAD_REQUEST,
            f"{doi}: the agency refuses what was sent; {advice.told}, then try again on /admin/dois ({answer.reason})",
        )
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise AgencyUnavailable(
            f"{agency.address} asks to be asked less often; lower identifier.doi.concurrency ({answer.reason})"
        )
    where = f"; {advice.where}" if answer.status < HTTPStatus.INTERNAL_SERVER_ERROR else ""
    raise AgencyUnavailable(f"{agency.address} answered unexpectedly{where} ({answer.reason})")
