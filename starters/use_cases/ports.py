"""Ports: what the use cases and the API need of Temporal, of our tables and of the signature checks of vendors.

The type checker proves the fit in `starters.assemble`. Errors are those of `domain.failures` and
`starters.use_cases.errors`.
"""

from collections.abc import Sequence
from typing import Literal, Protocol

from domain.collection.next_step import Attempt
from domain.effects.events import BusinessEvent, InvoiceRow, SaleRow, SubscriptionRow
from domain.effects.inbound import ProviderEvent
from domain.entitlements.grants import Access, Grant
from domain.invoicing.invoice_parties import InvoiceParties
from domain.invoicing.invoices import InvoiceDocument
from domain.parties.orders import Order
from domain.pricing.terms import PlanTerms
from domain.subscription.states import SubscriptionState
from workflows.contract.messages import NewSaleInput, ProviderEventReceived, SaleAccepted
from workflows.contract.requests import RequestAccepted, SubscriptionRequest


class NoAnswerError(Exception):
    """Temporal is there, but no worker answered in time."""


class SaleClosedError(Exception):
    """The sale's workflow has already run to its end."""


class WorkflowClient(Protocol):
    """The few calls to Temporal that the API makes. All raise UnavailableError when it is down."""

    async def accept_sale(self, start: NewSaleInput) -> SaleAccepted:
        """Start the sale unless it is there, and return its answer.

        Raises:
            NoAnswerError: No worker answered in time; the sale may or may not have been started.
            SaleClosedError: The sale has already ended.
        """
        ...

    async def start_sale(self, start: NewSaleInput) -> None:
        """Make sure that the sale has been started, without waiting for a worker.

        Raises:
            SaleClosedError: The sale has already ended.
        """
        ...

    async def request(self, subscription_id: str, request: SubscriptionRequest) -> RequestAccepted:
        """Send the request to the subscription.

        Raises:
            RequestRefusedError: It cannot be done in the present state.
            UnknownEntityError: No such subscription is running.
        """
        ...

    async def signal_invoice(self, invoice_id: str, event: ProviderEventReceived) -> bool:
        """Signal the invoice that something changed; return False if no such invoice is running."""
        ...

    async def check(self) -> None:
        """Check that Temporal answers."""
        ...


class OrderStore(Protocol):
    """Orders as submitted."""

    async def add_order(self, order: Order) -> object:
        """Keep the order; the same order again changes nothing.

        Raises:
            ConflictError: The order id is already used with other content.
        """
        ...

    async def find_order(self, order_id: str) -> Order | None:
        """Return the order, or None if it is unknown."""
        ...


class SaleStore(Protocol):
    """Sales as recorded."""

    async def find_sale(self, order_id: str) -> SaleRow | None:
        """Return the sale, or None if nothing is recorded of it yet."""
        ...


class Sold(Protocol):
    """Plans that are sold."""

    def terms_of(self, order: Order) -> PlanTerms:
        """Return the terms that this order buys.

        Raises:
            NotSoldError: The catalog does not sell it.
        """
        ...


class ReadModel(Protocol):
    """The read model: the present state of every entity, and what happened to it."""

    async def find_sale(self, order_id: str) -> SaleRow | None:
        """Return the sale, or None if nothing is recorded of it yet."""
        ...

    async def find_subscription(self, subscription_id: str) -> SubscriptionRow | None:
        """Return the subscription, or None if nothing is recorded of it yet."""
        ...

    async def subscriptions(
        self,
        *,
        account_id: str | None = None,
        state: SubscriptionState | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> Sequence[SubscriptionRow]:
        """Return up to `limit` subscriptions, ascending by id, from the one after `after`."""
        ...

    async def find_invoice(self, invoice_id: str) -> InvoiceRow | None:
        """Return the invoice, or None if nothing is recorded of it yet."""
        ...

    async def document_of(self, invoice: InvoiceRow) -> InvoiceDocument | None:
        """Return the document of an invoice."""
        ...

    async def parties_of(self, invoice_id: str) -> InvoiceParties | None:
        """Return seller and buyer as the invoice names them, or None before it has a number."""
        ...

    async def attempts_of(self, invoice_id: str) -> Sequence[Attempt]:
        """Return the charges tried for the invoice, oldest first."""
        ...

    async def invoices_of(
        self, subscription_id: str, *, limit: int = 100, after: str | None = None
    ) -> Sequence[InvoiceRow]:
        """Return up to `limit` invoices of the subscription, oldest first, from the one after `after`."""
        ...

    async def newest_invoices_of(self, subscription_id: str, limit: int) -> Sequence[InvoiceRow]:
        """Return the newest invoices of the subscription, oldest first."""
        ...

    async def grants_of(
        self, subscription_id: str, *, limit: int = 100, after: str | None = None
    ) -> Sequence[Grant]:
        """Return up to `limit` grants of the subscription, earliest start first, from the one after `after`."""
        ...

    async def newest_grants_of(self, subscription_id: str, limit: int) -> Sequence[Grant]:
        """Return the grants of the subscription that start last, earliest start first."""
        ...

    async def events_of(
        self, subscription_id: str, *, after: str | None = None, limit: int = 100
    ) -> Sequence[BusinessEvent]:
        """Return what happened to the subscription, its sale and its invoices, oldest first."""
        ...


class Pinged(Protocol):
    """A service whose availability can be checked."""

    async def ping(self) -> None:
        """Check that it answers.

        Raises:
            UnavailableError: It does not.
        """
        ...


Disposition = Literal["delivered", "unknown_object", "other_api_version", "closed", "ignored"]
"""What became of an event that an outside system sent."""


class InboundJournal(Protocol):
    """Events as received, one row per event however often it was delivered."""

    async def record(
        self, *, source: str, event_id: str, event_type: str, disposition: Disposition
    ) -> object:
        """Record that this event was received, and its disposition."""
        ...


class EventVerifier(Protocol):
    """Signature check of one sender."""

    def verify(self, body: bytes, signature: str | None) -> ProviderEvent:
        """Return the event in this body, signed a short while ago.

        Raises:
            WebhookRefusedError: The signature is missing, wrong or of another time, or the body is no event.
        """
        ...


class AccessReader(Protocol):
    """The entitlement service, as far as the API needs it."""

    async def read_access(self, account_id: str) -> Access:
        """Return what the account may use right now."""
        ...


class KeyClaim(Protocol):
    """What a request with an idempotency key has to do."""

    @property
    def state(self) -> Literal["new", "in_progress", "finished"]:
        """Serve it, answer that it is in progress, or repeat the stored response."""
        ...

    @property
    def response_status(self) -> int | None:
        """HTTP status of the stored response; None unless finished."""
        ...

    @property
    def response_body(self) -> bytes | None:
        """Body of the stored response; None unless finished."""
        ...


class IdempotencyStore(Protocol):
    """First responses by idempotency key."""

    async def begin(self, key: str, fingerprint: str) -> KeyClaim:
        """Claim the key for this request, or return the state of the request that holds it.

        Raises:
            ConflictError: The key was used for another request.
        """
        ...

    async def finish(self, key: str, *, status: int, body: bytes) -> None:
        """Store the response."""
        ...

    async def release(self, key: str) -> None:
        """Release the claim: the request may be tried again."""
        ...
