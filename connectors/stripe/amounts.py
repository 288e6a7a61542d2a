"""Amounts in Stripe's units: its "smallest unit" is not always the minor unit of ISO 4217.

Source: docs.stripe.com/currencies (zero-decimal, special-case and three-decimal currencies), read on
2026-11-22.
"""

from types import MappingProxyType
from typing import Final

from domain.failures import RejectedError
from domain.money.currencies import exponent
from domain.money.money import Money

_DECIMALS: Final = MappingProxyType({"ISK": 2, "UGX": 2, "MGA": 0})
"""Currencies whose number of decimals in the API differs from ISO 4217."""

_MOST_DECIMALS: Final = 3


def to_stripe(money: Money) -> int:
    """Return the amount in Stripe's units.

    Raises:
        RejectedError: Stripe does not accept this amount: its third decimal is not 0, it has a fraction
            in a currency that Stripe counts in whole units, or the currency has four decimals.
    """
    ours, theirs = exponent(money.currency), _decimals(money.currency)
    if theirs > _MOST_DECIMALS:
        raise RejectedError(f"Stripe does not take amounts in {money.currency}")
    amount, rest = _rescaled(money.minor_units, ours, theirs)
    if rest:
        raise RejectedError(f"Stripe takes {money.currency} in whole units only, not {money}")
    if theirs == _MOST_DECIMALS and amount % 10:
        raise RejectedError(
            f"Stripe requires the last decimal of {money.currency} to be 0, not {money}"
        )
    return amount


def from_stripe(amount: int, currency: str) -> Money:
    """Return Stripe's amount as money.

    Args:
        amount: In Stripe's units.
        currency: ISO 4217 code in lower case, as Stripe writes it.

    Raises:
        RejectedError: The amount has more decimals than the currency.
    """
    code = currency.upper()
    ours, theirs = exponent(code), _decimals(code)
    units, rest = _rescaled(amount, theirs, ours)
    if rest:
        raise RejectedError(f"Stripe reports a fraction of a minor unit: {amount} {code}")
    return Money(minor_units=units, currency=code)


def _rescaled(units: int, decimals: int, wanted: int) -> tuple[int, int]:
    up, down = pow(10, max(wanted - decimals, 0)), pow(10, max(decimals - wanted, 0))
    return divmod(units * int(up), int(down))


def _decimals(currency: str) -> int:
    return _DECIMALS.get(currency, exponent(currency))
