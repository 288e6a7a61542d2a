"""Stripe's documented test cards, and what happens when each is attached or charged.

Source: docs.stripe.com/testing (cards by brand, declined payments, authentication) and
docs.stripe.com/declines/codes, read in November 2026.
"""

from dataclasses import dataclass
from typing import Literal

from sandbox.store import Document


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """One test card.

    Attributes:
        number: Its documented number.
        brand: Such as `visa`.
        funding: credit, debit or prepaid.
        country: ISO 3166-1 alpha-2 code.
        decline: The issuer's decline of a charge; None approves it.
        is_attachable: Whether it can be attached although its charges are declined.
        asks: When its holder must authenticate: never; on-session only; also off-session unless the card
            was set up for it; or always.
        refund: How refunds end: at once, failed later, or succeeded later.
    """

    number: str
    brand: str = "visa"
    funding: str = "credit"
    country: str = "US"
    decline: Document | None = None
    is_attachable: bool = True
    asks: Literal["never", "in_person", "unless_set_up", "always"] = "never"
    refund: Literal["at_once", "fails_later", "succeeds_later"] = "at_once"

    @property
    def last4(self) -> str:
        """The digits that may be shown."""
        return self.number[-4:]

    def must_ask(self, *, is_off_session: bool, is_set_up: bool) -> bool:
        """Return whether the holder must authenticate before a charge."""
        match self.asks:
            case "never":
                return False
            case "in_person":
                return not is_off_session
            case "unless_set_up":
                return not (is_off_session and is_set_up)
            case "always":
                return True


def _issuer(
    decline_code: str,
    network_code: str,
    message: str = "Your card was declined.",
    advice: str | None = "try_again_later",
    code: str = "card_declined",
) -> Document:
    return {
        "code": code,
        "decline_code": decline_code,
        "advice_code": advice,
        "network_decline_code": network_code,
        "message": message,
    }


GENERIC = _issuer("generic_decline", "01")
INSUFFICIENT_FUNDS = _issuer("insufficient_funds", "51", "Your card has insufficient funds.")
LOST = _issuer("lost_card", "41", advice="do_not_try_again")
STOLEN = _issuer("stolen_card", "43", advice="do_not_try_again")
EXPIRED: Document = {
    "code": "expired_card",
    "advice_code": "do_not_try_again",
    "network_decline_code": "54",
    "message": "Your card has expired.",
}
INCORRECT_CVC: Document = {
    "code": "incorrect_cvc",
    "advice_code": "confirm_card_data",
    "network_decline_code": "N7",
    "message": "Your card's security code is incorrect.",
}
PROCESSING: Document = {
    "code": "processing_error",
    "advice_code": "try_again_later",
    "network_decline_code": "96",
    "message": "An error occurred while processing your card. Try again in a little bit.",
}
FRAUDULENT = _issuer("fraudulent", "59", advice="do_not_try_again")
VELOCITY = _issuer(
    "card_velocity_exceeded",
    "61",
    "Your card has been declined for making repeated attempts too frequently.",
)
AUTHENTICATION: Document = {
    "code": "authentication_required",
    "decline_code": "authentication_required",
    "network_decline_code": "1A",
    "message": "Your card was declined. This transaction requires authentication.",
}
NOT_A_TEST_CARD: Document = {
    "code": "card_declined",
    "decline_code": "test_mode_live_card",
    "message": (
        "Your card was declined. Your request was in test mode, but used a non test (live) card."
    ),
}
INCORRECT_NUMBER: Document = {
    "code": "incorrect_number",
    "message": "Your card number is incorrect.",
    "param": "number",
}


def _declining(number: str, decline: Document) -> Card:
    return Card(number=number, decline=decline, is_attachable=False)


