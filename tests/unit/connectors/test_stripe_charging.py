"""Charging, voiding and refunding, against the sandbox's Stripe."""

import pytest

from connectors.stripe.provider import StripePayments
from connectors.stripe.settings import StripeSettings
from domain.collection.provider_invoice import DeclineClass, ProviderInvoiceStatus
from domain.failures import (
    ConflictError,
    OutcomeUnknownError,
    RejectedError,
    UnknownEntityError,
)
from tests.unit.connectors.conftest import Sandbox, attached, document, opened, read_stripe, usd


async def test_a_card_pays_the_provider_invoice_and_a_repeat_of_the_key_pays_nothing_more(
    payments: StripePayments, customer_id: str, name: str
):
    method = await attached(payments, customer_id, "pm_card_visa", name)
    provider_invoice = await opened(payments, document(name), customer_id)
    key = f"sub-{name}-0001/charge/1"
    first = await payments.charge(
        provider_invoice_id=provider_invoice.provider_invoice_id,
        payment_method=method,
        idempotency_key=key,
    )
    again = await payments.charge(
        provider_invoice_id=provider_invoice.provider_invoice_id,
        payment_method=method,
        idempotency_key=key,
    )
    assert first.decline is None
    assert first.provider_invoice.status is ProviderInvoiceStatus.PAID
    assert first.provider_invoice.amount_paid == usd(4900)
    assert first.provider_invoice.paid_at is not None
    assert (first.provider_invoice.payment_id or "").startswith("pi_")
    assert again == first
    assert (
        await payments.read_provider_invoice(provider_invoice.provider_invoice_id)
        == first.provider_invoice
    )


async def test_a_new_attempt_on_a_paid_provider_invoice_tells_that_it_is_paid(
    payments: StripePayments, customer_id: str, name: str
):
    method = await attached(payments, customer_id, "pm_card_visa", name)
    provider_invoice = await opened(payments, document(name), customer_id)
    results = [
        await payments.charge(
            provider_invoice_id=provider_invoice.provider_invoice_id,
            payment_method=method,
            idempotency_key=f"{name}/{n}",
        )
        for n in (1, 2)
    ]
    assert results[1] == results[0]


async def test_a_charge_whose_answer_was_lost_is_found_paid(
    payments: StripePayments, sandbox: Sandbox, customer_id: str, name: str
):
    method = await attached(payments, customer_id, "pm_card_visa", name)
    provider_invoice = await opened(payments, document(name), customer_id)
    sandbox.fault("stripe", fault="lost_response", times=1, match="/pay")
    result = await payments.charge(
        provider_invoice_id=provider_invoice.provider_invoice_id,
        payment_method=method,
        idempotency_key=f"{name}/1",
    )
    assert result.provider_invoice.status is ProviderInvoiceStatus.PAID


async def test_a_charge_whose_outcome_cannot_be_read_either_is_unknown_until_the_repeat(
    payments: StripePayments, sandbox: Sandbox, customer_id: str, name: str
):
    method = await attached(payments, customer_id, "pm_card_visa", name)
    provider_invoice = await opened(payments, document(name), customer_id)
    sandbox.fault("stripe", fault="lost_response", times=2, match="/v1/invoices/")
    with pytest.raises(OutcomeUnknownError):
        await payments.charge(
            provider_invoice_id=provider_invoice.provider_invoice_id,
            payment_method=method,
            idempotency_key=f"{name}/1",
        )
    result = await payments.charge(
        provider_invoice_id=provider_invoice.provider_invoice_id,
        payment_method=method,
        idempotency_key=f"{name}/1",
    )
    assert result.provider_invoice.status is ProviderInvoiceStatus.PAID


async def test_a_card_that_is_declined_when_charged_leaves_the_provider_invoice_open(
    payments: StripePayments, customer_id: str, name: str
):
    method = await attached(payments, customer_id, "pm_card_chargeCustomerFail", name)
    provider_invoice = await opened(payments, document(name), customer_id)
    result = await payments.charge(
        provider_invoice_id=provider_invoice.provider_invoice_id,
        payment_method=method,
        idempotency_key=f"{name}/1",
    )
    assert result.provider_invoice.status is ProviderInvoiceStatus.OPEN
    assert result.decline is not None
    assert result.decline.decline_class is DeclineClass.SOFT
    assert (result.decline.code, result.decline.advice_code) == (
        "generic_decline",
        "try_again_later",
    )


async def test_a_card_that_wants_its_owner_present_asks_for_authentication(
    payments: StripePayments, customer_id: str, name: str
):
    method = await attached(payments, customer_id, "pm_card_authenticationRequired", name)
    provider_invoice = await opened(payments, document(name), customer_id)
    result = await payments.charge(
        provider_invoice_id=provider_invoice.provider_invoice_id,
        payment_method=method,
        idempotency_key=f"{name}/1",
    )
    assert result.decline is not None
    assert result.decline.decline_class is DeclineClass.AUTHENTICATE


