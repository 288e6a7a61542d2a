"""The Stripe connector against the sandbox's Stripe."""

import dataclasses
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from connectors.stripe.provider import StripePayments
from connectors.stripe.settings import StripeSettings
from domain.failures import (
    ConflictError,
    CredentialsError,
    OutcomeUnknownError,
    RejectedError,
    ThrottledError,
    UnavailableError,
    UnknownEntityError,
)
from domain.invoices import InvoiceDocument
from domain.payments import DeclineClass, Payable, PayableRequest, PayableStatus
from tests.unit.connectors.conftest import Sandbox, account, document, line, tax, usd


@pytest_asyncio.fixture
async def payments(stripe_settings: StripeSettings) -> AsyncGenerator[StripePayments]:
    provider = StripePayments(stripe_settings)
    yield provider
    await provider.aclose()


@pytest_asyncio.fixture
async def customer_id(payments: StripePayments, name: str) -> str:
    return await payments.ensure_customer(account(name))


async def opened(
    payments: StripePayments, invoice: InvoiceDocument, customer_id: str, *, sent: bool = False
) -> Payable:
    request = PayableRequest(document=invoice, customer_id=customer_id, send_with_due_date=sent)
    return await payments.ensure_payable(request)


async def attached(payments: StripePayments, customer_id: str, card: str, name: str) -> str:
    method = await payments.attach_payment_method(
        account_id=f"acc-{name}", customer_id=customer_id, payment_method=card
    )
    assert method.decline is None
    return method.payment_method


async def read(settings: StripeSettings, path: str) -> dict[str, Any]:
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {settings.api_key}"}) as client:
        answer = await client.get(f"{settings.base_address}/v1/{path}")
        return dict(answer.raise_for_status().json())


async def invoices_of(settings: StripeSettings, customer_id: str) -> list[dict[str, Any]]:
    return list((await read(settings, f"invoices?customer={customer_id}"))["data"])


async def test_a_customer_is_created_once_under_our_account_id(
    payments: StripePayments, stripe_settings: StripeSettings, name: str
):
    first = await payments.ensure_customer(account(name))
    again = await payments.ensure_customer(account(name, name="Ada L."))
    found = await read(stripe_settings, f"customers?email={name}@example.com")
    assert first == again
    assert [each["metadata"] for each in found["data"]] == [{"perennial_account_id": f"acc-{name}"}]


async def test_two_accounts_with_one_address_are_two_customers(payments: StripePayments, name: str):
    first = await payments.ensure_customer(account(name))
    other = await payments.ensure_customer(
        account(name, account_id=f"other-{name}", email=f"{name}@example.com")
    )
    assert first != other


async def test_an_account_that_moves_to_another_address_within_a_day_is_not_refused(
    payments: StripePayments, name: str
):
    await payments.ensure_customer(account(name))
    assert await payments.ensure_customer(account(name, email=f"new-{name}@example.com"))


async def test_a_customer_whose_answer_was_lost_is_found_by_the_repeat(
    payments: StripePayments, sandbox: Sandbox, stripe_settings: StripeSettings, name: str
):
    sandbox.fault("stripe", fault="lost_response", times=1, match="POST /v1/customers")
    with pytest.raises(OutcomeUnknownError):
        await payments.ensure_customer(account(name))
    await payments.ensure_customer(account(name))
    found = await read(stripe_settings, f"customers?email={name}@example.com")
    assert len(found["data"]) == 1


async def test_an_attached_method_becomes_the_default_and_tells_brand_and_digits(
    payments: StripePayments, stripe_settings: StripeSettings, customer_id: str, name: str
):
    method = await payments.attach_payment_method(
        account_id=f"acc-{name}", customer_id=customer_id, payment_method="pm_card_visa"
    )
    customer = await read(stripe_settings, f"customers/{customer_id}")
    assert (method.brand, method.last4, method.decline) == ("visa", "4242", None)
    assert customer["invoice_settings"]["default_payment_method"] == method.payment_method


async def test_attaching_twice_attaches_once(payments: StripePayments, customer_id: str, name: str):
    first = await attached(payments, customer_id, "pm_card_visa", name)
    assert await attached(payments, customer_id, "pm_card_visa", name) == first


async def test_going_back_to_an_earlier_method_makes_it_the_default_again(
    payments: StripePayments, stripe_settings: StripeSettings, customer_id: str, name: str
):
    first = await attached(payments, customer_id, "pm_card_visa", name)
    await attached(payments, customer_id, "pm_card_mastercard", name)
    await attached(payments, customer_id, "pm_card_visa", name)
    customer = await read(stripe_settings, f"customers/{customer_id}")
    assert customer["invoice_settings"]["default_payment_method"] == first


