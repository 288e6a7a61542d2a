"""Which declines may be tried again: a dated table, not logic.

Order of authority: advice code, then network code, then decline code. Sources: Stripe decline codes and
"Automate payment retries" (nine codes Stripe never retries), Mastercard merchant advice codes 03 and 21,
Visa reattempt category 1; as read on 2026-11-22.
"""

from types import MappingProxyType
from typing import Final

from domain.collection.provider_invoice import Decline, DeclineClass

_HARD_CODES: Final = frozenset(
    {
        "card_not_supported",
        "currency_not_supported",
        "do_not_try_again",
        "fraudulent",
        "highest_risk_level",
        "incorrect_number",
        "invalid_account",
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
        # Stale card data: the same token cannot succeed before the customer corrects it.
        "expired_card",
        "incorrect_cvc",
        "incorrect_zip",
        "invalid_cvc",
        "invalid_expiry_month",
        "invalid_expiry_year",
    }
)
_AUTHENTICATE_CODES: Final = frozenset({"authentication_required", "authentication_not_handled"})
_ADVICE: Final = MappingProxyType(
    {
        "do_not_try_again": DeclineClass.HARD,
        "confirm_card_data": DeclineClass.HARD,
        "try_again_later": DeclineClass.SOFT,
    }
)
_HARD_NETWORK_CODES: Final = frozenset(
    # Mastercard advice; Visa category 1 (issuer will never approve), 14 treated as hard.
    {"03", "21", "04", "07", "12", "14", "15", "41", "43", "46", "57", "R0", "R1", "R3"}
)


def classify_decline(
    *, code: str, advice_code: str | None = None, network_code: str | None = None
) -> Decline:
    """Return the decline with its class; a code that is not in the table counts as soft.

    Args:
        code: The provider's decline code, else its error code.
        advice_code: The provider's advice, which outranks everything else.
        network_code: Raw advice or decline code of the card network.
    """
    return Decline(
        decline_class=_class_of(code, advice_code, network_code),
        code=code,
        advice_code=advice_code,
        network_code=network_code,
    )


def _class_of(code: str, advice_code: str | None, network_code: str | None) -> DeclineClass:
    if code in _AUTHENTICATE_CODES:
        return DeclineClass.AUTHENTICATE
    advised = _ADVICE.get(advice_code or "")
    if advised is not None:
        return advised
    if network_code in _HARD_NETWORK_CODES or code in _HARD_CODES:
        return DeclineClass.HARD
    return DeclineClass.SOFT
