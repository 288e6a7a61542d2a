"""What the front doors are built from; made in one place, `starters.assemble`."""

from dataclasses import dataclass

from starters.use_cases.change_subscription import Changes
from starters.use_cases.ports import (
    AccessReader,
    AnswerShelf,
    EventVerifier,
    InboundJournal,
    Ledger,
    OrderShelf,
    Pinged,
    WorkflowGate,
)
from starters.use_cases.preview import Previews
from starters.use_cases.sell import Sales


@dataclass(frozen=True, kw_only=True, slots=True)
class FrontDoors:
    """Everything that the HTTP API and its webhooks need.

    Attributes:
        api_keys: Keys that callers may present, one or more.
        payment_events: Signature check of the payment provider.
        erp_events: Signature check of the ERP.
        crm_events: Signature check of the CRM.
    """

    api_keys: tuple[str, ...]
    sales: Sales
    changes: Changes
    previews: Previews
    gate: WorkflowGate
    orders: OrderShelf
    ledger: Ledger
    database: Pinged
    answers: AnswerShelf
    access: AccessReader
    inbound: InboundJournal
    payment_events: EventVerifier
    erp_events: EventVerifier
    crm_events: EventVerifier
