from typing import Any

import pytest
import stripe

from sandbox.stripe.cards import token_names
from tests.unit.sandbox.conftest import error_of

# The SDK hands its form to httpx in a way that httpx deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

# Card tokens with what docs.stripe.com/testing says of them, written out.
DECLINED = {
    "pm_card_visa_chargeDeclined": ("card_declined", "generic_decline"),
    "pm_card_visa_chargeDeclinedInsufficientFunds": ("card_declined", "insufficient_funds"),
    "pm_card_visa_chargeDeclinedLostCard": ("card_declined", "lost_card"),
    "pm_card_visa_chargeDeclinedStolenCard": ("card_declined", "stolen_card"),
    "pm_card_chargeDeclinedExpiredCard": ("expired_card", None),
    "pm_card_chargeDeclinedIncorrectCvc": ("incorrect_cvc", None),
    "pm_card_chargeDeclinedProcessingError": ("processing_error", None),
}


async def test_a_test_token_becomes_a_payment_method_of_its_own(vendor: Any) -> None:
    customer = await vendor.customer(None)
    methods = [
        await vendor.api.payment_methods.attach_async("pm_card_visa", {"customer": customer.id})
        for _ in range(2)
    ]
    assert methods[0].id != methods[1].id
    assert {(each.card.brand, each.card.last4) for each in methods} == {("visa", "4242")}
    assert methods[0].card.fingerprint == methods[1].card.fingerprint
    listed = await vendor.api.customers.payment_methods.list_async(customer.id)
    assert [each.id for each in listed.data] == [methods[1].id, methods[0].id]


@pytest.mark.parametrize(("token", "expected"), DECLINED.items())
async def test_a_declining_card_is_declined_when_attached(
    vendor: Any, token: str, expected: tuple[str, str | None]
) -> None:
    customer = await vendor.customer(None)
    with pytest.raises(stripe.CardError) as caught:
        await vendor.api.payment_methods.attach_async(token, {"customer": customer.id})
    assert (error_of(caught).code, error_of(caught).decline_code) == expected
    assert (await vendor.api.customers.payment_methods.list_async(customer.id)).data == []


@pytest.mark.parametrize("token", DECLINED)
async def test_a_declining_card_is_declined_when_charged(vendor: Any, token: str) -> None:
    with pytest.raises(stripe.CardError) as caught:
        await vendor.api.payment_intents.create_async(
            {"amount": 100, "currency": "eur", "payment_method": token, "confirm": True}
        )
    assert (error_of(caught).code, error_of(caught).decline_code) == DECLINED[token]
    intent = await vendor.api.payment_intents.retrieve_async(error_of(caught).payment_intent.id)
    assert intent.status == "requires_payment_method"
    charge = await vendor.api.charges.retrieve_async(intent.latest_charge)
    assert (charge.status, charge.paid, charge.failure_code) == (
        "failed",
        False,
        DECLINED[token][0],
    )


@pytest.mark.parametrize(
    ("number", "code"),
    [("4242424242424241", "incorrect_number"), ("4000000000000010", "card_declined")],
)
async def test_a_number_that_is_no_test_card_is_refused(
    vendor: Any, number: str, code: str
) -> None:
    card = {"number": number, "exp_month": 12, "exp_year": 2040, "cvc": "123"}
    with pytest.raises(stripe.CardError) as caught:
        await vendor.api.payment_methods.create_async({"type": "card", "card": card})
    assert error_of(caught).code == code


async def test_a_raw_test_number_and_a_token_give_the_same_card(vendor: Any) -> None:
    card = {"number": "5555555555554444", "exp_month": 12, "exp_year": 2040, "cvc": "123"}
    by_number = await vendor.api.payment_methods.create_async({"type": "card", "card": card})
    by_token = await vendor.api.payment_methods.create_async(
        {"type": "card", "card": {"token": "tok_mastercard"}}
    )
    assert by_number.card.fingerprint == by_token.card.fingerprint
    assert (by_number.card.exp_year, by_number.card.brand) == (2040, "mastercard")