@pytest.mark.parametrize(
    ("card", "code", "decline_class"),
    [
        ("pm_card_visa_chargeDeclined", "generic_decline", DeclineClass.SOFT),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "insufficient_funds", DeclineClass.SOFT),
        ("pm_card_visa_chargeDeclinedLostCard", "lost_card", DeclineClass.HARD),
        ("pm_card_visa_chargeDeclinedStolenCard", "stolen_card", DeclineClass.HARD),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", DeclineClass.HARD),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", DeclineClass.HARD),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", DeclineClass.SOFT),
        (
            "pm_card_visa_chargeDeclinedVelocityLimitExceeded",
            "card_velocity_exceeded",
            DeclineClass.SOFT,
        ),
        ("pm_card_radarBlock", "fraudulent", DeclineClass.HARD),
    ],
)
async def test_a_card_that_is_declined_when_it_is_saved_is_a_result(
    payments: StripePayments,
    customer_id: str,
    name: str,
    card: str,
    code: str,
    decline_class: DeclineClass,
):
    method = await payments.attach_payment_method(
        account_id=f"acc-{name}", customer_id=customer_id, payment_method=card
    )
    assert method.decline is not None
    assert (method.decline.code, method.decline.decline_class) == (code, decline_class)
    assert method.payment_method == card


async def test_a_payment_method_that_does_not_exist_is_unknown(
    payments: StripePayments, customer_id: str, name: str
):
    with pytest.raises(RejectedError):
        await payments.attach_payment_method(
            account_id=f"acc-{name}", customer_id=customer_id, payment_method="pm_nobody"
        )