_CARDS: dict[str, Card] = {
    "visa": Card(number="4242424242424242"),
    "visa_debit": Card(number="4000056655665556", funding="debit"),
    "mastercard": Card(number="5555555555554444", brand="mastercard"),
    "mastercard_debit": Card(number="5200828282828210", brand="mastercard", funding="debit"),
    "mastercard_prepaid": Card(number="5105105105105100", brand="mastercard", funding="prepaid"),
    "amex": Card(number="378282246310005", brand="amex"),
    "discover": Card(number="6011111111111117", brand="discover"),
    "diners": Card(number="3056930009020004", brand="diners"),
    "jcb": Card(number="3566002020360505", brand="jcb"),
    "unionpay": Card(number="6200000000000005", brand="unionpay"),
    "us": Card(number="4242424242424242"),
    "de": Card(number="4000002760000016", country="DE"),
    "fr": Card(number="4000002500000003", country="FR"),
    "gb": Card(number="4000008260000000", country="GB"),
    "chargeCustomerFail": Card(number="4000000000000341", decline=GENERIC),
    "visa_chargeDeclined": _declining("4000000000000002", GENERIC),
    "visa_chargeDeclinedInsufficientFunds": _declining("4000000000009995", INSUFFICIENT_FUNDS),
    "visa_chargeDeclinedLostCard": _declining("4000000000009987", LOST),
    "visa_chargeDeclinedStolenCard": _declining("4000000000009979", STOLEN),
    "chargeDeclinedExpiredCard": _declining("4000000000000069", EXPIRED),
    "chargeDeclinedIncorrectCvc": _declining("4000000000000127", INCORRECT_CVC),
    "chargeDeclinedProcessingError": _declining("4000000000000119", PROCESSING),
    "visa_chargeDeclinedVelocityLimitExceeded": _declining("4000000000006975", VELOCITY),
    "radarBlock": _declining("4100000000000019", FRAUDULENT),
    "authenticationRequired": Card(number="4000002760003184", asks="always"),
    "authenticationRequiredOnSetup": Card(number="4000002500003155", asks="unless_set_up"),
    "authenticationRequiredSetupForOffSession": Card(number="4000003800000446", asks="in_person"),
    "authenticationRequiredChargeDeclinedInsufficientFunds": Card(
        number="4000008260003178", decline=INSUFFICIENT_FUNDS, asks="in_person"
    ),
    "threeDSecure2Required": Card(number="4000000000003220", asks="always"),
    "threeDSecureRequiredChargeDeclined": Card(
        number="4000008400001629", decline=GENERIC, asks="always"
    ),
    "threeDSecureOptional": Card(number="4000000000003055"),
    "refundFail": Card(number="4000000000005126", refund="fails_later"),
    "pendingRefund": Card(number="4000000000007726", refund="succeeds_later"),
}
_ALIASES = {
    "chargeDeclined": "visa_chargeDeclined",
    "chargeDeclinedInsufficientFunds": "visa_chargeDeclinedInsufficientFunds",
    "chargeDeclinedLostCard": "visa_chargeDeclinedLostCard",
    "chargeDeclinedStolenCard": "visa_chargeDeclinedStolenCard",
    "visa_chargeDeclinedExpiredCard": "chargeDeclinedExpiredCard",
    "visa_chargeDeclinedIncorrectCvc": "chargeDeclinedIncorrectCvc",
    "visa_chargeDeclinedProcessingError": "chargeDeclinedProcessingError",
    "threeDSecureRequired": "threeDSecure2Required",
}
_BY_NUMBER = {card.number: card for card in reversed(_CARDS.values())}
TOKEN_PREFIXES = ("pm_card_", "tok_")


def by_token(token: str) -> Card | None:
    """Return the card of a token `pm_card_...` or `tok_...`, or None."""
    for prefix in TOKEN_PREFIXES:
        if token.startswith(prefix):
            name = token.removeprefix(prefix)
            return _CARDS.get(_ALIASES.get(name, name))
    return None


def by_number(number: str) -> Card | None:
    """Return the documented test card of that number, or None."""
    return _BY_NUMBER.get(number)


def is_plausible(number: str) -> bool:
    """Return whether a card number passes the Luhn check (ISO/IEC 7812-1)."""
    if not number.isascii() or not number.isdigit():
        return False
    doubled = [int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(number))]
    return sum(digit - 9 if digit > 9 else digit for digit in doubled) % 10 == 0  # noqa: PLR2004 - cross sum of a doubled digit


def token_names() -> list[str]:
    """Return all `pm_card_...` names that the sandbox supports."""
    return [f"pm_card_{name}" for name in (*_CARDS, *_ALIASES)]
