"""The context of every operation, and the parts that their responses share."""

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
    """The context of every operation: the records, the journal and the current instant."""

    records: Records
    journal: Journal
    at: datetime

    def note(self, action: str, key: str, summary: str) -> None:
        """Write an entry to the journal."""
        self.journal.write(SYSTEM, action, key, summary, self.at)


class AlreadyExistsError(ValidationFaultError):
    """Add_Only is set, but the reference ID already exists."""

    def __init__(self, data: Element, what: str) -> None:
        super().__init__(f"The Web Service is set to Add Only; {what}.", path_of(data))


def reference_response(
    request: Element, name: str, document: Document, warnings: tuple[str, ...] = ()
) -> Element:
    """Return the usual response: the reference to the document that was written, and any warnings."""
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
    """Return a child that the schema requires.

    Raises:
        ValidationFaultError: The child is missing nevertheless.
    """
    found = child(parent, name)
    if found is None:
        raise ValidationFaultError(f"{name} is required.", path_of(parent))
    return found
