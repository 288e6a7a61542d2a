"""Opening provider invoices, against the sandbox's Stripe."""

from typing import Any

import httpx
import pytest

from connectors.stripe.provider import StripePayments
from connectors.stripe.settings import StripeSettings
from domain.collection.provider_invoice import ProviderInvoiceStatus
from domain.failures import (
    ConflictError,
    OutcomeUnknownError,
    RejectedError,
    UnavailableError,
)
from tests.unit.connectors.conftest import (
    Sandbox,
    attached,
    document,
    fund,
    invoices_of,
    line,
    opened,
    read_stripe,
    tax,
    usd,
)


async def test_a_provider_invoice_asks_for_lines_and_tax_under_our_number(
    payments: StripePayments, stripe_settings: StripeSettings, customer_id: str, name: str
):
    provider_invoice = await opened(payments, document(name, tax_lines=(tax(),)), customer_id)
    invoice = await read_stripe(stripe_settings, f"invoices/{provider_invoice.provider_invoice_id}")
    assert provider_invoice.status is ProviderInvoiceStatus.OPEN
    assert provider_invoice.amount_due == usd(5831)
    assert provider_invoice.amount_paid == usd(0)
    assert provider_invoice.invoice_id == f"sub-{name}-0001"
    assert (provider_invoice.paid_at, provider_invoice.payment_id) == (None, None)
    assert provider_invoice.hosted_url is not None
    assert invoice["number"] == f"INV-{name}"
    assert (invoice["auto_advance"], invoice["collection_method"]) == (
        False,
        "charge_automatically",
    )
    assert invoice["metadata"] == {
        "perennial_invoice_id": f"sub-{name}-0001",
        "perennial_subscription_id": f"sub-{name}",
        "perennial_account_id": f"acc-{name}",
    }
    assert sorted(each["amount"] for each in invoice["lines"]["data"]) == [931, 4900]


@pytest.mark.parametrize(
    "lost",
    [
        "POST /v1/invoices",
        "/add_lines",
        "/finalize",
        "/send",
    ],
)
async def test_a_provider_invoice_is_resumed_wherever_the_earlier_attempt_stopped(
    payments: StripePayments,
    sandbox: Sandbox,
    stripe_settings: StripeSettings,
    customer_id: str,
    name: str,
    lost: str,
):
    sandbox.fault("stripe", fault="lost_response", times=1, match=lost)
    with pytest.raises(OutcomeUnknownError):
        await opened(payments, document(name), customer_id, sent=True)
    provider_invoice = await opened(payments, document(name), customer_id, sent=True)
    invoices = await invoices_of(stripe_settings, customer_id)
    assert provider_invoice.status is ProviderInvoiceStatus.OPEN
    assert [each["id"] for each in invoices] == [provider_invoice.provider_invoice_id]
    assert invoices[0]["total"] == 4900


async def test_a_provider_invoice_that_was_refused_on_the_way_is_finished_later(
    payments: StripePayments, sandbox: Sandbox, customer_id: str, name: str
):
    sandbox.fault("stripe", fault="status", status=503, times=1, match="/add_lines")
    with pytest.raises(UnavailableError):
        await opened(payments, document(name), customer_id)
    assert (await opened(payments, document(name), customer_id)).amount_due == usd(4900)


async def test_an_open_provider_invoice_of_another_amount_is_a_conflict(
    payments: StripePayments, customer_id: str, name: str
):
    await opened(payments, document(name), customer_id)
    with pytest.raises(ConflictError, match=r"49\.00 USD"):
        await opened(payments, document(name, lines=(line(5900),)), customer_id)


async def test_a_provider_invoice_that_is_paid_before_it_is_sent_is_returned_as_paid(
    payments: StripePayments, stripe_settings: StripeSettings, customer_id: str, name: str
):
    paid: list[str] = []

    async def pay_before_sending(request: httpx.Request) -> None:
        if request.url.path.endswith("/send") and not paid:
            paid.append(name)
            await fund(stripe_settings, customer_id, usd(4900))

    payments._transport._pool.event_hooks["request"].append(pay_before_sending)
    provider_invoice = await opened(payments, document(name), customer_id, sent=True)
    assert paid == [name]
    assert (provider_invoice.status, provider_invoice.amount_paid) == (
        ProviderInvoiceStatus.PAID,
        usd(4900),
    )
    assert provider_invoice.payment_id is not None


async def test_a_provider_invoice_that_cannot_be_sent_is_refused(
    payments: StripePayments, sandbox: Sandbox, customer_id: str, name: str
):
    sandbox.fault("stripe", fault="status", status=400, times=1, match="/send")
    with pytest.raises(RejectedError):
        await opened(payments, document(name), customer_id, sent=True)


async def test_a_document_without_number_is_refused_before_anything_is_sent(
    payments: StripePayments, stripe_settings: StripeSettings, customer_id: str, name: str
):
    with pytest.raises(RejectedError, match="no number"):
        await opened(payments, document(name, number=None), customer_id)
    assert await invoices_of(stripe_settings, customer_id) == []


@pytest.mark.parametrize(
    ("currency", "method", "transfer"),
    [
        ("EUR", "customer_balance", "eu_bank_transfer"),
        ("USD", "customer_balance", "us_bank_transfer"),
        ("GBP", "customer_balance", "gb_bank_transfer"),
        ("JPY", "customer_balance", "jp_bank_transfer"),
        ("CHF", "card", None),
    ],
)
async def test_a_provider_invoice_that_is_sent_carries_bank_details_and_the_due_date(
    payments: StripePayments,
    stripe_settings: StripeSettings,
    customer_id: str,
    name: str,
    currency: str,
    method: str,
    transfer: str | None,
):
    invoice = document(name, currency=currency, lines=(line(currency=currency),))
    provider_invoice = await opened(payments, invoice, customer_id, sent=True)
    sent = await read_stripe(stripe_settings, f"invoices/{provider_invoice.provider_invoice_id}")
    options: dict[str, Any] = sent["payment_settings"]["payment_method_options"] or {}
    balance: dict[str, Any] = options.get("customer_balance") or {}
    details: dict[str, Any] = balance.get("bank_transfer") or {}
    assert sent["collection_method"] == "send_invoice"
    assert sent["due_date"] is not None
    assert sent["payment_settings"]["payment_method_types"] == [method]
    assert details.get("type") == transfer


async def test_opening_a_card_provider_invoice_costs_four_calls_and_charging_it_one(
    payments: StripePayments, customer_id: str, name: str
):
    method = await attached(payments, customer_id, "pm_card_visa", name)
    calls: list[str] = []

    async def note(request: httpx.Request) -> None:
        calls.append(f"{request.method} {request.url.path.rpartition('/')[2]}")

    payments._transport._pool.event_hooks["request"].append(note)
    provider_invoice = await opened(payments, document(name), customer_id)
    await payments.charge(
        provider_invoice_id=provider_invoice.provider_invoice_id,
        payment_method=method,
        idempotency_key=f"{name}/1",
    )
    assert calls == ["GET invoices", "POST invoices", "POST add_lines", "POST finalize", "POST pay"]
