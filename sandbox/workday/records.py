"""The tenant's documents and the reference IDs by which they are found."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.store import Document, Store
from sandbox.workday.reading import children
from sandbox.workday.soap import WD, Element, ValidationFaultError
from sandbox.workday.tenant import InvalidIdError

SYSTEM = "workday"
_ALIAS = "_alias"

CUSTOMER, INVOICE, ADJUSTMENT, PAYMENT = "customer", "invoice", "adjustment", "payment"
REFERENCE_TYPE = {
    CUSTOMER: "Customer_ID",
    INVOICE: "Customer_Invoice_Reference_ID",
    ADJUSTMENT: "Customer_Invoice_Adjustment_Reference_ID",
    PAYMENT: "Customer_Payment_for_Invoices_Reference_ID",
}
"""Kind of document -> the type of its main reference ID."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Records:
    """Documents by kind and key, found by any of their reference IDs.

    Every document has `id` (its key), `wid` and `references` (type -> value).
    """

    store: Store

    def new(self, kind: str, key: str) -> Document:
        """Return the start of a document: its key, its WID and its main reference."""
        wid = hashlib.md5(f"{kind}/{key}".encode(), usedforsecurity=False).hexdigest()
        return {"id": key, "wid": wid, "references": {"WID": wid, REFERENCE_TYPE[kind]: key}}

    def put(self, kind: str, document: Document) -> None:
        """Insert or replace a document and index its reference IDs."""
        key = document["id"]
        if self.store.get(SYSTEM, kind, key) is None:
            for id_type, value in document["references"].items():
                self.store.put(SYSTEM, _ALIAS, f"{kind}/{id_type}/{value}", {"key": key})
        self.store.put(SYSTEM, kind, key, document)

    def get(self, kind: str, key: str) -> Document | None:
        """Return the document with that key, or None."""
        return self.store.get(SYSTEM, kind, key)

    def find(self, kind: str, id_type: str, value: str) -> Document | None:
        """Return the document with that reference ID, or None."""
        alias = self.store.get(SYSTEM, _ALIAS, f"{kind}/{id_type}/{value}")
        return None if alias is None else self.get(kind, alias["key"])

    def resolve(self, kind: str, reference: Element) -> Document:
        """Return the document to which a reference element refers.

        Raises:
            InvalidIdError: An ID of the reference is unknown.
            ValidationFaultError: The reference has no ID.
        """
        found: Document | None = None
        for identifier in children(reference, "ID"):
            value, id_type = identifier.text or "", identifier.get(f"{{{WD}}}type", "")
            found = self.find(kind, id_type, value)
            if found is None:
                raise InvalidIdError(identifier)
        if found is None:
            raise ValidationFaultError("A reference needs an ID.")
        return found

    def resolve_all(self, kind: str, references: Iterable[Element]) -> list[Document]:
        """Return the documents to which these references refer, in their order.

        Raises:
            InvalidIdError: An ID of a reference is unknown.
        """
        return [self.resolve(kind, reference) for reference in references]

    def all(self, kind: str) -> list[Document]:
        """Return all documents of a kind, oldest first."""
        return self.store.all(SYSTEM, kind)

    def number(self, name: str) -> int:
        """Return the next number of a gapless sequence, from 1."""
        return self.store.next_number(SYSTEM, name)
