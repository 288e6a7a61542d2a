"""An order: what was sold, to whom, and how it will be paid."""

import hashlib
import json
from dataclasses import asdict, dataclass
from enum import StrEnum

from domain.parties.accounts import AccountProfile
from domain.periods.periods import Interval


class PaymentKind(StrEnum):
    """How the account pays."""

    CARD = "card"
    """A stored payment method is charged at once, off-session."""
    TRANSFER = "transfer"
    """An invoice is sent with bank details and a due date."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentChoice:
    """The payment part of an order.

    Attributes:
        kind: Card now, or transfer later.
        payment_method: The provider's token of a stored payment method (`pm_...`); only for cards.
        days_until_due: Payment term in whole days; only for transfers.
    """

    kind: PaymentKind
    payment_method: str | None = None
    days_until_due: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderItem:
    """One thing bought: a plan or an add-on of the catalog, and how many of it (1 or more)."""

    price_of: str
    quantity: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """A sale as submitted by a service, the command line or a CRM event.

    Attributes:
        order_id: The seller's own key; the same id with the same content is the same sale.
        account: Who buys.
        plan: Id of the plan in the catalog.
        quantity: Number of units (seats) of the plan, 1 or more.
        interval: Billing interval; the plan must have a price for it.
        currency: ISO 4217 code; the plan must have a price in it.
        payment: How the account pays.
        opportunity_id: The CRM's external id of the deal; None for self-serve sales, which use the order id.
        purchase_order: The buyer's own reference, printed on the invoice.
        add_ons: Further items of the catalog billed with the plan.
        coupons: Discounts of the catalog that the buyer was promised.
    """

    order_id: str
    account: AccountProfile
    plan: str
    quantity: int
    interval: Interval
    currency: str
    payment: PaymentChoice
    opportunity_id: str | None = None
    purchase_order: str | None = None
    add_ons: tuple[OrderItem, ...] = ()
    coupons: tuple[str, ...] = ()


def order_digest(order: Order) -> str:
    """Return the SHA-256 (hex) of the order's content, the same for the same content in any process.

    Fields that an order leaves out do not count, so that a field added later does not change old digests.
    """
    content = asdict(order, dict_factory=_given)
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _given(fields: list[tuple[str, object]]) -> dict[str, object]:
    return {name: value for name, value in fields if value not in (None, ())}
