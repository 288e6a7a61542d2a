"""Payment customers and their methods, against the sandbox's Stripe."""

import asyncio
import dataclasses

import pytest

from connectors.stripe.provider import StripePayments
from connectors.stripe.settings import StripeSettings
from domain.collection.provider_invoice import DeclineClass
from domain.failures import (
    CredentialsError,
    OutcomeUnknownError,
    RejectedError,
    ThrottledError,
    UnavailableError,
)
from tests.unit.connectors.conftest import (
    Sandbox,
    account,
    attached,
    read_stripe,
)


async def test_a_customer_is_created_once_under_our_account_id(
    payments: StripePayments, stripe_settings: StripeSettings, name: str
):
    first = await payments.ensure_customer(account(name))
    again = await payments.ensure_customer(account(name, name="Ada L."))
    found = await read_stripe(stripe_settings, f"customers?email={name}@example.com")
    assert first == again
    assert [each["metadata"] for each in found["data"]] == [{"perennial_account_id": f"acc-{name}"}]


async def test_two_at_once_create_one_customer(payments: StripePayments, name: str):
    found = await asyncio.gather(*(payments.ensure_customer(account(name)) for _ in range(2)))
    assert found[0] == found[1]


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
    found = await read_stripe(stripe_settings, f"customers?email={name}@example.com")
    assert len(found["data"]) == 1


async def test_an_attached_method_becomes_the_default_and_tells_brand_and_digits(
    payments: StripePayments, stripe_settings: StripeSettings, customer_id: str, name: str
):
    method = await payments.attach_payment_method(
        account_id=f"acc-{name}", customer_id=customer_id, payment_method="pm_card_visa"
    )
    customer = await read_stripe(stripe_settings, f"customers/{customer_id}")
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
    customer = await read_stripe(stripe_settings, f"customers/{customer_id}")
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


async def test_a_refused_key_is_a_matter_of_credentials(stripe_settings: StripeSettings):
    provider = StripePayments(dataclasses.replace(stripe_settings, api_key="rk_unknown"))
    with pytest.raises(CredentialsError):
        await provider.read_provider_invoice("in_nobody")
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
        await provider.read_provider_invoice("in_nobody")
    await provider.aclose()
