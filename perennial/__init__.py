"""Perennial: the whole life of a subscription as durable Temporal workflows.

```python
from perennial import Account, CardPayment, Client, Order, SubscriptionState

order = Order(
    order_id="order-1001",
    account=Account(account_id="acme", name="Acme Ltd", email="billing@acme.example", country="US"),
    plan="team",
    quantity=5,
    currency="USD",
    payment=CardPayment(payment_method="pm_card_visa"),
)
async with Client.from_env() as client:
    sale = await client.sell(order)
    await client.wait_until(sale.subscription_id, SubscriptionState.ACTIVE)
```
"""

from domain.periods.periods import IntervalUnit
from domain.subscription.states import SubscriptionState
from starters.client import Client
from starters.errors import (
    ClientError,
    NotFoundError,
    OrderConflictError,
    OrderRefusedError,
    RequestRefusedError,
    UnauthorizedError,
    UnavailableError,
    WaitTimeoutError,
)
from starters.invoice_views import InvoiceDocumentView
from starters.orders import Account, AddOn, CardPayment, Interval, Order, TransferPayment
from starters.refusals import FieldError, InvalidInputError
from starters.views import (
    AccessView,
    AmountView,
    EventView,
    FeatureView,
    GrantView,
    InvoiceView,
    OrderView,
    PeriodView,
    RequestView,
    SaleView,
    SubscriptionSummary,
    SubscriptionView,
)
from workflows.contract.messages import CancelAt

__all__ = [
    "AccessView",
    "Account",
    "AddOn",
    "AmountView",
    "CancelAt",
    "CardPayment",
    "Client",
    "ClientError",
    "EventView",
    "FeatureView",
    "FieldError",
    "GrantView",
    "Interval",
    "IntervalUnit",
    "InvalidInputError",
    "InvoiceDocumentView",
    "InvoiceView",
    "NotFoundError",
    "Order",
    "OrderConflictError",
    "OrderRefusedError",
    "OrderView",
    "PeriodView",
    "RequestRefusedError",
    "RequestView",
    "SaleView",
    "SubscriptionState",
    "SubscriptionSummary",
    "SubscriptionView",
    "TransferPayment",
    "UnauthorizedError",
    "UnavailableError",
    "WaitTimeoutError",
]
