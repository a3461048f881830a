"""The errors of the protocol (section 3.6 of the standard)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Code(Enum):
    """The codes of the standard, as they stand on the wire."""

    BAD_VERB = "badVerb"
    BAD_ARGUMENT = "badArgument"
    BAD_RESUMPTION_TOKEN = "badResumptionToken"  # noqa: S105 (a code, no password)
    CANNOT_DISSEMINATE_FORMAT = "cannotDisseminateFormat"
    ID_DOES_NOT_EXIST = "idDoesNotExist"
    NO_RECORDS_MATCH = "noRecordsMatch"
    NO_METADATA_FORMATS = "noMetadataFormats"
    NO_SET_HIERARCHY = "noSetHierarchy"


@dataclass(frozen=True, slots=True)
class Fault:
    """One `error` element: its code and a message for people."""

    code: Code
    message: str


class ProtocolError(Exception):
    """The request is answered with these faults.

    `response_date` is given where a store was asked: a harvester may go on from the date of a noRecordsMatch,
    so it must be the store's, not ours (DESIGN decision 6).
    """

    def __init__(self, faults: Sequence[Fault], response_date: datetime | None = None) -> None:
        super().__init__("; ".join(f"{fault.code.value}: {fault.message}" for fault in faults))
        self.faults = tuple(faults)
        self.response_date = response_date


def refuse(code: Code, message: str, response_date: datetime | None = None) -> ProtocolError:
    """Return the error of a single fault, to be raised."""
    return ProtocolError([Fault(code, message)], response_date)
