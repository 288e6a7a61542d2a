"""What the API needs to serve requests; built in one place, `starters.assemble`."""

from dataclasses import dataclass

from starters.use_cases.ports import (
    AccessReader,
    EventVerifier,
    IdempotencyStore,
    InboundJournal,
    OrderStore,
    Pinged,
    ReadModel,
    WorkflowClient,
)
from starters.use_cases.preview import Previews
from starters.use_cases.sell import Sales
from starters.use_cases.subscription_requests import SubscriptionRequests


@dataclass(frozen=True, kw_only=True, slots=True)
class Services:
    """Everything that the HTTP API and its webhooks need.

    Attributes:
        api_keys: Keys that callers may present, one or more.
        payment_events: Signature check of the payment provider.
        erp_events: Signature check of the ERP.
        crm_events: Signature check of the CRM.
    """

    api_keys: tuple[str, ...]
    sales: Sales
    requests: SubscriptionRequests
    previews: Previews
    workflow_client: WorkflowClient
    orders: OrderStore
    read_model: ReadModel
    database: Pinged
    idempotency: IdempotencyStore
    access: AccessReader
    inbound: InboundJournal
    payment_events: EventVerifier
    erp_events: EventVerifier
    crm_events: EventVerifier