async def test_an_expired_date_is_refused(vendor: Any) -> None:
    card = {"number": "4242424242424242", "exp_month": 1, "exp_year": 2020, "cvc": "123"}
    with pytest.raises(stripe.CardError) as caught:
        await vendor.api.payment_methods.create_async({"type": "card", "card": card})
    assert error_of(caught).code == "invalid_expiry_year"


async def test_a_detached_card_pays_no_more_and_is_nobodys_default(vendor: Any) -> None:
    customer = await vendor.customer()
    card = customer.invoice_settings.default_payment_method
    await vendor.api.payment_methods.detach_async(card)
    again = await vendor.api.customers.retrieve_async(customer.id)
    assert again.invoice_settings.default_payment_method is None
    opened = await vendor.opened(customer.id)
    with pytest.raises(stripe.InvalidRequestError):
        await vendor.api.invoices.pay_async(opened.id, {"payment_method": card})


async def test_a_card_of_somebody_else_pays_nothing(vendor: Any) -> None:
    mine, theirs = await vendor.customer(), await vendor.customer()
    opened = await vendor.opened(mine.id)
    card = theirs.invoice_settings.default_payment_method
    with pytest.raises(stripe.InvalidRequestError):
        await vendor.api.invoices.pay_async(opened.id, {"payment_method": card})
    with pytest.raises(stripe.InvalidRequestError):
        await vendor.api.payment_methods.attach_async(card, {"customer": mine.id})


@pytest.mark.parametrize("token", token_names())
async def test_every_token_gives_a_method_or_a_decline(vendor: Any, token: str) -> None:
    customer = await vendor.customer(None)
    answer = await vendor.post(f"payment_methods/{token}/attach", {"customer": customer.id})
    listed = await vendor.api.customers.payment_methods.list_async(customer.id)
    assert (answer.status_code, len(listed.data)) in {(200, 1), (402, 0)}


async def test_a_confirmed_setup_intent_attaches_the_card(vendor: Any) -> None:
    customer = await vendor.customer(None)
    setup = await vendor.api.setup_intents.create_async(
        {"customer": customer.id, "payment_method": "pm_card_visa", "confirm": True}
    )
    assert setup.status == "succeeded"
    method = await vendor.api.payment_methods.retrieve_async(setup.payment_method)
    assert method.customer == customer.id


async def test_a_declining_card_fails_its_setup(vendor: Any) -> None:
    customer = await vendor.customer(None)
    with pytest.raises(stripe.CardError) as caught:
        await vendor.api.setup_intents.create_async(
            {
                "customer": customer.id,
                "payment_method": "pm_card_visa_chargeDeclined",
                "confirm": True,
            }
        )
    assert error_of(caught).setup_intent.status == "requires_payment_method"


async def test_customers_are_found_by_metadata_and_email(vendor: Any) -> None:
    wanted = await vendor.customer(None, metadata={"account": "a'1"}, email="grace@example.test")
    await vendor.customer(None, metadata={"account": "a2"})
    found = await vendor.api.customers.search_async({"query": 'metadata["account"]:"a\'1"'})
    assert [each.id for each in found.data] == [wanted.id]
    listed = await vendor.api.customers.list_async({"email": "grace@example.test"})
    assert [each.id for each in listed.data] == [wanted.id]
    await vendor.api.customers.update_async(wanted.id, {"metadata": {"account": "a3"}})
    again = await vendor.api.customers.search_async({"query": 'metadata["account"]:"a\'1"'})
    assert again.data == []


async def test_a_draft_of_a_deleted_customer_stays_one(vendor: Any) -> None:
    customer = await vendor.customer(None)
    draft = await vendor.draft(customer.id)
    await vendor.api.customers.delete_async(customer.id)
    answer = await vendor.post(f"invoices/{draft.id}/finalize")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "resource_missing")


async def test_a_deleted_customer_is_shown_as_deleted_and_buys_nothing(vendor: Any) -> None:
    customer = await vendor.customer()
    await vendor.api.customers.delete_async(customer.id)
    assert (await vendor.api.customers.retrieve_async(customer.id)).deleted
    with pytest.raises(stripe.InvalidRequestError):
        await vendor.draft(customer.id)
