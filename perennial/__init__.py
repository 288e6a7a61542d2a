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

from perennial.client import Client
from perennial.documents import AmountView
from perennial.enums import CancelAt, IntervalUnit, SubscriptionState
from perennial.errors import (
    ClientError,
    InvalidInputError,
    NotFoundError,
    OrderConflictError,
    OrderRefusedError,
    RequestRefusedError,
    UnauthorizedError,
    UnavailableError,
    WaitTimeoutError,
)
from perennial.field_errors import FieldError
from perennial.invoices import InvoiceDocumentView, InvoiceView
from perennial.orders import (
    Account,
    AddOn,
    CardPayment,
    Interval,
    Order,
    OrderView,
    SaleView,
    TransferPayment,
)
from perennial.requests import RequestView
from perennial.subscriptions import (
    AccessView,
    EventView,
    FeatureView,
    GrantView,
    PeriodView,
    SubscriptionSummary,
    SubscriptionView,
)

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
