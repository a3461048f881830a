"""What people are told of a run of the organiser: one mail with everything that went wrong."""

import logging
from collections.abc import Sequence

from django.conf import settings
from django.core.mail import send_mail

from identifiers.connectors.port import AgencyRefusedLogin, AgencyUnavailable
from identifiers.doi.organiser import Outcome

log = logging.getLogger(__name__)

LISTED = 100  # DOIs named in a mail


def send(failures: Sequence[Outcome], failed: int, stopped: AgencyUnavailable | None, waiting: int) -> None:
    """Mail to `alert.recipient` what failed; `failures` are the first of `failed`, `waiting` is what is left to do.

    A mail that can't be sent is a line in the log.
    """
    recipients = settings.DSPACE.list("alert.recipient")
    if not recipients or not (failed or stopped):
        return
    subject = f"{settings.DSPACE.get('dspace.name')}: " + _subject(failed, stopped)
    try:
        send_mail(subject.replace("\n", " "), _text(failures, failed, stopped, waiting), None, recipients)
    except Exception as error:  # SMTP fails in many ways; the run is over and its failures are in the log
        log.error("the mail about the errors of doi-organiser could not be sent: %s", error)


def _subject(failed: int, stopped: AgencyUnavailable | None) -> str:
    return "the DOI agency can't be asked" if stopped else f"{failed} DOI{'s' if failed > 1 else ''} failed"


def _text(failures: Sequence[Outcome], failed: int, stopped: AgencyUnavailable | None, waiting: int) -> str:
    lines: list[str] = []
    if stopped:
        lines += ["doi-organiser has stopped:", f"    {stopped}", "", *_remedy(stopped, waiting), ""]
    if failed:
        lines += ["These DOIs stay as they are until the reason is mended:", ""]
        lines += [f"doi:{outcome.doi}, {outcome.action}\n    {outcome.error}" for outcome in failures]
        if failed > len(failures):
            lines.append(f"... and {failed - len(failures)} more.")
        lines += ["", "An edit of the item has its DOI tried again in the next run. So does the button on"]
        lines += [f"{settings.DSPACE.get('dspace.url')}/admin/dois, and with doi-organiser --register-doi,"]
        lines += ["--reserve-doi, --update-doi or --delete-doi it is tried at once; else later and later."]
    return "\n".join(lines) + "\n"


def _remedy(stopped: AgencyUnavailable, waiting: int) -> list[str]:
    if isinstance(stopped, AgencyRefusedLogin):
        what = "Compare identifier.doi.user and identifier.doi.password in local.cfg with what the agency gave you."
    else:
        what = "Nothing is lost, and nothing needs to be done unless it lasts."
    return [what, f"{waiting} DOIs wait for the next run, which does everything."]
