"""The carried state of a `NewSale` and what is derived from it; no waiting happens here."""

from dataclasses import dataclass, field
from datetime import datetime

from activities.messages import SaleTerms, SubscriptionInput
from domain.effects.events import SaleState
from domain.effects.outbox import (
    Effect,
)
from workflows.contract.messages import InvoiceChanged, NewSaleInput


@dataclass(kw_only=True, slots=True)
class SaleProgress:
    """Everything a sale knows; carried across runs as one value.

    Attributes:
        start: What it was started with; never changed.
        sequence: Number of business events so far.
        terms: What was sold, once read.
        accepted_at: Anchor of the subscription's periods, in whole seconds.
        customer_id: The payment provider's customer, once known.
        payment_method: The attached payment method; None for transfers and refused cards.
        is_method_decided: Whether attaching a payment method was tried or is not needed.
        is_started: Whether the subscription's workflow was started.
        first_invoice: Outcome of the first invoice, once reported.
        stop_reason: Why an operator cancelled the sale, or None.
    """

    start: NewSaleInput
    state: SaleState = SaleState.OPEN
    sequence: int = 0
    terms: SaleTerms | None = None
    accepted_at: datetime | None = None
    customer_id: str | None = None
    payment_method: str | None = None
    is_method_decided: bool = False
    is_started: bool = False
    first_invoice: InvoiceChanged | None = None
    stop_reason: str | None = None
    failure: str | None = None
    outbox: list[Effect] = field(default_factory=list[Effect])


def subscription_for(
    start: NewSaleInput, progress: SaleProgress, terms: SaleTerms, customer_id: str
) -> SubscriptionInput:
    """Return what the sale's subscription is started with.

    Raises:
        ValueError: If the sale was never accepted.
    """
    if progress.accepted_at is None:
        raise ValueError(f"sale {start.order_id} is not accepted yet")
    return SubscriptionInput(
        subscription_id=start.subscription_id,
        order_id=start.order_id,
        account_id=start.account_id,
        zone=terms.zone,
        purchase_order=terms.purchase_order,
        plan=terms.plan,
        policy=terms.policy,
        payment=terms.payment,
        customer_id=customer_id,
        payment_method=progress.payment_method,
        anchor=progress.accepted_at,
    )
