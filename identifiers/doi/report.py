"""What people are told of a run of the organiser: one mail with everything that went wrong."""

import logging
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.mail import send_mail

from common import emails
from identifiers.connectors.port import AgencyRefusedLogin
from identifiers.doi import names
from identifiers.doi.outage import Stop, suspicion
from identifiers.doi.settling import Outcome

log = logging.getLogger(__name__)

LISTED = 100  # DOIs named in a mail
PARAMETERS = 7  # that the text of the mail may name


def text_path() -> Path:
    """Return where the text of the mail is."""
    return Path(settings.CONFIG_DIR) / "emails" / "doi_maintenance_error"


def send(failures: Sequence[Outcome], failed: int, stopped: Stop | None, waiting: int, now: datetime) -> None:
    """Mail what failed; `failures` are the first of `failed`, `waiting` is what is left to do."""
    if not (failed or stopped):
        return
    happened = "the DOI agency can't be asked" if stopped else f"{_dois(failed)} failed"
    reason = "\n    ".join([str(stopped), *_remedy(stopped), _left(waiting)]) if stopped else ""
    _mail(happened, reason, *_listed(failures, failed), now)


def send_misconfigured(reason: str, now: datetime) -> None:
    """Mail that nothing was done, for a setting is missing or wrong; `reason` names it."""
    _mail("DOIs are not configured rightly", f"{reason}\n    The next run does everything.", "", "", now)


def send_broken(error: Exception, failures: Sequence[Outcome], failed: int, done: int, now: datetime) -> None:
    """Mail that a run ended by something that nobody expected, and what was done and failed before."""
    lines = [f"{type(error).__name__}: {' '.join(str(error).split())}", "The log has more; the next run goes on."]
    if done:
        lines.append(f"Before, it was done with {_dois(done)}.")
    _mail("doi-organiser broke off", "\n    ".join(lines), *_listed(failures, failed), now)


def _mail(happened: str, reason: str, count: str, listed: str, now: datetime) -> None:
    """Send the mail to `alert.recipient`, if there is one; that it can't be sent is a line in the log."""
    recipients = settings.DSPACE.list("alert.recipient")
    if not recipients:
        return
    name, page = settings.DSPACE.get("dspace.name") or "", f"{settings.DSPACE.get('dspace.url')}/admin/dois"
    parameters = [name, happened, f"{now:%Y-%m-%d %H:%M} UTC", reason, count, listed, page]
    try:
        subject, body = emails.written(text_path(), parameters)
    except emails.EmailTextError as error:  # better any words than none
        log.error("%s", error)
        subject, body = " ".join(f"{name}: {happened}".split()), "\n".join(filter(None, [*parameters[2:], str(error)]))
    try:
        send_mail(subject, body, None, recipients)
    except Exception as error:  # SMTP fails in many ways; the run is over and its failures are in the log
        log.error("the mail about the errors of doi-organiser could not be sent: %s", error)


def _listed(failures: Sequence[Outcome], failed: int) -> tuple[str, str]:
    """Return how many DOIs failed, and the list of these first of them; empty when none did."""
    listed = [f"doi:{outcome.doi}, {outcome.action}\n    {outcome.error}" for outcome in failures]
    if failed > len(failures):
        listed.append(f"... and {failed - len(failures)} more.")
    return _dois(failed) if failed else "", "\n".join(listed)


def _dois(count: int) -> str:
    return f"{count} DOI{'s' if count > 1 else ''}"


def _left(waiting: int) -> str:
    wait = "wait" if waiting != 1 else "waits"
    return f"{_dois(waiting)} {wait} for the next run, which does everything."


def _remedy(stopped: Stop) -> list[str]:
    if isinstance(stopped.error, AgencyRefusedLogin):
        key = "identifier.doi.ezid" if names.by_ezid() else "identifier.doi"
        return [f"Compare {key}.user and {key}.password in local.cfg with what the agency gave you."]
    lines = ["Nothing is lost, and nothing needs to be done unless it lasts."]
    if said := suspicion(stopped.unanswered):
        lines.append(f"doi:{stopped.doi} was tried last; if others have an answer, it is the reason. {said}.")
    return lines
