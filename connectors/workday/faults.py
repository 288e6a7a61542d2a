"""What Workday's SOAP faults mean. HTTP 500 alone does not distinguish them, so the body decides.

Source: Workday Revenue_Management web service v39.2: its fault types, and the validation messages that it
documents for each operation. The other messages were seen in integrations.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from connectors.vendor_words import vendor_words
from connectors.workday.envelopes import WD, Element
from domain.failures import (
    ConflictError,
    CredentialsError,
    NotReadyError,
    OutcomeUnknownError,
    PerennialError,
    RejectedError,
    UnavailableError,
)

SYSTEM: Final = "Workday"
_BUSY: Final = (
    r"event is in.progress|run in progress|rebill is in progress|while this event is running"
    r"|try again|concurrent"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """A SOAP fault.

    Attributes:
        code: The `faultcode` without its prefix, such as `Client.validationError`.
        messages: The texts of the fault, the most specific first.
    """

    code: str
    messages: tuple[str, ...]

    @property
    def text(self) -> str:
        """All messages in one line."""
        return " | ".join(dict.fromkeys(self.messages))


FAULTS: Final[tuple[tuple[str, str, Callable[[str], PerennialError]], ...]] = (
    ("authenticationError", "", CredentialsError),
    ("", r"invalid username or password", CredentialsError),
    # The integration system user lacks a permission: an administrator grants it.
    ("", r"task submitted is not authorized", CredentialsError),
    ("", r"web service or version is invalid", RejectedError),
    # The server failed during processing, whatever the text of the fault says.
    ("processingError", "", OutcomeUnknownError),
    ("", r"set to add only|already exists|already in use|must be unique|duplicate", ConflictError),
    # Another process is working on the same object; nothing was changed.
    ("validationError", _BUSY, UnavailableError),
    ("", r"valid ID value for type = '(Customer_ID|Customer_Reference_ID)'", NotReadyError),
    ("", r"valid ID value for type = 'Customer_Invoice_Reference_ID'", NotReadyError),
    ("validationError", "", RejectedError),
    ("Client", "", RejectedError),
    ("VersionMismatch", "", RejectedError),
)
"""(part of the fault code, pattern of the text, failure): the first row that matches decides."""


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
    """Return the domain failure for a fault; a fault that matches no row is an unknown outcome."""
    for code, pattern, failure in FAULTS:
        if code in fault.code and re.search(pattern, fault.text, re.IGNORECASE):
            return failure(_message(fault))
    return OutcomeUnknownError(_message(fault))


def _message(fault: Fault) -> str:
    return f"{SYSTEM}: {vendor_words(fault.text or fault.code)}"
