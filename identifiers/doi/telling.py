"""What is said to the agency about one DOI: in a thread, without the database."""

from dataclasses import dataclass

from identifiers.connectors.port import AgencyUnavailable, DOIConnector, DOIRefused, Refusal
from identifiers.doi import life, names
from identifiers.doi.claims import Accepted, Claim
from identifiers.doi.states import Action, State


@dataclass(frozen=True)
class Job:
    """One DOI to tell the agency of; `document` has the DOI in it, and is empty where none is sent."""

    claim: Claim
    action: Action
    digest: str
    document: str
    url: str
    visible: bool

    @property
    def is_to_be_asked(self) -> bool:
        """Whether the agency never heard of the DOI from us, and was not asked yet whether it has it from others."""
        return not (self.claim.known_before or self.claim.is_free)

    @property
    def shows_again(self) -> bool:
        """Whether the DOI is to be found again: it was hidden, or nobody knows whether the agency has registered it."""
        row, told = self.claim.row, self.claim.told_before
        is_known = row.registered and bool(row.sent_visible) and not life.is_hidden(told) and told != ""
        return self.visible and self.claim.state == State.UPDATE_REGISTERED and not is_known


class NotSent(Exception):
    """The run had stopped before this call began."""


class NothingSent(Exception):
    """`error` came of a question that is asked before anything is sent."""

    def __init__(self, error: AgencyUnavailable | DOIRefused) -> None:
        super().__init__(str(error))
        self.error = error


def tell(agency: DOIConnector, job: Job) -> Accepted:
    """Tell the agency, and return what it has then. Raises AgencyUnavailable, DOIRefused."""
    doi, row = job.claim.row.doi, job.claim.row
    visible, is_unknown = row.sent_visible, False
    if job.action == Action.DELETE:
        if not row.registered:
            agency.delete(doi)
        if visible is not None:
            agency.hide(doi, job.url)
            visible = False
    elif job.action == Action.RESERVE:
        agency.reserve(doi, job.document)
    elif job.action == Action.REGISTER:
        agency.register(doi, job.document, job.url)
        visible = True
    elif job.claim.state != State.UPDATE_REGISTERED:
        agency.update(doi, job.document, job.url, registered=False)
    elif not job.visible:
        agency.hide(doi, job.url)
        visible, is_unknown = False, not agency.is_registered(doi)
    elif job.shows_again:
        agency.show(doi, job.document, job.url)
        visible = True
    else:
        agency.update(doi, job.document, job.url, registered=True)
    return Accepted(job.claim, job.action, job.digest, visible, is_unknown)


def ask(agency: DOIConnector, job: Job) -> None:
    """Make sure that nobody else has given the agency a DOI that it never heard of from us: it would be overwritten.

    Raises NothingSent.
    """
    doi = job.claim.row.doi
    try:
        is_taken = agency.is_reserved(doi)
    except (AgencyUnavailable, DOIRefused) as error:
        raise NothingSent(error) from error
    if is_taken:
        prefix, what, key = "identifier.doi.prefix", "prefix", "identifier.doi.namespaceseparator"
        if names.by_ezid():
            prefix, what, key = "identifier.doi.ezid.shoulder", "shoulder", "another identifier.doi.ezid.shoulder"
        text = (
            f"{doi} is at the agency already, and not from here: another program uses your {what}. /admin/dois gives "
            f"the item another DOI, or takes this one over; set {key} for those to come"
        )
        if doi.startswith(f"{names.TEST_PREFIX}/"):
            text += f". Of {names.TEST_PREFIX} agencies have everything: set the {prefix} that you were given"
        raise NothingSent(DOIRefused(Refusal.DOI_ALREADY_EXISTS, text))