async def test_a_payable_asks_for_lines_and_tax_under_our_number(
    payments: StripePayments, stripe_settings: StripeSettings, customer_id: str, name: str
):
    payable = await opened(payments, document(name, tax_lines=(tax(),)), customer_id)
    invoice = await read(stripe_settings, f"invoices/{payable.payable_id}")
    assert payable.status is PayableStatus.OPEN
    assert payable.amount_due == usd(5831)
    assert payable.amount_paid == usd(0)
    assert payable.invoice_id == f"sub-{name}-0001"
    assert (payable.paid_at, payable.payment_id) == (None, None)
    assert payable.hosted_url is not None
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
async def test_a_payable_is_resumed_wherever_the_earlier_attempt_stopped(
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
    payable = await opened(payments, document(name), customer_id, sent=True)
    invoices = await invoices_of(stripe_settings, customer_id)
    assert payable.status is PayableStatus.OPEN
    assert [each["id"] for each in invoices] == [payable.payable_id]
    assert invoices[0]["total"] == 4900


async def test_a_payable_that_was_refused_on_the_way_is_finished_later(
    payments: StripePayments, sandbox: Sandbox, customer_id: str, name: str
):
    sandbox.fault("stripe", fault="status", status=503, times=1, match="/add_lines")
    with pytest.raises(UnavailableError):
        await opened(payments, document(name), customer_id)
    assert (await opened(payments, document(name), customer_id)).amount_due == usd(4900)


async def test_an_open_payable_of_another_amount_is_a_conflict(
    payments: StripePayments, customer_id: str, name: str
):
    await opened(payments, document(name), customer_id)
    with pytest.raises(ConflictError, match=r"49\.00 USD"):
        await opened(payments, document(name, lines=(line(5900),)), customer_id)


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
async def test_a_payable_that_is_sent_carries_bank_details_and_the_due_date(
    payments: StripePayments,
    stripe_settings: StripeSettings,
    customer_id: str,
    name: str,
    currency: str,
    method: str,
    transfer: str | None,
):
    invoice = document(name, currency=currency, lines=(line(currency=currency),))
    payable = await opened(payments, invoice, customer_id, sent=True)
    sent = await read(stripe_settings, f"invoices/{payable.payable_id}")
    options: dict[str, Any] = sent["payment_settings"]["payment_method_options"] or {}
    balance: dict[str, Any] = options.get("customer_balance") or {}
    details: dict[str, Any] = balance.get("bank_transfer") or {}
    assert sent["collection_method"] == "send_invoice"
    assert sent["due_date"] is not None
    assert sent["payment_settings"]["payment_method_types"] == [method]
    assert details.get("type") == transfer


async def test_a_card_pays_the_payable_and_a_repeat_of_the_key_pays_nothing_more(
    payments: StripePayments, customer_id: str, name: str
):
    method = await attached(payments, customer_id, "pm_card_visa", name)
    payable = await opened(payments, document(name), customer_id)
    key = f"sub-{name}-0001/charge/1"
    first = await payments.charge(
        payable_id=payable.payable_id, payment_method=method, idempotency_key=key
    )
    again = await payments.charge(
        payable_id=payable.payable_id, payment_method=method, idempotency_key=key
    )
    assert first.decline is None
    assert first.payable.status is PayableStatus.PAID
    assert first.payable.amount_paid == usd(4900)
    assert first.payable.paid_at is not None
    assert (first.payable.payment_id or "").startswith("pi_")
    assert again == first
    assert await payments.read_payable(payable.payable_id) == first.payable


async def test_a_new_attempt_on_a_paid_payable_tells_that_it_is_paid(
    payments: StripePayments, customer_id: str, name: str
):
    method = await attached(payments, customer_id, "pm_card_visa", name)
    payable = await opened(payments, document(name), customer_id)
    results = [
        await payments.charge(
            payable_id=payable.payable_id, payment_method=method, idempotency_key=f"{name}/{n}"
        )
        for n in (1, 2)
    ]
    assert results[1] == results[0]


async def test_a_charge_whose_answer_was_lost_is_found_paid(
    payments: StripePayments, sandbox: Sandbox, customer_id: str, name: str
):
    method = await attached(payments, customer_id, "pm_card_visa", name)
    payable = await opened(payments, document(name), customer_id)
    sandbox.fault("stripe", fault="lost_response", times=1, match="/pay")
    result = await payments.charge(
        payable_id=payable.payable_id, payment_method=method, idempotency_key=f"{name}/1"
    )
    assert result.payable.status is PayableStatus.PAID


async def test_a_charge_whose_outcome_cannot_be_read_either_is_unknown_until_the_repeat(
    payments: StripePayments, sandbox: Sandbox, customer_id: str, name: str
):
    method = await attached(payments, customer_id, "pm_card_visa", name)
    payable = await opened(payments, document(name), customer_id)
    sandbox.fault("stripe", fault="lost_response", times=2, match="/v1/invoices/")
    with pytest.raises(OutcomeUnknownError):
        await payments.charge(
            payable_id=payable.payable_id, payment_method=method, idempotency_key=f"{name}/1"
        )
    result = await payments.charge(
        payable_id=payable.payable_id, payment_method=method, idempotency_key=f"{name}/1"
    )
    assert result.payable.status is PayableStatus.PAID


async def test_a_card_that_is_declined_when_charged_leaves_the_payable_open(
    payments: StripePayments, customer_id: str, name: str
):
    method = await attached(payments, customer_id, "pm_card_chargeCustomerFail", name)
    payable = await opened(payments, document(name), customer_id)
    result = await payments.charge(
        payable_id=payable.payable_id, payment_method=method, idempotency_key=f"{name}/1"
    )
    assert result.payable.status is PayableStatus.OPEN
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
    payable = await opened(payments, document(name), customer_id)
    result = await payments.charge(
        payable_id=payable.payable_id, payment_method=method, idempotency_key=f"{name}/1"
    )
    assert result.decline is not None
    assert result.decline.decline_class is DeclineClass.AUTHENTICATE


async def test_a_payment_method_that_is_gone_is_a_hard_decline(
    payments: StripePayments, customer_id: str, name: str
):
    payable = await opened(payments, document(name), customer_id)
    result = await payments.charge(
        payable_id=payable.payable_id, payment_method="pm_gone", idempotency_key=f"{name}/1"
    )
    assert result.decline is not None
    assert result.decline.decline_class is DeclineClass.HARD
    assert result.payable.status is PayableStatus.OPEN


async def test_a_replayed_decline_does_not_hide_a_payment_made_since(
    payments: StripePayments, customer_id: str, name: str
):
    bad = await attached(payments, customer_id, "pm_card_chargeCustomerFail", name)
    good = await attached(payments, customer_id, "pm_card_visa", name)
    payable = await opened(payments, document(name), customer_id)
    for method, key in ((bad, "1"), (good, "2")):
        await payments.charge(
            payable_id=payable.payable_id, payment_method=method, idempotency_key=f"{name}/{key}"
        )
    result = await payments.charge(
        payable_id=payable.payable_id, payment_method=bad, idempotency_key=f"{name}/1"
    )
    assert (result.payable.status, result.decline) == (PayableStatus.PAID, None)


async def test_a_key_that_comes_again_for_another_method_is_a_conflict(
    payments: StripePayments, customer_id: str, name: str
):
    first = await attached(payments, customer_id, "pm_card_chargeCustomerFail", name)
    other = await attached(payments, customer_id, "pm_card_visa", name)
    payable = await opened(payments, document(name), customer_id)
    await payments.charge(
        payable_id=payable.payable_id, payment_method=first, idempotency_key=f"{name}/1"
    )
    with pytest.raises(ConflictError):
        await payments.charge(
            payable_id=payable.payable_id, payment_method=other, idempotency_key=f"{name}/1"
        )


async def test_voiding_twice_is_voiding_once(payments: StripePayments, customer_id: str, name: str):
    payable = await opened(payments, document(name), customer_id)
    first = await payments.void_payable(payable.payable_id)
    again = await payments.void_payable(payable.payable_id)
    assert first.status is again.status is PayableStatus.VOID


async def test_a_payable_that_was_paid_is_not_voided(
    payments: StripePayments, customer_id: str, name: str
):
    method = await attached(payments, customer_id, "pm_card_visa", name)
    payable = await opened(payments, document(name), customer_id)
    await payments.charge(
        payable_id=payable.payable_id, payment_method=method, idempotency_key=f"{name}/1"
    )
    assert (await payments.void_payable(payable.payable_id)).status is PayableStatus.PAID


async def test_a_void_payable_is_charged_no_more(
    payments: StripePayments, customer_id: str, name: str
):
    method = await attached(payments, customer_id, "pm_card_visa", name)
    payable = await opened(payments, document(name), customer_id)
    await payments.void_payable(payable.payable_id)
    result = await payments.charge(
        payable_id=payable.payable_id, payment_method=method, idempotency_key=f"{name}/1"
    )
    assert (result.payable.status, result.decline) == (PayableStatus.VOID, None)


async def test_a_refund_is_made_once_for_its_key(
    payments: StripePayments, stripe_settings: StripeSettings, customer_id: str, name: str
):
    method = await attached(payments, customer_id, "pm_card_visa", name)
    payable = await opened(payments, document(name), customer_id)
    paid = await payments.charge(
        payable_id=payable.payable_id, payment_method=method, idempotency_key=f"{name}/1"
    )
    payment_id = paid.payable.payment_id or ""
    refunds = [
        await payments.refund_payment(
            payment_id=payment_id, amount=usd(900), idempotency_key=f"{name}/refund/1"
        )
        for _ in range(2)
    ]
    kept = await read(stripe_settings, f"refunds?payment_intent={payment_id}")
    assert refunds[0] == refunds[1]
    assert (refunds[0].amount, refunds[0].status) == (usd(900), "succeeded")
    assert len(kept["data"]) == 1


async def test_more_than_was_paid_is_not_refunded(
    payments: StripePayments, customer_id: str, name: str
):
    method = await attached(payments, customer_id, "pm_card_visa", name)
    payable = await opened(payments, document(name), customer_id)
    paid = await payments.charge(
        payable_id=payable.payable_id, payment_method=method, idempotency_key=f"{name}/1"
    )
    with pytest.raises(RejectedError):
        await payments.refund_payment(
            payment_id=paid.payable.payment_id or "",
            amount=usd(4901),
            idempotency_key=f"{name}/refund/1",
        )


async def test_an_unknown_payable_is_unknown(payments: StripePayments):
    with pytest.raises(UnknownEntityError):
        await payments.read_payable("in_nobody")


async def test_a_refused_key_is_a_matter_of_credentials(stripe_settings: StripeSettings):
    provider = StripePayments(dataclasses.replace(stripe_settings, api_key="rk_unknown"))
    with pytest.raises(CredentialsError):
        await provider.read_payable("in_nobody")
    await provider.aclose()


async def test_a_throttle_is_a_throttle(payments: StripePayments, sandbox: Sandbox, name: str):
    sandbox.fault("stripe", fault="status", status=429, times=1)
    with pytest.raises(ThrottledError):
        await payments.ensure_customer(account(name))


async def test_an_address_where_nobody_listens_is_unavailable(stripe_settings: StripeSettings):
    provider = StripePayments(
        dataclasses.replace(stripe_settings, base_address="http://127.0.0.1:9")
    )
    with pytest.raises(UnavailableError):
        await provider.read_payable("in_nobody")
    await provider.aclose()


async def test_opening_a_card_payable_costs_four_calls_and_charging_it_one(
    payments: StripePayments, customer_id: str, name: str
):
    method = await attached(payments, customer_id, "pm_card_visa", name)
    calls: list[str] = []

    async def note(request: httpx.Request) -> None:
        calls.append(f"{request.method} {request.url.path.rpartition('/')[2]}")

    payments._transport._pool.event_hooks["request"].append(note)
    payable = await opened(payments, document(name), customer_id)
    await payments.charge(
        payable_id=payable.payable_id, payment_method=method, idempotency_key=f"{name}/1"
    )
    assert calls == ["GET invoices", "POST invoices", "POST add_lines", "POST finalize", "POST pay"]
