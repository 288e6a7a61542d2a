"""What every operation works with, and what their answers share."""

from dataclasses import dataclass
from datetime import datetime

from sandbox.journal import Journal
from sandbox.store import Document
from sandbox.workday.reading import child
from sandbox.workday.records import SYSTEM, Records
from sandbox.workday.schema import path_of
from sandbox.workday.soap import (
    Element,
    ValidationFaultError,
    add,
    add_reference,
    element,
    local_name,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """What every operation works with: the records, the journal and the present instant."""

    records: Records
    journal: Journal
    at: datetime

    def note(self, action: str, key: str, summary: str) -> None:
        """Write down what happened."""
        self.journal.write(SYSTEM, action, key, summary, self.at)


class AlreadyExistsError(ValidationFaultError):
    """Add_Only with a reference ID that is taken."""

    def __init__(self, data: Element, what: str) -> None:
        super().__init__(f"The Web Service is set to Add Only; {what}.", path_of(data))


def reference_response(
    request: Element, name: str, document: Document, warnings: tuple[str, ...] = ()
) -> Element:
    """Return the usual response: the reference to what was written, and warnings if any."""
    response = element(local_name(request).replace("_Request", "_Response"))
    add_reference(response, name, document["references"])
    if warnings:
        exceptions = add(add(response, "Exceptions_Response_Data"), "Exceptions_Data")
        for warning in warnings:
            exception = add(exceptions, "Exception_Data")
            add(exception, "Classification", "Warning")
            add(exception, "Message", warning)
    return response


def required(parent: Element, name: str) -> Element:
    """Return a child that the schema lets nobody leave out.

    Raises:
        ValidationFaultError: It is missing all the same.
    """
    found = child(parent, name)
    if found is None:
        raise ValidationFaultError(f"{name} is required.", path_of(parent))
    return found
