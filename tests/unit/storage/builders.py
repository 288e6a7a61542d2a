"""Builders of what is stored."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from domain.collection.next_step import Attempt
from domain.collection.provider_invoice import DeclineClass
from domain.effects.events import BusinessEvent, EventType, InvoiceRow, SaleRow, SubscriptionRow
from domain.entitlements.grants import FeatureQuantity, Grant
from domain.entitlements.holds import Hold
from domain.invoicing.invoice_parties import Party
from domain.invoicing.invoices import InvoiceDocument, InvoiceLine, InvoicePurpose
from domain.invoicing.transitions import InvoiceState
from domain.money.money import Money
from domain.periods.periods import Period
from domain.sales.states import SaleState
from domain.subscription.states import SubscriptionState

SELLER = Party(name="Perennial GmbH", country="DE", vat_id="DE999999999", address=("Am Tor 1",))
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
_COUNTER = itertools.count(1)


def draft_of(invoice_id: str, *, legal_entity: str = "PERENNIAL_DE") -> InvoiceDocument:
    return InvoiceDocument(
        invoice_id=invoice_id,
        subscription_id=invoice_id.rpartition("-")[0],
        account_id="acme",
        legal_entity=legal_entity,
        purpose=InvoicePurpose.FIRST,
        currency="EUR",
        lines=(
            InvoiceLine(
                line_id="1",
                price_of="team",
                description="Team plan",
                quantity=Decimal(5),
                unit_price=Decimal("9.800000000001"),
                amount=Money(minor_units=4900, currency="EUR"),
                period=Period(start=NOON, end=NOON + timedelta(days=31)),
                reason="first period",
                factor=Decimal("0.5"),
            ),
        ),
    )


DraftBuilder = Callable[..., InvoiceDocument]


@dataclass(frozen=True)
class EventBuilder:
    """Builds the events of one subscription, its sale and its first invoice."""

    order_id: str = "o-1"

    @property
    def subscription_id(self) -> str:
        return f"sub-{self.order_id}"

    @property
    def invoice_id(self) -> str:
        return f"{self.subscription_id}-0001"

    def event(self, entity: str, sequence: int, event_type: EventType) -> BusinessEvent:
        return BusinessEvent(
            entity=entity,
            sequence=sequence,
            event_type=event_type,
            at=NOON + timedelta(minutes=sequence),
            account_id="acme",
            subscription_id=self.subscription_id,
            summary=f"{event_type} happened",
        )

    def sale(self, sequence: int = 1, state: SaleState = SaleState.OPEN) -> BusinessEvent:
        row = SaleRow(
            order_id=self.order_id,
            subscription_id=self.subscription_id,
            account_id="acme",
            state=state,
        )
        event = self.event(f"sale/{self.order_id}", sequence, EventType.SALE_ACCEPTED)
        return replace(event, sale=row)

    def subscription(
        self, sequence: int = 1, state: SubscriptionState = SubscriptionState.PENDING
    ) -> BusinessEvent:
        row = SubscriptionRow(
            subscription_id=self.subscription_id,
            account_id="acme",
            order_id=self.order_id,
            plan="team",
            quantity=5,
            currency="EUR",
            state=state,
            period=Period(start=NOON, end=NOON + timedelta(days=31)) if sequence > 1 else None,
            period_number=sequence,
            cancel_at=None,
            next_due_at=NOON + timedelta(days=sequence),
        )
        event = self.event(
            f"subscription/{self.subscription_id}", sequence, EventType.SUBSCRIPTION_STARTED
        )
        return replace(event, subscription=row)

    def invoice(self, sequence: int = 1, state: InvoiceState = InvoiceState.OPEN) -> BusinessEvent:
        draft = draft_of(self.invoice_id)
        row = InvoiceRow(
            invoice_id=draft.invoice_id,
            subscription_id=draft.subscription_id,
            account_id=draft.account_id,
            number=None,
            purpose=draft.purpose,
            total=draft.total,
            issued_on=None,
            due_on=None,
            draft=draft,
            state=state,
            amount_due=Money(minor_units=4900 - sequence, currency="EUR"),
            provider_invoice_id="in_1",
            paid_at=NOON + timedelta(microseconds=1) if state is InvoiceState.PAID else None,
        )
        event = self.event(f"invoice/{self.invoice_id}", sequence, EventType.INVOICE_ISSUED)
        return replace(event, invoice=row)

    def declined(self, sequence: int, number: int) -> BusinessEvent:
        attempt = Attempt(
            number=number,
            payment_method="pm_1",
            at=NOON + timedelta(minutes=sequence),
            decline_class=DeclineClass.SOFT,
            decline_code="insufficient_funds",
        )
        return replace(self.invoice(sequence), attempt=attempt)

    def grant(self, version: int = 1, quantity: int = 5) -> Grant:
        return Grant(
            grant_id=self.invoice_id,
            version=version,
            account_id="acme",
            subscription_id=self.subscription_id,
            features=(FeatureQuantity(key="seats", quantity=quantity),),
            starts_at=NOON,
            until=NOON + timedelta(days=45),
        )

    def hold(self, version: int = 1, *, is_active: bool = True) -> Hold:
        return Hold(
            hold_id=f"{self.subscription_id}-hold",
            version=version,
            account_id="acme",
            subscription_id=self.subscription_id,
            is_active=is_active,
            reason="ended",
            starts_at=NOON,
        )

    def life(self) -> tuple[BusinessEvent, ...]:
        """Every kind of row, each changed more than once, by three entities."""
        return (
            self.sale(1),
            self.sale(2, SaleState.WON),
            self.subscription(1),
            self.invoice(1),
            self.declined(2, 1),
            self.declined(3, 2),
            replace(self.invoice(4, InvoiceState.PAID), grant=self.grant(1)),
            replace(self.subscription(2, SubscriptionState.ACTIVE), grant=self.grant(2, 7)),
            replace(self.subscription(3), hold=self.hold(1)),
            replace(
                self.subscription(4, SubscriptionState.ENDED), hold=self.hold(2, is_active=False)
            ),
        )
