import asyncio
from typing import Any

import pytest
import stripe

from tests.unit.sandbox.conftest import SECRET, error_of, eventually

# The SDK hands its form to httpx in a way that httpx deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

# Card token -> documented number, whether a charge in absence needs the holder before and after the
# card was set up, whether one in person does, and how a charge ends that the holder has confirmed.
# Source: docs.stripe.com/testing, "3D Secure authentication".
HOLDERS = {
    "pm_card_authenticationRequiredOnSetup": ("3155", True, False, True, None),
    "pm_card_authenticationRequired": ("3184", True, True, True, None),
    "pm_card_authenticationRequiredSetupForOffSession": ("0446", False, False, True, None),
    "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds": (
        "3178",
        False,
        False,
        True,
        "insufficient_funds",
    ),
    "pm_card_threeDSecure2Required": ("3220", True, True, True, None),
    "pm_card_threeDSecureRequiredChargeDeclined": ("1629", True, True, True, "generic_decline"),
    "pm_card_visa": ("4242", False, False, False, None),
    "pm_card_threeDSecureOptional": ("3055", False, False, False, None),
}


async def _control(vendor: Any, switch: str, **body: Any) -> Any:
    answer = await vendor.plain.post(f"/stripe/_control/{switch}", json=body)
    return answer.json() if answer.is_success else answer.status_code


async def _charged(vendor: Any, customer: str, method: str, *, is_off_session: bool) -> str | None:
    """Charge and return the intent's state, or the decline code."""
    form = {"amount": 100, "currency": "eur", "customer": customer, "payment_method": method}
    flags = {"confirm": True, "off_session": is_off_session}
    try:
        intent = await vendor.api.payment_intents.create_async({**form, **flags})
    except stripe.CardError as error:
        return error.error.decline_code if error.error else None
    return str(intent.status)


@pytest.mark.parametrize("token", HOLDERS)
async def test_a_card_asks_its_holder_when_the_documents_say_so(vendor: Any, token: str) -> None:
    last4, before, after, in_person, declined = HOLDERS[token]
    customer = await vendor.customer(None)
    attach = vendor.api.payment_methods.attach_async
    method = await attach(token, {"customer": customer.id})
    assert method.card.last4 == last4
    confirmed = declined or "succeeded"
    expected = "authentication_required" if before else confirmed
    assert await _charged(vendor, customer.id, method.id, is_off_session=True) == expected

    setup = await vendor.api.setup_intents.create_async(
        {"customer": customer.id, "payment_method": method.id, "confirm": True}
    )
    assert setup.status == ("requires_action" if in_person else "succeeded")
    if in_person:
        assert (await _control(vendor, "authenticate", intent=setup.id))["status"] == "succeeded"
    expected = "authentication_required" if after else confirmed
    assert await _charged(vendor, customer.id, method.id, is_off_session=True) == expected
    expected = "requires_action" if in_person else confirmed
    assert await _charged(vendor, customer.id, method.id, is_off_session=False) == expected


@pytest.mark.parametrize(
    ("token", "succeeds", "status", "code"),
    [
        ("pm_card_threeDSecure2Required", True, "succeeded", None),
        (
            "pm_card_threeDSecure2Required",
            False,
            "requires_payment_method",
            "payment_intent_authentication_failure",
        ),
        (
            "pm_card_threeDSecureRequiredChargeDeclined",
            True,
            "requires_payment_method",
            "card_declined",
        ),
    ],
)
async def test_a_payer_who_comes_after_a_charge_in_absence_decides_the_invoice(
    vendor: Any, token: str, succeeds: bool, status: str, code: str | None
) -> None:
    customer = await vendor.customer(token)
    invoice = await vendor.opened(customer.id)
    with pytest.raises(stripe.CardError) as caught:
        await vendor.api.invoices.pay_async(invoice.id)
    assert error_of(caught).code == "authentication_required"
    intent = error_of(caught).payment_intent.id
    method = customer.invoice_settings.default_payment_method
    asked = await vendor.api.payment_intents.confirm_async(intent, {"payment_method": method})
    assert asked.status == "requires_action"
    await _control(vendor, "authenticate", intent=intent, succeeds=succeeds)
    found = await vendor.api.payment_intents.retrieve_async(intent)
    error = found.last_payment_error
    assert (found.status, error.code if error else None) == (status, code)
    kept = await vendor.api.invoices.retrieve_async(invoice.id)
    assert kept.status == ("paid" if status == "succeeded" else "open")
    assert await _control(vendor, "authenticate", intent=intent) == 409


async def test_a_holder_who_does_not_answer_sets_nothing_up(vendor: Any) -> None:
    customer = await vendor.customer(None)
    setup = await vendor.api.setup_intents.create_async(
        {
            "customer": customer.id,
            "payment_method": "pm_card_authenticationRequired",
            "confirm": True,
        }
    )
    await _control(vendor, "authenticate", intent=setup.id, succeeds=False)
    found = await vendor.api.setup_intents.retrieve_async(setup.id)
    assert found.last_setup_error.code == "setup_intent_authentication_failure"
    assert (await vendor.api.customers.payment_methods.list_async(customer.id)).data == []


