"""Domain values as JSON documents, without loss in both directions."""

from typing import Any, Final, Generic, TypeVar

from pydantic import JsonValue, TypeAdapter

from domain.effects.events import BusinessEvent
from domain.entitlements.grants import FeatureQuantity
from domain.invoicing.invoice_parties import InvoiceParties
from domain.invoicing.invoices import InvoiceDocument
from domain.parties.orders import Order

Value = TypeVar("Value")


class Document(Generic[Value]):
    """Turns values of one domain type into JSON documents and back; decimals become strings."""

    def __init__(self, adapter: TypeAdapter[Value]) -> None:
        self._adapter = adapter

    def encode(self, value: Value) -> JsonValue:
        """Return the value as a JSON document."""
        document: JsonValue = self._adapter.dump_python(value, mode="json")
        return document

    def decode(self, document: object) -> Value:
        """Return the value of a stored document; a field that is missing in it takes its default."""
        return self._adapter.validate_python(document)


ORDER: Final = Document(TypeAdapter(Order))
INVOICE: Final = Document(TypeAdapter(InvoiceDocument))
PARTIES: Final = Document(TypeAdapter(InvoiceParties))
CARRIED: Final = Document(TypeAdapter(Any))
EVENT: Final = Document(TypeAdapter(BusinessEvent))
FEATURES: Final = Document(TypeAdapter(tuple[FeatureQuantity, ...]))
