"""Which declines may be tried again, as the tables of the networks and of Stripe say."""

import pytest

from domain.collection.declines import classify_decline
from domain.collection.provider_invoice import DeclineClass

HARD = [
    "card_not_supported",
    "currency_not_supported",
    "do_not_try_again",
    "expired_card",
    "fraudulent",
    "highest_risk_level",
    "incorrect_cvc",
    "incorrect_number",
    "incorrect_zip",
    "invalid_account",
    "invalid_cvc",
    "invalid_expiry_month",
    "invalid_expiry_year",
    "invalid_number",
    "lost_card",
    "merchant_blacklist",
    "new_account_information_available",
    "pickup_card",
    "pin_try_exceeded",
    "restricted_card",
    "revocation_of_all_authorizations",
    "revocation_of_authorization",
    "security_violation",
    "stolen_card",
    "stop_payment_order",
    "transaction_not_allowed",
]
SOFT = [
    "insufficient_funds",
    "processing_error",
    "try_again_later",
    "issuer_not_available",
    "do_not_honor",
    "reenter_transaction",
    "generic_decline",
    "call_issuer",
    "card_velocity_exceeded",
    "no_action_taken",
    "a_code_nobody_knows",
]


@pytest.mark.parametrize("code", HARD)
def test_this_code_is_hard(code: str):
    assert classify_decline(code=code).decline_class is DeclineClass.HARD


@pytest.mark.parametrize("code", SOFT)
def test_this_code_is_soft(code: str):
    assert classify_decline(code=code).decline_class is DeclineClass.SOFT


@pytest.mark.parametrize("code", ["authentication_required", "authentication_not_handled"])
def test_this_code_needs_the_customer(code: str):
    found = classify_decline(code=code, advice_code="try_again_later")
    assert found.decline_class is DeclineClass.AUTHENTICATE


@pytest.mark.parametrize(
    ("advice", "code", "expected"),
    [
        ("do_not_try_again", "insufficient_funds", DeclineClass.HARD),
        ("confirm_card_data", "do_not_honor", DeclineClass.HARD),
        ("try_again_later", "generic_decline", DeclineClass.SOFT),
    ],
)
def test_advice_outranks_the_code(advice: str, code: str, expected: DeclineClass):
    assert classify_decline(code=code, advice_code=advice).decline_class is expected


@pytest.mark.parametrize(
    "network", ["03", "21", "04", "07", "12", "14", "15", "41", "43", "46", "57", "R0", "R1", "R3"]
)
def test_a_network_that_says_never_is_obeyed(network: str):
    found = classify_decline(code="generic_decline", network_code=network)
    assert found.decline_class is DeclineClass.HARD


def test_a_network_code_that_allows_retries_leaves_the_class_to_the_code():
    found = classify_decline(code="generic_decline", network_code="51")
    assert found.decline_class is DeclineClass.SOFT


def test_the_raw_codes_are_kept():
    found = classify_decline(code="do_not_honor", advice_code="try_again_later", network_code="05")
    assert (found.code, found.advice_code, found.network_code) == (
        "do_not_honor",
        "try_again_later",
        "05",
    )
