"""What Workday's SOAP faults mean; HTTP 500 alone says nothing, the body is read before choosing.

Source: Workday Revenue_Management web service, fault types of v39.2; wording as seen in integrations.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from connectors.workday.envelopes import WD, Element
from domain.failures import (
    ConflictError,
    CredentialsError,
    NotReadyError,
    OutcomeUnknownError,
    PerennialError,
    RejectedError,
)

SYSTEM: Final = "Workday"
_LONGEST: Final = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """A SOAP fault.

    Attributes:
        code: What follows the prefix in `faultcode`, as `Client.validationError`.
        messages: What it says, the most specific first.
    """

    code: str
    messages: tuple[str, ...]

    @property
    def text(self) -> str:
        """Everything it says, cut to 300 characters."""
        return " | ".join(dict.fromkeys(self.messages))[:_LONGEST]


FAULTS: Final[tuple[tuple[str, str, Callable[[str], PerennialError]], ...]] = (
    ("authenticationError", "", CredentialsError),
    ("", r"invalid username or password", CredentialsError),
    ("", r"web service or version is invalid", RejectedError),
    ("", r"already exists|already in use|must be unique|duplicate", ConflictError),
    ("", r"valid ID value for type = '(Customer_ID|Customer_Reference_ID)'", NotReadyError),
    ("", r"valid ID value for type = 'Customer_Invoice_Reference_ID'", NotReadyError),
    ("validationError", "", RejectedError),
    # The server gave up somewhere in the middle.
    ("processingError", "", OutcomeUnknownError),
    ("Client", "", RejectedError),
    ("VersionMismatch", "", RejectedError),
)
"""(part of the fault code, pattern of the text, failure): the first row that fits decides."""


def parse_fault(body: Element) -> Fault | None:
    """Return the fault in a SOAP body, or None if the element is a regular answer."""
    if not str(body.tag).endswith("}Fault"):
        return None
    details = [
        (node.text or "").strip()
        for name in ("Detail_Message", "Message")
        for node in body.iter(f"{{{WD}}}{name}")
    ]
    said = (body.findtext("faultstring") or "").strip()
    code = (body.findtext("faultcode") or "").rpartition(":")[2].strip()
    if body.find(f".//{{{WD}}}Processing_Fault") is not None:
        code = f"{code}.processingError"
    return Fault(code=code, messages=tuple(text for text in (*details, said) if text))


def failure_of(fault: Fault) -> PerennialError:
    """Return what a fault means; one that fits no row is an unknown outcome."""
    for code, pattern, failure in FAULTS:
        if code in fault.code and re.search(pattern, fault.text, re.IGNORECASE):
            return failure(f"{SYSTEM}: {fault.text or fault.code}")
    return OutcomeUnknownError(f"{SYSTEM}: {fault.text or fault.code}")
