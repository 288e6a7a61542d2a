"""What stands beyond the first page of a list is found there, not made again; against the sandbox's Stripe.

A repeat within a day would hide that, because Stripe replays the first answer: so the requests count.
"""

import httpx
import pytest

from connectors.stripe.provider import StripePayments
from tests.unit.connectors.conftest import account, attached, document, opened, usd


@pytest.fixture(autouse=True)
def pages_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("customers", "opening", "refunds"):
        monkeypatch.setattr(f"connectors.stripe.{module}._PAGE", 1)


def noted(payments: StripePayments) -> list[str]:
    """Return a list that the requests from now on are added to."""
    calls: list[str] = []

    async def note(request: httpx.Request) -> None:
        calls.append(f"{request.method} {request.url.path.rpartition('/')[2]}")

    payments._transport._pool.event_hooks["request"].append(note)
    return calls


async def test_a_customer_beyond_the_first_page_is_found(payments: StripePayments, name: str):
    customer_id = await payments.ensure_customer(account(name))
    await payments.ensure_customer(account(name, account_id=f"other-{name}"))
    calls = noted(payments)
    assert await payments.ensure_customer(account(name)) == customer_id
    assert calls == ["GET customers", "GET customers"]


async def test_a_provider_invoice_beyond_the_first_page_is_found(
    payments: StripePayments, customer_id: str, name: str
):
    first = await opened(payments, document(name), customer_id)
    other = document(name, invoice_id=f"sub-{name}-0002", number=f"INV-{name}-2")
    await opened(payments, other, customer_id)
    calls = noted(payments)
    assert await opened(payments, document(name), customer_id) == first
    assert calls == ["GET invoices", "GET invoices", f"GET {first.provider_invoice_id}"]


async def test_a_refund_beyond_the_first_page_is_found(
    payments: StripePayments, customer_id: str, name: str
):
    method = await attached(payments, customer_id, "pm_card_visa", name)
    invoice = await opened(payments, document(name), customer_id)
    paid = await payments.charge(
        provider_invoice_id=invoice.provider_invoice_id,
        payment_method=method,
        idempotency_key=f"{name}/1",
    )
    payment_id = paid.provider_invoice.payment_id
    assert payment_id is not None
    first, _ = [
        await payments.refund_payment(payment_id=payment_id, amount=usd(900), idempotency_key=key)
        for key in (f"{name}/a", f"{name}/b")
    ]
    calls = noted(payments)
    again = await payments.refund_payment(
        payment_id=payment_id, amount=usd(900), idempotency_key=f"{name}/a"
    )
    assert (again, calls) == (first, ["GET refunds", "GET refunds"])
