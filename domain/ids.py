"""Ids as functions of business keys: the same sale has the same ids in every system.

An idempotency key names the *business* attempt, never the Temporal attempt or the run, so that it
survives retries, continue-as-new, reset and redeploy.
"""


def subscription_id(order_id: str) -> str:
    """Return the id of the subscription that this order creates."""
    return f"sub-{order_id}"


def invoice_id(subscription: str, sequence: int) -> str:
    """Return the id of a subscription's invoice; `sequence` counts its invoices from 1."""
    return f"{subscription}-{sequence:04d}"


def sale_workflow_id(order_id: str) -> str:
    """Return the workflow id of the sale of this order."""
    return f"sale/{order_id}"


def subscription_workflow_id(subscription: str) -> str:
    """Return the workflow id of this subscription."""
    return f"subscription/{subscription}"


def invoice_workflow_id(invoice: str) -> str:
    """Return the workflow id of this invoice."""
    return f"invoice/{invoice}"


def charge_key(invoice: str, attempt: int) -> str:
    """Return the idempotency key of the `attempt`-th business attempt (1, 2, ...) to charge an invoice."""
    return f"{invoice}/charge/{attempt}"


def payment_method_key(account: str, payment_method: str) -> str:
    """Return the idempotency key for attaching a payment method to an account's payment customer."""
    return f"{account}/payment-method/{payment_method}"


def payment_customer_key(account: str) -> str:
    """Return the idempotency key for creating the payment customer of an account."""
    return f"{account}/customer"


def hold_id(subscription: str) -> str:
    """Return the id of the one hold that a subscription may put on its own access."""
    return f"{subscription}-hold"


def event_id(entity: str, sequence: int, event_type: str, *, generation: int = 0) -> str:
    """Return the id of a business event of an entity such as `invoice/sub-1-0001`; `sequence` starts at 1.

    Generation 0 is the entity as it was first started, so only later generations are named.
    """
    place = f"{sequence}" if generation == 0 else f"g{generation}/{sequence}"
    return f"{entity}/{place}/{event_type}"
