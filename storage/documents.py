"""Domain values as JSON documents, without loss in both directions."""

import zlib
from collections.abc import Mapping
from typing import Final, Generic, TypeVar, cast

from pydantic import JsonValue, TypeAdapter
from pydantic_core import to_json
from sqlalchemy import RowMapping

from domain.effects.events import BusinessEvent
from domain.entitlements.grants import FeatureQuantity
from domain.invoicing.invoice_parties import InvoiceParties
from domain.invoicing.invoices import InvoiceDocument
from domain.parties.orders import Order

Value = TypeVar("Value")


class Document(Generic[Value]):
    """Turns values of one domain type into JSON documents and back; decimals become strings.

    Args:
        adapter: Knows the type.
        is_short: Leave out fields that have their default. Not for documents that bind us: what they say must
            not depend on a default of today's code.
    """

    def __init__(self, adapter: TypeAdapter[Value], *, is_short: bool = False) -> None:
        self._adapter = adapter
        self._is_short = is_short

    def encode(self, value: Value) -> JsonValue:
        """Return the value as a JSON document."""
        document: JsonValue = self._adapter.dump_python(
            value, mode="json", exclude_defaults=self._is_short
        )
        return document

    def decode(self, document: object) -> Value:
        """Return the value of a stored document; a field that is missing in it takes its default."""
        return self._adapter.validate_python(document)


ORDER: Final = Document(TypeAdapter(Order))
INVOICE: Final = Document(TypeAdapter(InvoiceDocument))
PARTIES: Final = Document(TypeAdapter(InvoiceParties))
EVENT: Final = Document(TypeAdapter(BusinessEvent), is_short=True)
FEATURES: Final = Document(TypeAdapter(tuple[FeatureQuantity, ...]))

_EVENT_COLUMNS: Final = (
    "entity",
    "generation",
    "sequence",
    "event_type",
    "at",
    "account_id",
    "subscription_id",
)


def event_row(event: BusinessEvent) -> Mapping[str, object]:
    """Return the row of an event; its document has what the columns do not say."""
    document = cast("dict[str, JsonValue]", EVENT.encode(event))
    rest = {name: value for name, value in document.items() if name not in _EVENT_COLUMNS}
    columns = {name: getattr(event, name) for name in _EVENT_COLUMNS}
    return columns | {
        "event_id": event.event_id,
        "event_type": event.event_type.value,
        "document": rest,
    }


def event_of(row: RowMapping) -> BusinessEvent:
    """Return the event of a row."""
    return EVENT.decode(row["document"] | {name: row[name] for name in _EVENT_COLUMNS})


def packed(state: object) -> bytes:
    """Return a carried state as compressed JSON: it is stored with each event and read only to revive."""
    return zlib.compress(to_json(state))