async def test_a_payment_method_that_is_gone_is_a_hard_decline(
    payments: StripePayments, customer_id: str, name: str
):
    provider_invoice = await opened(payments, document(name), customer_id)
    result = await payments.charge(
        provider_invoice_id=provider_invoice.provider_invoice_id,
        payment_method="pm_gone",
        idempotency_key=f"{name}/1",
    )
    assert result.decline is not None
    assert result.decline.decline_class is DeclineClass.HARD
    assert result.provider_invoice.status is ProviderInvoiceStatus.OPEN


async def test_a_replayed_decline_does_not_hide_a_payment_made_since(
    payments: StripePayments, customer_id: str, name: str
):
    bad = await attached(payments, customer_id, "pm_card_chargeCustomerFail", name)
    good = await attached(payments, customer_id, "pm_card_visa", name)
    provider_invoice = await opened(payments, document(name), customer_id)
    for method, key in ((bad, "1"), (good, "2")):
        await payments.charge(
            provider_invoice_id=provider_invoice.provider_invoice_id,
            payment_method=method,
            idempotency_key=f"{name}/{key}",
        )
    result = await payments.charge(
        provider_invoice_id=provider_invoice.provider_invoice_id,
        payment_method=bad,
        idempotency_key=f"{name}/1",
    )
    assert (result.provider_invoice.status, result.decline) == (ProviderInvoiceStatus.PAID, None)


async def test_a_key_that_comes_again_for_another_method_is_a_conflict(
    payments: StripePayments, customer_id: str, name: str
):
    first = await attached(payments, customer_id, "pm_card_chargeCustomerFail", name)
    other = await attached(payments, customer_id, "pm_card_visa", name)
    provider_invoice = await opened(payments, document(name), customer_id)
    await payments.charge(
        provider_invoice_id=provider_invoice.provider_invoice_id,
        payment_method=first,
        idempotency_key=f"{name}/1",
    )
    with pytest.raises(ConflictError):
        await payments.charge(
            provider_invoice_id=provider_invoice.provider_invoice_id,
            payment_method=other,
            idempotency_key=f"{name}/1",
        )


async def test_voiding_twice_is_voiding_once(payments: StripePayments, customer_id: str, name: str):
    provider_invoice = await opened(payments, document(name), customer_id)
    first = await payments.void_provider_invoice(provider_invoice.provider_invoice_id)
    again = await payments.void_provider_invoice(provider_invoice.provider_invoice_id)
    assert first.status is again.status is ProviderInvoiceStatus.VOID


async def test_a_provider_invoice_that_was_paid_is_not_voided(
    payments: StripePayments, customer_id: str, name: str
):
    method = await attached(payments, customer_id, "pm_card_visa", name)
    provider_invoice = await opened(payments, document(name), customer_id)
    await payments.charge(
        provider_invoice_id=provider_invoice.provider_invoice_id,
        payment_method=method,
        idempotency_key=f"{name}/1",
    )
    assert (
        await payments.void_provider_invoice(provider_invoice.provider_invoice_id)
    ).status is ProviderInvoiceStatus.PAID


async def test_a_void_provider_invoice_is_charged_no_more(
    payments: StripePayments, customer_id: str, name: str
):
    method = await attached(payments, customer_id, "pm_card_visa", name)
    provider_invoice = await opened(payments, document(name), customer_id)
    await payments.void_provider_invoice(provider_invoice.provider_invoice_id)
    result = await payments.charge(
        provider_invoice_id=provider_invoice.provider_invoice_id,
        payment_method=method,
        idempotency_key=f"{name}/1",
    )
    assert (result.provider_invoice.status, result.decline) == (ProviderInvoiceStatus.VOID, None)


async def test_a_refund_is_made_once_for_its_key(
    payments: StripePayments, stripe_settings: StripeSettings, customer_id: str, name: str
):
    method = await attached(payments, customer_id, "pm_card_visa", name)
    provider_invoice = await opened(payments, document(name), customer_id)
    paid = await payments.charge(
        provider_invoice_id=provider_invoice.provider_invoice_id,
        payment_method=method,
        idempotency_key=f"{name}/1",
    )
    payment_id = paid.provider_invoice.payment_id or ""
    refunds = [
        await payments.refund_payment(
            payment_id=payment_id, amount=usd(900), idempotency_key=f"{name}/refund/1"
        )
        for _ in range(2)
    ]
    kept = await read_stripe(stripe_settings, f"refunds?payment_intent={payment_id}")
    assert refunds[0] == refunds[1]
    assert (refunds[0].amount, refunds[0].status) == (usd(900), "succeeded")
    assert len(kept["data"]) == 1


async def test_more_than_was_paid_is_not_refunded(
    payments: StripePayments, customer_id: str, name: str
):
    method = await attached(payments, customer_id, "pm_card_visa", name)
    provider_invoice = await opened(payments, document(name), customer_id)
    paid = await payments.charge(
        provider_invoice_id=provider_invoice.provider_invoice_id,
        payment_method=method,
        idempotency_key=f"{name}/1",
    )
    with pytest.raises(RejectedError):
        await payments.refund_payment(
            payment_id=paid.provider_invoice.payment_id or "",
            amount=usd(4901),
            idempotency_key=f"{name}/refund/1",
        )


async def test_an_unknown_provider_invoice_is_unknown(payments: StripePayments):
    with pytest.raises(UnknownEntityError):
        await payments.read_provider_invoice("in_nobody")