@pytest.mark.parametrize(
    ("token", "at_first", "in_the_end", "left"),
    [
        ("pm_card_refundFail", "succeeded", "failed", 0),
        ("pm_card_pendingRefund", "pending", "succeeded", 900),
    ],
)
async def test_a_bank_decides_some_refunds_later(
    vendor: Any, token: str, at_first: str, in_the_end: str, left: int
) -> None:
    customer = await vendor.customer(token)
    invoice = await vendor.opened(customer.id)
    await vendor.api.invoices.pay_async(invoice.id)
    charges = await vendor.api.charges.list_async({"customer": customer.id})
    refund = await vendor.api.refunds.create_async({"charge": charges.data[0].id, "amount": 900})
    assert refund.status == at_first
    await _control(vendor, "decide_refund", refund=refund.id)
    assert (await vendor.api.refunds.retrieve_async(refund.id)).status == in_the_end
    charge = await vendor.api.charges.retrieve_async(charges.data[0].id)
    assert charge.amount_refunded == left
    assert ("refund.failed" in await vendor.event_types()) == (in_the_end == "failed")
    assert await _control(vendor, "decide_refund", refund=refund.id) == 409


async def test_an_ordinary_refund_is_decided_at_once(vendor: Any) -> None:
    customer = await vendor.customer()
    invoice = await vendor.opened(customer.id)
    await vendor.api.invoices.pay_async(invoice.id)
    charges = await vendor.api.charges.list_async({"customer": customer.id})
    refund = await vendor.api.refunds.create_async({"charge": charges.data[0].id})
    assert await _control(vendor, "decide_refund", refund=refund.id) == 409
    assert await _control(vendor, "decide_refund", refund="re_nobody") == 409


async def test_both_secrets_sign_while_one_is_rolled(hooked: Any, endpoint: Any) -> None:
    await _control(hooked, "roll_secret", secret="whsec_new")
    await hooked.customer(None)
    await _control(hooked, "roll_secret", secret="whsec_new", keep_old=False)
    await hooked.customer(None)
    await eventually(lambda: len(endpoint.received) == 2)
    (both, first), (only_new, second) = endpoint.received
    for secret in (SECRET, "whsec_new"):
        stripe.Webhook.construct_event(first, both["stripe-signature"], secret)
    stripe.Webhook.construct_event(second, only_new["stripe-signature"], "whsec_new")
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(second, only_new["stripe-signature"], SECRET)
    assert (both["stripe-signature"].count("v1="), both["stripe-signature"].count("v0=")) == (2, 1)


async def test_a_request_of_another_version_is_refused(vendor: Any) -> None:
    answer = await vendor.post("customers", **{"Stripe-Version": "2020-08-27"})
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")
    assert (await vendor.api.customers.list_async()).data == []


async def test_two_transfers_pay_the_invoice_that_neither_covers(vendor: Any) -> None:
    customer = await vendor.customer(None)
    invoice = await vendor.by_transfer(customer.id)
    await vendor.fund(customer.id, 2000)
    half = await vendor.api.invoices.retrieve_async(invoice.id)
    assert (half.status, half.amount_paid, half.amount_remaining) == ("open", 0, 4900)
    await vendor.fund(customer.id, 3000)
    paid = await vendor.api.invoices.retrieve_async(invoice.id)
    assert (paid.status, paid.amount_paid) == ("paid", 4900)
    cash = await vendor.api.customers.cash_balance.retrieve_async(customer.id)
    assert cash.available.to_dict() == {"eur": 100}


async def test_a_transfer_among_very_many_open_invoices_is_matched_at_once(vendor: Any) -> None:
    customer = await vendor.customer(None)
    for _ in range(60):
        await vendor.by_transfer(customer.id, 4900)
    # Trying every five of sixty takes a minute in which the sandbox answers nobody.
    async with asyncio.timeout(10):
        await vendor.fund(customer.id, 4901)
    paid = await vendor.api.invoices.list_async({"customer": customer.id, "status": "paid"})
    assert len(paid.data) == 1


async def test_a_debt_in_the_balance_is_collected_with_the_next_invoice(vendor: Any) -> None:
    customer = await vendor.customer(balance=500)
    draft = await vendor.draft(customer.id)
    assert (draft.total, draft.amount_due) == (4900, 5400)
    opened = await vendor.api.invoices.finalize_invoice_async(draft.id)
    paid = await vendor.api.invoices.pay_async(opened.id)
    assert (paid.amount_paid, paid.starting_balance, paid.ending_balance) == (5400, 500, 0)


@pytest.mark.parametrize(
    ("switch", "content", "status"),
    [
        ("trouble", b'{"times": 0}', 422),
        ("trouble", b'{"status": 200}', 422),
        ("trouble", b'{"seconds": "1"}', 422),
        ("trouble", b'{"wat": 1}', 422),
        ("redeliver", b"not json", 404),
        ("redeliver", b'{"times": "many"}', 422),
        ("emit", b"[]", 422),
        ("roll_secret", b"{}", 422),
        ("authenticate", b"\xff", 409),
    ],
)
async def test_a_switch_that_makes_no_sense_is_refused(
    vendor: Any, switch: str, content: bytes, status: int
) -> None:
    answer = await vendor.plain.post(f"/stripe/_control/{switch}", content=content)
    assert answer.status_code == status
    assert (await vendor.post("customers")).status_code == 200
